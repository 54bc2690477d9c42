"""The period picker: the periods to choose from, and the previous and next period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from chalicelib.dashboard import formatting
from chalicelib.dashboard.reports.page_query import PERIOD, Choice, PageQuery
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

CHOICES = (
    ("today", N_("Today")),
    ("yesterday", N_("Yesterday")),
    ("7d", N_("Last 7 days")),
    ("30d", N_("Last 30 days")),
    ("90d", N_("Last 90 days")),
    ("month", N_("This month")),
    ("last_month", N_("Last month")),
    ("year", N_("This year")),
)


class PeriodLike(Protocol):
    """What the picker asks of a period."""

    @property
    def name(self) -> str:
        """Its name in URLs."""

    @property
    def first(self) -> date:
        """Its first day."""

    @property
    def last(self) -> date:
        """Its last day."""


@dataclass(frozen=True, slots=True)
class Picker:
    """What the picker shows.

    :ivar label: the present period, e.g. ``Last 7 days`` or ``14–20 Nov``; `days` are its days.
    :ivar earlier, later: links to the neighbours; `later` is None when that lies in the future.
    :ivar kept: the parameters that a form has to send along.
    """

    label: str
    days: str
    choices: tuple[Choice, ...]
    earlier: str
    later: str | None
    first: date
    last: date
    today: date
    kept: tuple[tuple[str, str], ...]


def pick(period: PeriodLike, today: date, query: PageQuery | None = None) -> Picker:
    """The picker for `period`; links are queries, relative to the page itself.

    :param query: of the page; its other parameters are kept.
    """
    query = query or PageQuery()
    names = {name: _(label) for name, label in CHOICES}
    days = formatting.days(period.first, period.last, today)
    later = _moved(period, today, 1)
    return Picker(
        label=names.get(period.name, days),
        days=days,
        choices=tuple(
            Choice(label, query.with_period(name).href, name == period.name) for name, label in names.items()
        ),
        earlier=query.with_days(*_moved(period, today, -1)).href,
        later=query.with_days(*later).href if later[0] <= today else None,
        first=period.first,
        last=period.last,
        today=today,
        kept=query.without(*PERIOD).items,
    )


def _moved(period: PeriodLike, today: date, steps: int) -> tuple[date, date]:
    """The previous or next period: a year for a year, a month for a month, else the same number of days."""
    first, last = period.first, period.last
    if first == date(first.year, 1, 1) and (period.name == "year" or last == date(first.year, 12, 31)):
        return date(first.year + steps, 1, 1), date(first.year + steps, 12, 31)
    if first.day == 1 and (period.name == "month" or last == _month_end(first)):
        begin = _month_end(first) + timedelta(days=1) if steps > 0 else (first - timedelta(days=1)).replace(day=1)
        return begin, _month_end(begin)
    length = last - first + timedelta(days=1)
    first, last = first + length * steps, last + length * steps
    if steps > 0 and first <= today < last:
        return today - length + timedelta(days=1), today
    return first, last


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
