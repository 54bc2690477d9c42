"""Site-days: calendar days in a site's time zone, the unit of storage and computation.

An *hour* of a site-day is the number of whole hours since the day began, not the hour on the clock. So days of 23 or 25
hours have that many hours, and zones such as +05:45 need no special treatment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TypeVar
from zoneinfo import ZoneInfo

MINUTE_MS = 60 * 1000
# Clocks are changed at a quarter of an hour of UTC everywhere.
QUARTER_MS = 15 * MINUTE_MS
HOUR_MS = 60 * MINUTE_MS

_T = TypeVar("_T")


def each(first: date, last: date) -> list[date]:
    """The days from `first` to `last`, both included, in order."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def runs(ascending: Iterable[_T], following: Callable[[_T], _T]) -> list[tuple[_T, _T]]:
    """Consecutive hours or days as ranges (first, last), so that each range is one query.

    :param following: returns the next hour or day.
    """
    found: list[tuple[_T, _T]] = []
    for one in ascending:
        if found and following(found[-1][1]) == one:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def day_of(t: int, zone: ZoneInfo) -> date:
    """The site-day in which the instant `t` (epoch ms) lies."""
    return datetime.fromtimestamp(t / 1000, zone).date()


def day_start(day: date, zone: ZoneInfo) -> int:
    """Epoch ms of the first instant of `day`; where midnight is skipped, of the instant after the gap."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def day_end(day: date, zone: ZoneInfo) -> int:
    """Epoch ms of the first instant after `day`."""
    return day_start(day + timedelta(days=1), zone)


def hour_of(t: int, day: date, zone: ZoneInfo) -> int:
    """How many whole hours after the beginning of `day` the instant `t` lies: 0 to 24."""
    return max(0, (t - day_start(day, zone)) // HOUR_MS)


def hours_in(day: date, zone: ZoneInfo) -> int:
    """How many hours `day` has: 24, or 23 or 25 when the clocks change (an odd half hour counts as one)."""
    return -(-(day_end(day, zone) - day_start(day, zone)) // HOUR_MS)


def hour_start(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """The beginning of an hour of `day`, see :func:`local`."""
    return local(day_start(day, zone) + hour * HOUR_MS, zone)


def local(t: int, zone: ZoneInfo) -> datetime:
    """The instant `t` (epoch ms) on the zone's clock, with the offset then in force.

    The result has a fixed offset, because Python compares and subtracts times with the same `ZoneInfo` by wall clock
    only: the two 02:30 of an autumn night would be equal.
    """
    moment = datetime.fromtimestamp(t // 1000, zone).replace(microsecond=t % 1000 * 1000)
    return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta()))


def now_ms() -> int:
    """Epoch ms, now."""
    return round(datetime.now(UTC).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a site, each in the time zone that was set when it began.

    Where the zone was changed, the last day before the change ends when the first day in the new zone begins. It may be
    shorter than usual, or longer by up to 26 hours. Every instant belongs to exactly one day.

    :ivar zones: the first day in each zone, and the zone, in order; the first entry begins with ``date.min``.
    """

    zones: tuple[tuple[date, ZoneInfo], ...]

    def zone_of(self, day: date) -> ZoneInfo:
        """The zone of `day`."""
        return next(zone for first, zone in reversed(self.zones) if first <= day)

    def day_of(self, t: int) -> date:
        """The day in which the instant `t` (epoch ms) lies."""
        last = date.max
        for first, zone in reversed(self.zones):
            day = day_of(t, zone)
            if day >= first:
                return min(day, last)
            last = first - timedelta(days=1)
        return last

    def day_start(self, day: date) -> int:
        """Epoch ms of the first instant of `day`."""
        return day_start(day, self.zone_of(day))

    def day_end(self, day: date) -> int:
        """Epoch ms of the first instant after `day`."""
        return self.day_start(day + timedelta(days=1))

    def hour_of(self, t: int, day: date) -> int:
        """How many whole hours after the beginning of `day` the instant `t` lies."""
        return max(0, (t - self.day_start(day)) // HOUR_MS)

    def hours_in(self, day: date) -> int:
        """How many hours `day` has; an odd half hour counts as one."""
        return -(-(self.day_end(day) - self.day_start(day)) // HOUR_MS)

    def offsets(self, day: date) -> list[tuple[int, int]]:
        """The offsets from UTC in `day`: since when (epoch ms), and how far its clock is ahead (ms). Usually one."""
        zone = self.zone_of(day)
        found: list[tuple[int, int]] = []
        for t in range(self.day_start(day), self.day_end(day), QUARTER_MS):
            ahead = datetime.fromtimestamp(t / 1000, zone).utcoffset() or timedelta()
            offset = round(ahead.total_seconds() * 1000)
            if not found or found[-1][1] != offset:
                found.append((t, offset))
        return found

    def hour_start(self, day: date, hour: int) -> datetime:
        """The beginning of an hour of `day`, see :func:`local`."""
        return self.local(self.day_start(day) + hour * HOUR_MS, day)

    def hour_starts(self, day: date) -> list[datetime]:
        """The beginnings of all hours of `day`, see :func:`local`."""
        hours = self.hours_in(day)
        first, last = self.hour_start(day, 0), self.hour_start(day, hours - 1)
        if first.tzinfo == last.tzinfo:  # the clocks do not change, as on nearly all days: quicker
            return [first + timedelta(hours=hour) for hour in range(hours)]
        return [self.hour_start(day, hour) for hour in range(hours)]

    def local(self, t: int, day: date) -> datetime:
        """The instant `t` (epoch ms) on the clock of `day`, see :func:`local`."""
        return local(t, self.zone_of(day))

    def changed(self, zone: ZoneInfo, t: int) -> Calendar:
        """This calendar with another zone, from the first day that has begun in neither zone at `t` (epoch ms)."""
        first = max(self.day_of(t), day_of(t, zone)) + timedelta(days=1)
        kept = tuple(entry for entry in self.zones if entry[0] < first)
        return Calendar(kept if kept[-1][1].key == zone.key else (*kept, (first, zone)))


# Of a site whose days are those of UTC.
UTC_CALENDAR = Calendar(((date.min, ZoneInfo("UTC")),))
