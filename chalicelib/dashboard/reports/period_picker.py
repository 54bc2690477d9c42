"""The period picker: the periods to choose from, and the previous and next period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple, Protocol

from chalicelib.catalogue import PERIODS
from chalicelib.catalogue.periods import ALL, CUSTOM
from chalicelib.dashboard import formatting
from chalicelib.dashboard.reports.page_query import PERIOD, Choice, PageQuery
from chalicelib.translation import gettext as _

# Periods up to today that are made of whole months, and how many these are once the last one is over.
_MONTHS_TO_DATE: Final[Mapping[str, int]] = {"month": 1, "year": 12, "12mo": 12}


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


class Picker(NamedTuple):
    """What the picker shows.

    :ivar label: the present period, e.g. ``Last 7 days`` or ``14–20 Nov``; `days` are its days.
    :ivar earlier, later: links to the neighbours; None where there is none: before all time, and in the future.
    :ivar kept: the parameters that a form has to send along.
    :ivar custom_key: the key of the keyboard that leads to the form for other days.
    """

    label: str
    days: str
    choices: tuple[Choice, ...]
    earlier: str | None
    later: str | None
    first: date
    last: date
    today: date
    kept: tuple[tuple[str, str], ...]
    custom_key: str


def pick(period: PeriodLike, today: date, query: PageQuery | None = None) -> Picker:
    """The picker for `period`; links are queries, relative to the page itself.

    :param query: of the page; its other parameters are kept.
    """
    query = query or PageQuery()
    days = formatting.days(period.first, period.last, today)
    later = _moved(period, today, 1)
    return Picker(
        label=days if period.name == CUSTOM else _(PERIODS[period.name].label),
        days=days,
        choices=tuple(
            Choice(_(one.label), query.with_period(one.key).href, one.key == period.name, one.letter)
            for one in PERIODS.values()
            if one.offered and one.key != CUSTOM
        ),
        earlier=None if period.name == ALL else query.with_days(*_moved(period, today, -1)).href,
        later=query.with_days(*later).href if later[0] <= today else None,
        first=period.first,
        last=period.last,
        today=today,
        kept=query.without(*PERIOD).items,
        custom_key=PERIODS[CUSTOM].letter,
    )


def _moved(period: PeriodLike, today: date, steps: int) -> tuple[date, date]:
    """The previous or next period: as many months for whole months, else the same number of days."""
    first, last = period.first, period.last
    months = _MONTHS_TO_DATE.get(period.name, 0)
    if not months and first.day == 1 and (last + timedelta(days=1)).day == 1:
        months = _month(last) - _month(first) + 1
    if months:
        begin = _month_begin(_month(first) + steps * months)
        return begin, _month_begin(_month(begin) + months) - timedelta(days=1)
    length = last - first + timedelta(days=1)
    first, last = first + length * steps, last + length * steps
    if steps > 0 and first <= today < last:
        return today - length + timedelta(days=1), today
    return first, last


def _month(day: date) -> int:
    """The number of a month, counted from the beginning of the calendar."""
    return day.year * 12 + day.month - 1


def _month_begin(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
