"""The intervals of the chart to choose from: those that give a period a readable number of points."""

from __future__ import annotations

from typing import Final

from chalicelib import config
from chalicelib.dashboard.reports import shortcuts
from chalicelib.dashboard.reports.page_query import Choice, PageQuery
from chalicelib.report.intervals import Interval
from chalicelib.report.stats_question import StatsQuestion
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

# With the lengths of periods in which it is offered, days.
_CHOICES: Final[tuple[tuple[Interval, str, int, int], ...]] = (
    ("hour", N_("Hourly"), 1, config.MAX_HOUR_DAYS),
    ("day", N_("Daily"), 2, 3660),
    ("week", N_("Weekly"), 8, 3660),
    ("month", N_("Monthly"), 32, 3660),
)


def links(question: StatsQuestion, query: PageQuery) -> list[Choice]:
    """The intervals that fit a period and the days that it is compared with; none if there is no choice.

    The key leads to the next one, and from the last to the first.
    """
    length, longest = question.period.length, max(question.period.length, len(question.comparison.days()))
    fitting = [(name, label) for name, label, least, most in _CHOICES if least <= length and longest <= most]
    names = [name for name, _label in fitting]
    place = names.index(question.interval) if question.interval in names else -1
    found = [
        Choice(
            _(label),
            query.changed(interval=name).href,
            name == question.interval,
            shortcuts.INTERVAL if number == (place + 1) % len(names) else "",
        )
        for number, (name, label) in enumerate(fitting)
    ]
    return found if len(found) > 1 else []
