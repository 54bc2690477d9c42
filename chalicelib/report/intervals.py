"""Intervals: the minutes, hours, days, weeks or months by which the figures of a period are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import count
from typing import Final, Literal, get_args

from chalicelib import config
from chalicelib.catalogue import Totals
from chalicelib.days import MINUTE_MS, Calendar, each
from chalicelib.errors import BadRequest
from chalicelib.report.periods import Period
from chalicelib.report.stats import Point
from chalicelib.translation import gettext as _
from chalicelib.translation import ngettext

Interval = Literal["minute", "hour", "day", "week", "month"]
INTERVALS: Final[tuple[Interval, ...]] = get_args(Interval)
# The interval of a period if none is asked for: the first of those whose longest period, in days, it does not exceed.
_DEFAULTS: Final[Mapping[Interval, int]] = {"hour": 3, "day": 400, "week": 1100}
_MOST_DAYS: Final[Mapping[Interval, int]] = {"minute": config.MAX_MINUTE_DAYS, "hour": config.MAX_HOUR_DAYS}
# In "day", "week" and "month", the place of all counts of a day.
WHOLE_DAY: Final = 0


# The sums of `Point.sums`, by day and place: the hour of the day, the epoch minute, or `WHOLE_DAY`.
Counts = Mapping[tuple[date, int], Totals]


def default(period: Period) -> Interval:
    """The interval of a period if none is asked for."""
    return next((interval for interval, most in _DEFAULTS.items() if period.length <= most), "month")


def parse(query: Mapping[str, str], period: Period, longest: int) -> Interval:
    """The interval a query asks for with ``interval=…``.

    :param longest: the longest period that is given by it, in days.
    :raises BadRequest: if it is unknown, or would give too many points.
    """
    text = query.get("interval", "")
    if not text:
        return default(period)
    interval = next((known for known in INTERVALS if known == text), None)
    if interval is None:
        raise BadRequest(_("interval must be one of %(names)s.", names=", ".join(INTERVALS)), field="interval")
    most = _MOST_DAYS.get(interval)
    if most is not None and longest > most:
        message = ngettext(
            "A period with this interval may have at most %(num)s day; use a longer interval.",
            "A period with this interval may have at most %(num)s days; use a longer interval.",
            most,
        )
        raise BadRequest(message, field="interval")
    return interval


def points(calendar: Calendar, first: date, last: date, interval: Interval, counts: Counts) -> tuple[Point, ...]:
    """A point for each interval of the days from `first` to `last`, in order, also for those without visits.

    Weeks begin on Monday. The first week and month begin with the period, if that begins later.
    """
    begun: dict[datetime, list[Totals]] = {}
    for day in each(first, last):
        for t, place in _places(calendar, first, day, interval):
            found = begun.setdefault(t, [])
            if (day, place) in counts:
                found.append(counts[day, place])
    return tuple(Point(t, _sum(found)) for t, found in begun.items())


def _sum(found: list[Totals]) -> Totals:
    """The sums of a point, which are nobody's to change: nearly always there is one part, or none."""
    if len(found) == 1:
        return found[0]
    return Totals.sum(found) if found else Totals()


def _places(calendar: Calendar, first: date, day: date, interval: Interval) -> Iterable[tuple[datetime, int]]:
    """The places of a day in :data:`Counts`, each with the beginning of the point that it belongs to."""
    if interval == "minute":
        start, end = calendar.day_start(day) // MINUTE_MS, calendar.day_end(day) // MINUTE_MS
        return ((calendar.local(minute * MINUTE_MS, day), minute) for minute in range(start, end))
    if interval == "hour":
        return zip(calendar.hour_starts(day), count(), strict=False)
    begin = day
    if interval == "week":
        begin = max(first, day - timedelta(days=day.weekday()))
    elif interval == "month":
        begin = max(first, day.replace(day=1))
    return ((calendar.hour_start(begin, 0), WHOLE_DAY),)
