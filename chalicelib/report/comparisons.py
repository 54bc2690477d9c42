"""Comparisons: the days that a period is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from chalicelib.catalogue.periods import ALL
from chalicelib.days import MINUTE_MS, Calendar, each
from chalicelib.errors import BadRequest
from chalicelib.report.periods import MAX_DAYS, Period, read_day
from chalicelib.translation import gettext as _

PREVIOUS: Final = "previous"
YEAR: Final = "year"
CUSTOM: Final = "custom"
NONE: Final = "none"
KINDS: Final = (PREVIOUS, YEAR, CUSTOM, NONE)
# Those that count up to the same time of day if the period ends today.
UP_TO_NOW: Final = (PREVIOUS, YEAR)
_BOOLEANS: Final[Mapping[str, bool]] = {"": False, "false": False, "true": True}
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Comparison:
    """Site-days from `first` to `last`, both included; none if `last` is the day before `first`.

    :ivar kind: one of :data:`KINDS`.
    """

    kind: str
    first: date
    last: date

    def same_minute(self, period: Period, calendar: Calendar, now: datetime) -> int | None:
        """The minute of the last day up to which the comparison counts; None if it counts as a whole.

        It counts up to the minute that it is now if the period ends today, unless it was named by its dates.
        """
        t = round(now.timestamp() * 1000)
        today = calendar.day_of(t)
        if period.last != today or self.kind not in UP_TO_NOW:
            return None
        return (t - calendar.day_start(today)) // MINUTE_MS

    def days(self) -> list[date]:
        """Its days, in order."""
        return each(self.first, self.last)


def previous(period: Period) -> Comparison:
    """The equal period just before."""
    return Comparison(PREVIOUS, *period.before())


def usual(period: Period) -> Comparison:
    """What a period is compared with if nothing is asked for: the period before, and all time with nothing."""
    return nothing(period) if usual_kind(period) == NONE else previous(period)


def usual_kind(period: Period) -> str:
    """The kind of :func:`usual`."""
    return NONE if period.name == ALL else PREVIOUS


def nothing(period: Period) -> Comparison:
    """No days at all."""
    return Comparison(NONE, period.first, period.first - timedelta(days=1))


def parse(query: Mapping[str, str], period: Period) -> Comparison:
    """The comparison a query asks for: ``compare=…``, with ``compare_from``, ``compare_to`` and ``match_weekdays``.

    :raises BadRequest: for an unknown kind, and for dates that are missing, invalid or in the wrong order.
    """
    kind = query.get("compare") or (CUSTOM if query.get("compare_from") else usual_kind(period))
    matched = _BOOLEANS.get(query.get("match_weekdays", ""))
    if kind not in KINDS:
        raise BadRequest(_("compare must be one of %(names)s.", names=", ".join(KINDS)), field="compare")
    if matched is None:
        raise BadRequest(_("match_weekdays must be true or false."), field="match_weekdays")
    if kind == NONE:
        return nothing(period)
    if kind == CUSTOM:
        first, last = _dates(query, period)
    elif kind == YEAR:
        first, last = _year_before(period)
    else:
        first, last = period.before()
    shift = _shift(kind, first, period) if matched else 0
    return Comparison(kind, first + timedelta(days=shift), last + timedelta(days=shift))


def _dates(query: Mapping[str, str], period: Period) -> tuple[date, date]:
    """``compare_from`` and ``compare_to``, which by default makes the comparison as long as the period."""
    first = read_day(query, "compare_from")
    last = read_day(query, "compare_to") if query.get("compare_to") else first + timedelta(days=period.length - 1)
    if last < first:
        raise BadRequest(_("The last day must not be before the first one."), field="compare_to")
    if (last - first).days >= MAX_DAYS:
        raise BadRequest(_("A comparison may have at most %(most)s days.", most=MAX_DAYS), field="compare_from")
    return first, last


def _year_before(period: Period) -> tuple[date, date]:
    """The same dates a year before; of 29 February, the 28th. As long as the period, unless that has a leap day."""
    return _a_year_before(period.first), _a_year_before(period.last)


def _a_year_before(day: date) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap_day else day.day)


def _shift(kind: str, first: date, period: Period) -> int:
    """By how many days a comparison has to be moved to begin on the weekday on which the period begins.

    The previous period is moved back, so that it does not overlap; others are moved by three days at most.
    """
    later = (period.first.weekday() - first.weekday()) % _WEEK
    if not later:
        return 0
    return later - _WEEK if kind == PREVIOUS or later > _WEEK // 2 else later
