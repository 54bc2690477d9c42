"""Series of points from rollups, and the sums of the days that a period is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from chalicelib import days
from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.catalogue import Totals
from chalicelib.report import intervals
from chalicelib.report.comparisons import Comparison
from chalicelib.report.intervals import Counts, Interval
from chalicelib.report.period_rollups import of_period
from chalicelib.report.periods import Period
from chalicelib.report.stats import Point
from chalicelib.store import rollups
from chalicelib.store.sites import Site


def _sum(unpacked: Mapping[date, Rollup], of_days: Sequence[date]) -> Totals:
    return Totals.sum(unpacked[day].totals for day in of_days if day in unpacked)


def days_of(site: Site, comparison: Comparison, today: date) -> dict[date, Rollup]:
    """The rollups of the days of a comparison."""
    if not comparison.days():
        return {}
    compared = Period("custom", comparison.first, comparison.last)
    return of_period(site, compared, today, tables=False, compare=False).days


def compared_sum(
    unpacked: Mapping[date, Rollup],
    comparison: Comparison,
    period: Period,
    site: Site,
    now: datetime,
    minutes: Callable[[str, date], bytes | None] = rollups.minutes,
) -> Totals:
    """The sums of a comparison; if the period is not over, only up to the same minute of the last day.

    :param minutes: returns the packed sums per minute of a day of the site, if they are stored.
    """
    minute = comparison.same_minute(period, site.calendar, now)
    if minute is None:
        return _sum(unpacked, comparison.days())
    last = comparison.last
    totals = _sum(unpacked, comparison.days()[:-1])
    if last in unpacked:
        packed = minutes(site.id, last)
        if packed:
            totals.add(rollup_sums.until(packed, minute))
        else:
            totals.add(_with_hours(site, {last: unpacked[last]}, last, last)[last].until(minute))
    return totals


def series(
    site: Site, first: date, last: date, interval: Interval, unpacked: Mapping[date, Rollup]
) -> tuple[Point, ...]:
    """The points of a series of days, by hours or longer intervals."""
    counts: Counts
    if interval == "hour":
        counts = {
            (day, hour.hour): hour.sums.with_visitors(hour.visitors)
            for day, rollup in _with_hours(site, unpacked, first, last).items()
            for hour in rollup.hours
        }
    else:
        counts = {(day, intervals.WHOLE_DAY): rollup.totals for day, rollup in unpacked.items()}
    return intervals.points(site.calendar, first, last, interval, counts)


def _with_hours(site: Site, unpacked: Mapping[date, Rollup], first: date, last: date) -> dict[date, Rollup]:
    """Rollups with their hours: days that were read from their month have none."""
    lacking = [day for day in days.each(first, last) if day in unpacked and not unpacked[day].hours]
    items = rollups.between(site.id, lacking[0], lacking[-1]) if lacking else []
    return dict(unpacked) | {item.day: rollup_sums.unpack_figures(item.packed) for item in items}
