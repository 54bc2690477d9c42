"""The filters of a page that lists what meets them, in words, with links to add, change and remove them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.dashboard.reports import filter_words, icons, page_links
from chalicelib.dashboard.reports.icons import Icon
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report.filters import PARAMETER, Condition
from chalicelib.store.sites import Site


class AppliedFilter(NamedTuple):
    """A condition in words; `edit` is a link to its form, `remove` to the page without it.

    :ivar icon: of its value, if that is one with an icon.
    """

    text: str
    icon: Icon | None
    edit: str
    remove: str


class AppliedFilters(NamedTuple):
    """The conditions of a page; `add` is a link to what else there is to filter by, `clear` to the page without any."""

    every: tuple[AppliedFilter, ...]
    add: str
    clear: str


def of_page(root: str, site: Site, page: str, conditions: Sequence[Condition], query: PageQuery) -> AppliedFilters:
    """The filters of a page.

    :param root: of the page; :param page: one of `page_links.FILTERED`; :param query: of the page.
    """
    of_form = query.changed(**{page_links.ON: page})

    def applied(condition: Condition) -> AppliedFilter:
        return AppliedFilter(
            filter_words.sentence(condition),
            icons.of_condition(condition),
            page_links.filter_form(root, site, of_form.with_form_of(condition)),
            query.without_condition(condition).href,
        )

    return AppliedFilters(
        tuple(map(applied, conditions)), page_links.filter_form(root, site, of_form), query.without(PARAMETER).href
    )
