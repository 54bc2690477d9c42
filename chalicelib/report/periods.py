"""Periods: whole site-days, by name or by dates, and the equal period before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.config import DEFAULT_PERIOD
from chalicelib.days import each
from chalicelib.errors import BadRequest
from chalicelib.translation import gettext as _

LABELS: Final[Mapping[str, str]] = {
    "today": "Today",
    "yesterday": "Yesterday",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "month": "This month",
    "last_month": "Last month",
    "year": "This year",
    "custom": "Custom",
}
_LENGTHS: Final = {"today": 1, "7d": 7, "30d": 30, "90d": 90}
MAX_DAYS: Final = 3660


@dataclass(frozen=True, slots=True)
class Period:
    """Site-days from `first` to `last`, both included. `name` is a key of :data:`LABELS`."""

    name: str
    first: date
    last: date

    @property
    def label(self) -> str:
        """The name for display."""
        return LABELS[self.name]

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    def before(self) -> tuple[date, date]:
        """First and last day of the equal period just before."""
        return self.first - timedelta(days=self.length), self.first - timedelta(days=1)

    def days(self) -> list[date]:
        """Its days, in order."""
        return each(self.first, self.last)


def parse(query: Mapping[str, str], zone: ZoneInfo, now: datetime, default: str = DEFAULT_PERIOD) -> Period:
    """The period a query asks for: ``period=<name>``, or ``from=`` and ``to=`` as ISO dates.

    :param now: an aware time; "today" is its date in `zone`.
    :param default: the name of the period if the query asks for none.
    :raises BadRequest: for an unknown name, and for dates that are invalid, in the wrong order, or too far apart.
    """
    today = now.astimezone(zone).date()
    name = query.get("period") or ("custom" if query.get("from") or query.get("to") else default)
    if name not in LABELS:
        raise BadRequest(_("period must be one of %(names)s.", names=", ".join(LABELS)), field="period")
    if name == "custom":
        return _custom(query, today)
    if name in _LENGTHS:
        return Period(name, today - timedelta(days=_LENGTHS[name] - 1), today)
    month = today.replace(day=1)
    if name == "yesterday":
        return Period(name, today - timedelta(days=1), today - timedelta(days=1))
    if name == "month":
        return Period(name, month, today)
    if name == "year":
        return Period(name, today.replace(month=1, day=1), today)
    last_of_previous = month - timedelta(days=1)
    return Period(name, last_of_previous.replace(day=1), last_of_previous)


def _custom(query: Mapping[str, str], today: date) -> Period:
    first = read_day(query, "from")
    last = read_day(query, "to") if query.get("to") else max(today, first)
    if last < first:
        raise BadRequest(_("The last day must not be before the first one."), field="to")
    if (last - first).days >= MAX_DAYS:
        raise BadRequest(_("A period may have at most %(most)s days.", most=MAX_DAYS), field="from")
    return Period("custom", first, last)


def read_day(query: Mapping[str, str], field: str) -> date:
    """The day that a parameter names.

    :raises BadRequest: if it is missing or invalid.
    """
    try:
        day = date.fromisoformat(query.get(field, ""))
    except ValueError:
        raise BadRequest(_("%(field)s must be a date like 2026-11-24.", field=field), field=field) from None
    if not 1990 <= day.year <= 2200:
        raise BadRequest(_("%(field)s must lie between 1990 and 2200.", field=field), field=field)
    return day
