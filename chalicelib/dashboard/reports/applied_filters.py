"""The filters that apply to a page which lists what meets them, in words, with links to remove them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.dashboard.reports import filter_words
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report.filters import Condition


@dataclass(frozen=True, slots=True)
class AppliedFilter:
    """A condition in words; `remove` is a link to the page without it."""

    text: str
    remove: str


def in_words(conditions: Sequence[Condition], query: PageQuery) -> list[AppliedFilter]:
    """The filters of a page. `query`: of the page."""
    return [
        AppliedFilter(filter_words.sentence(condition), query.without_condition(condition).href)
        for condition in conditions
    ]
