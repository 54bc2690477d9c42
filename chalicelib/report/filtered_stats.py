"""The statistics of a site over a period, computed from its visits: with filters, and by minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib import catalogue, config
from chalicelib.aggregate import compute_rollup, figures, rollup_sums
from chalicelib.aggregate.catalogue_sql import with_sums
from chalicelib.aggregate.duckdb_engine import Engine, filled
from chalicelib.aggregate.rollup_sums import LATEST, Rollup
from chalicelib.catalogue import Totals
from chalicelib.days import MINUTE_MS
from chalicelib.report import intervals, narrowing, site_stats
from chalicelib.report.comparisons import Comparison
from chalicelib.report.filters import Condition
from chalicelib.report.intervals import WHOLE_DAY, Interval
from chalicelib.report.narrowing import Needed
from chalicelib.report.periods import Period
from chalicelib.report.query_budget import deadline
from chalicelib.report.question_engine import opened
from chalicelib.report.refresh import refresh_period
from chalicelib.report.stats import Point, Stats
from chalicelib.store import rollups
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.sites import Site

# SQL that gives the place of a view and of a visit in its day, see `intervals.Counts`.
_PLACES: dict[str, tuple[str, str]] = {
    "minute": (f"t // {MINUTE_MS}", f"started // {MINUTE_MS}"),
    "hour": ("hour", "hour"),
}
_ASKED_OF_PLACES = ("{place_of_view}", "{place_of_visit}", "{views_before}", "{visits_before}")
_WHOLE_DAY = (str(WHOLE_DAY), str(WHOLE_DAY))


@dataclass(frozen=True, slots=True)
class _Sums:
    """The sums of some days and their series."""

    totals: Totals
    series: tuple[Point, ...]


def stats(
    site: Site,
    period: Period,
    conditions: Sequence[Condition],
    interval: Interval,
    comparison: Comparison,
    now: datetime,
    *,
    by_hour: bool = False,
) -> Stats:
    """Everything the overview shows of the visits that meet all conditions; who is online is not filtered.

    :param now: an aware time; :param by_hour: whether to include the period by hour.
    :raises QueryTooLarge: if it takes too much time or memory.
    """
    until = deadline()
    refreshed = refresh_period(site, period, comparison, now)
    built, before = _built(site, period, comparison)
    with opened(site, built, conditions, until, needed=Needed(times=interval == "minute")) as db:
        sums = _by_interval(db, site, period.first, period.last, interval)
        hours = _by_interval(db, site, period.first, period.last, "hour").series if by_hour else ()
        whole = rollup_sums.sum_days([_rollup(db, sums.totals)])
    compared = _compared(site, period, conditions, interval, comparison, before, now, until)
    return site_stats.assembled(
        site,
        period,
        comparison,
        interval,
        whole,
        compared.totals,
        series=sums.series,
        compare_series=compared.series,
        visitors_online=site_stats.online(site, {}, now.astimezone(site.zone).date(), now),
        built_at=max((one.built_at for one in built.values()), default=None),
        refreshed=refreshed,
        hours=hours,
    )


def _built(
    site: Site, period: Period, comparison: Comparison
) -> tuple[dict[date, StoredRollup], dict[date, StoredRollup]]:
    """The rollups of the period and of the days that it is compared with, without their figures."""
    if comparison.days() and comparison.last == period.first - timedelta(days=1):
        both = rollups.without_figures(site.id, comparison.first, period.last)
        return (
            {day: one for day, one in both.items() if day >= period.first},
            {day: one for day, one in both.items() if day < period.first},
        )
    before = rollups.without_figures(site.id, comparison.first, comparison.last) if comparison.days() else {}
    return rollups.without_figures(site.id, period.first, period.last), before


def _compared(
    site: Site,
    period: Period,
    conditions: Sequence[Condition],
    interval: Interval,
    comparison: Comparison,
    built: Mapping[date, StoredRollup],
    now: datetime,
    until: float,
) -> _Sums:
    """The figures of the days that a period is compared with; the sums up to the same minute of the last day."""
    if not comparison.days():
        return _Sums(Totals(), ())
    if not built:
        return _Sums(Totals(), intervals.points(site.calendar, comparison.first, comparison.last, interval, {}))
    minute = comparison.same_minute(period, site.calendar, now)
    needed = Needed(tables=False, times=interval == "minute" or minute is not None)
    with opened(site, built, conditions, until, needed=needed) as db:
        sums = _by_interval(db, site, comparison.first, comparison.last, interval)
        if minute is None:
            return sums
        end = site.calendar.day_start(comparison.last) + (minute + 1) * MINUTE_MS
        return _Sums(_sums(db, interval, end)[0], sums.series)


def _by_interval(db: Engine, site: Site, first: date, last: date, interval: Interval) -> _Sums:
    totals, counts = _sums(db, interval, None)
    return _Sums(totals, intervals.points(site.calendar, first, last, interval, counts))


def _sums(db: Engine, interval: Interval, end: int | None) -> tuple[Totals, dict[tuple[date, int], Totals]]:
    """The sums before an instant (epoch ms), if there is one, and the counts by day and place."""
    of_view, of_visit = _PLACES.get(interval, _WHOLE_DAY)
    before = ("true", "true") if end is None else (f"t < {end}", f"started < {end}")
    asked = dict(zip(_ASKED_OF_PLACES, (of_view, of_visit, *before), strict=True))
    totals, counts = Totals(), {}
    for day, place, active, *sums in db.rows(filled(with_sums("sums_by_place"), asked)):
        of_place = Totals(*sums)
        totals.add(of_place)
        counts[date.fromisoformat(day), place] = of_place.with_visitors(active)
    return totals, counts


def _rollup(db: Engine, totals: Totals) -> Rollup:
    """Sums, whole tables, events and the latest visits of all that the engine has."""
    figures.compute(db, (*catalogue.DIMENSIONS, figures.EVENT))
    events, other_events = compute_rollup.named_events(db, config.PERIOD_ROWS)
    tables, _ = compute_rollup.tables(db)
    return Rollup(
        totals=totals,
        tables=tables,
        latest=compute_rollup.latest_visits(db, LATEST, listed=narrowing.LISTED),
        events=events,
        other_events=other_events,
    )
