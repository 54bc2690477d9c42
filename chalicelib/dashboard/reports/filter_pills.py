"""The filters of a page in words, with links to remove them, and what there is to filter by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chalicelib import catalogue
from chalicelib.dashboard.reports import filter_form, filter_words, icons
from chalicelib.dashboard.reports.filter_form import FilterForm
from chalicelib.dashboard.reports.icons import Icon
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.dashboard.reports.saved_segments import SegmentLink
from chalicelib.report.filters import EVENT, FIELDS, Condition, Field
from chalicelib.report.stats import Stats
from chalicelib.translation import gettext as _

# The dimensions of no card, which come with the other fields of visits.
_OF_VISITS = ("hour", "weekday")


class Pill(NamedTuple):
    """A condition of a page.

    :ivar text: in words; :ivar icon: of its value, if that is one with an icon.
    :ivar remove: a link to the page without it.
    :ivar edit: the query of the page with the form that changes it; :ivar form: this form.
    """

    text: str
    icon: Icon | None
    remove: str
    edit: str
    form: FilterForm


class Choice(NamedTuple):
    """Something to filter by: its title, and the query of the page with its form."""

    title: str
    href: str


class FilterBar(NamedTuple):
    """The filters of a page, and the menu to add some.

    :ivar groups: titles with what there is to filter by.
    :ivar kept: the parameters that forms send along.
    :ivar clear: a link to the page without filters.
    :ivar hints: what is counted, where that is not plain.
    :ivar matches: whether anything meets the conditions.
    :ivar segments: the saved segments; :ivar query: of the page, to be saved; :ivar may_share: to share what is saved.
    """

    pills: tuple[Pill, ...]
    groups: tuple[tuple[str, tuple[Choice, ...]], ...]
    kept: tuple[tuple[str, str], ...]
    clear: str
    hints: tuple[str, ...]
    matches: bool
    segments: tuple[SegmentLink, ...]
    query: str
    may_share: bool


def bar(
    conditions: Sequence[Condition],
    query: PageQuery,
    stats: Stats,
    segments: Sequence[SegmentLink] = (),
    *,
    may_share: bool = False,
) -> FilterBar:
    """The filters of a page that shows `stats`."""
    return FilterBar(
        pills=tuple(_pill(condition, query) for condition in conditions),
        groups=groups(query),
        kept=query.items,
        clear=query.with_filters([]).href,
        hints=tuple(_hints(conditions)),
        matches=not conditions or bool(stats.metrics.visits or stats.metrics.pageviews or stats.events),
        segments=tuple(segments),
        query=query.href,
        may_share=may_share,
    )


def groups(query: PageQuery) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """What there is to filter a page by, in groups with titles: by the cards of the overview, visits and events."""

    def choices(fields: Sequence[Field]) -> tuple[Choice, ...]:
        return tuple(Choice(filter_words.title(one), query.changed(dimension=one.name).href) for one in fields)

    of_cards = {
        card.key: [
            FIELDS[dimension.singular]
            for dimension in catalogue.DIMENSIONS.values()
            if dimension.card == card.key and dimension.singular not in _OF_VISITS
        ]
        for card in catalogue.CARDS.values()
    }
    of_visits = [
        field for field in FIELDS.values() if field != EVENT and (field.dimension is None or field.name in _OF_VISITS)
    ]
    return (
        *((_(catalogue.CARDS[key].title), choices(fields)) for key, fields in of_cards.items()),
        (_("Visits"), choices(of_visits)),
        (_("Events"), choices([EVENT])),
    )


def _pill(condition: Condition, query: PageQuery) -> Pill:
    return Pill(
        filter_words.sentence(condition),
        icons.of_condition(condition),
        query.without_condition(condition).href,
        query.with_form_of(condition).href,
        filter_form.of_condition(condition, query),
    )


def _hints(conditions: Sequence[Condition]) -> list[str]:
    """What is counted with conditions on page views and events, see docs/adr/0052."""
    levels = {condition.field.level for condition in conditions if not condition.excludes}
    hints = []
    if "views" in levels:
        hints.append(_("Visits that viewed such a page count as a whole. Pageviews are those of such pages only."))
    if "events" in levels:
        hints.append(_("Visits with such an event count as a whole. Of events, only such ones are listed."))
    return hints
