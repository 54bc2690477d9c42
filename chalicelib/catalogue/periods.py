"""The periods that have a name: what they are called, their days, and the keys that choose them.

The menu of periods, the preferences, the shortcuts, the API with its OpenAPI document, and docs/api.md follow from this
table, or are compared with it by tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chalicelib.catalogue.entries import by_key
from chalicelib.translation import N_

# All days of a site, and days that are named by their dates.
ALL: Final = "all"
CUSTOM: Final = "custom"
# First and last day of a period, as they are on a day, today.
Days = Callable[[date], tuple[date, date]]


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """A period.

    :ivar key: its name in URLs, in the API and in preferences.
    :ivar label: on pages, not translated.
    :ivar letter: the key of the keyboard that chooses it; ``""`` for one that menus do not offer any more.
    :ivar days: None for those that `ALL` and `CUSTOM` name, which depend on more than the date.
    """

    key: str
    label: str
    letter: str
    days: Days | None = None

    @property
    def offered(self) -> bool:
        """Whether menus offer it. Links, programs and stored preferences may name the others, too."""
        return bool(self.letter)


def _last(days: int) -> Days:
    """So many days up to today."""
    return lambda today: (today - timedelta(days=days - 1), today)


def _day_before(today: date) -> tuple[date, date]:
    yesterday = today - timedelta(days=1)
    return yesterday, yesterday


def _this_month(today: date) -> tuple[date, date]:
    return today.replace(day=1), today


def _last_month(today: date) -> tuple[date, date]:
    _, last = _day_before(today.replace(day=1))
    return last.replace(day=1), last


def _this_year(today: date) -> tuple[date, date]:
    return today.replace(month=1, day=1), today


def _twelve_months(today: date) -> tuple[date, date]:
    """Eleven whole months and the present one, so that each month of the year is there once."""
    year, month = (today.year - 1, today.month + 1) if today.month < 12 else (today.year, 1)
    return date(year, month, 1), today


# In the order of the menu. 28 and 91 days are whole weeks: each weekday is in them equally often.
PERIODS: Final[Mapping[str, NamedPeriod]] = by_key(
    NamedPeriod("today", N_("Today"), "D", _last(1)),
    NamedPeriod("yesterday", N_("Yesterday"), "E", _day_before),
    NamedPeriod("7d", N_("Last 7 days"), "W", _last(7)),
    NamedPeriod("28d", N_("Last 28 days"), "F", _last(28)),
    NamedPeriod("30d", N_("Last 30 days"), "T", _last(30)),
    NamedPeriod("90d", N_("Last 90 days"), "", _last(90)),
    NamedPeriod("91d", N_("Last 91 days"), "N", _last(91)),
    NamedPeriod("month", N_("This month"), "M", _this_month),
    NamedPeriod("last_month", N_("Last month"), "P", _last_month),
    NamedPeriod("year", N_("This year"), "Y", _this_year),
    NamedPeriod("12mo", N_("Last 12 months"), "L", _twelve_months),
    NamedPeriod(ALL, N_("All time"), "A"),
    NamedPeriod(CUSTOM, N_("Custom"), "C"),
)
# Those that can be a preference: all but days that are named by their dates.
PREFERABLE: Final = tuple(key for key in PERIODS if key != CUSTOM)
