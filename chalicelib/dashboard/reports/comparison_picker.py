"""The menu of what a period is compared with."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from chalicelib.dashboard.reports import shortcuts
from chalicelib.dashboard.reports.page_query import COMPARISON, Choice, PageQuery
from chalicelib.report import comparisons
from chalicelib.report.stats_question import StatsQuestion
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

_LABELS: Final = {
    comparisons.PREVIOUS: N_("Previous period"),
    comparisons.YEAR: N_("Year before"),
    comparisons.NONE: N_("No comparison"),
}
_CUSTOM: Final = N_("Other days")
_MATCH: Final = "match_weekdays"


class ComparisonPicker(NamedTuple):
    """What the menu shows.

    :ivar label: the present comparison.
    :ivar weekdays: a link that matches weekdays, or does so no more; None where that makes no difference.
    :ivar matched: whether weekdays are matched.
    :ivar first, last: the days that are compared with, or that a form for other days begins with.
    :ivar kept: the parameters that a form has to send along.
    """

    label: str
    choices: tuple[Choice, ...]
    weekdays: str | None
    matched: bool
    first: date
    last: date
    kept: tuple[tuple[str, str], ...]


def pick(question: StatsQuestion, query: PageQuery) -> ComparisonPicker:
    """The menu for a question; links are queries, relative to the page itself."""
    comparison, matched = question.comparison, dict(query.items).get(_MATCH) == "true"
    # The key turns the comparison off, and on again.
    by_key = comparisons.PREVIOUS if comparison.kind == comparisons.NONE else comparisons.NONE
    plain, usual = query.without(*COMPARISON), comparisons.usual_kind(question.period)
    first, last = (comparison.first, comparison.last) if comparison.days() else question.period.before()
    if comparison.kind == comparisons.NONE:
        weekdays = None
    else:
        weekdays = (query.without(_MATCH) if matched else query.changed(match_weekdays="true")).href
    return ComparisonPicker(
        label=_(_LABELS.get(comparison.kind, _CUSTOM)),
        choices=tuple(
            Choice(
                _(label),
                _of(kind, plain, usual, matched=matched).href,
                kind == comparison.kind,
                shortcuts.COMPARE if kind == by_key else "",
            )
            for kind, label in _LABELS.items()
        ),
        weekdays=weekdays,
        matched=matched,
        first=first,
        last=last,
        kept=plain.items,
    )


def _of(kind: str, plain: PageQuery, usual: str, *, matched: bool) -> PageQuery:
    query = plain if kind == usual else plain.changed(compare=kind)
    return query.changed(match_weekdays="true") if matched and kind != comparisons.NONE else query
