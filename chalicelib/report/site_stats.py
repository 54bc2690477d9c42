"""The statistics of a site over a period, computed from rollups. Dirty days of the period are built first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from chalicelib import catalogue, config, days, url_normalization
from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.event_rows import EventRow
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.catalogue import Totals
from chalicelib.config import MICROS
from chalicelib.report import comparisons, intervals, rollup_series
from chalicelib.report.comparisons import Comparison
from chalicelib.report.intervals import Interval
from chalicelib.report.period_rollups import of_period
from chalicelib.report.periods import Period
from chalicelib.report.refresh import Refreshed, refresh_period
from chalicelib.report.stats import EventCount, LatestVisit, Metrics, Point, Row, Stats, Table
from chalicelib.store import rollups
from chalicelib.store.sites import Site


def stats(
    site: Site,
    period: Period,
    now: datetime,
    *,
    interval: Interval | None = None,
    comparison: Comparison | None = None,
    tables: bool = True,
    until: float | None = None,
    fresh_s: float | None = None,
    by_hour: bool = False,
) -> Stats:
    """Everything the overview shows of `site` over `period`.

    :param now: an aware time.
    :param interval: of the series, hours or longer; by default, that of the period's length.
    :param comparison: the days to compare with; by default, those that are usual for the period.
    :param tables: whether to include tables, events and latest visits, which are most of the data to read.
    :param until: deadline for building dirty days; :param fresh_s: age of a build up to which it is shown, s. See
        `refresh.refresh_dirty_days`.
    :param by_hour: whether to include the period by hour, for which all its days are read.
    """
    comparison = comparison or comparisons.usual(period)
    interval = interval or intervals.default(period)
    refreshed = refresh_period(site, period, comparison, now, until, fresh_s)
    today = now.astimezone(site.zone).date()
    is_previous = (comparison.first, comparison.last) == period.before()
    stored = of_period(site, period, today, tables=tables, compare=is_previous)
    compared = stored.days if is_previous else rollup_series.days_of(site, comparison, today)
    return assembled(
        site,
        period,
        comparison,
        interval,
        stored.whole,
        rollup_series.compared_sum(compared, comparison, period, site, now),
        series=rollup_series.series(site, period.first, period.last, interval, stored.days),
        compare_series=rollup_series.series(site, comparison.first, comparison.last, interval, compared),
        visitors_online=online(site, stored.days, today, now),
        built_at=stored.built_at,
        refreshed=refreshed,
        hours=rollup_series.series(site, period.first, period.last, "hour", stored.days) if by_hour else (),
    )


def assembled(
    site: Site,
    period: Period,
    comparison: Comparison,
    interval: Interval,
    whole: Rollup,
    compared: Totals,
    *,
    series: tuple[Point, ...],
    compare_series: tuple[Point, ...],
    visitors_online: int,
    built_at: int | None,
    refreshed: Refreshed,
    hours: tuple[Point, ...] = (),
) -> Stats:
    """Statistics from the sum of a period and the sums that it is compared with.

    :param built_at: epoch ms. For the rest, see :class:`Stats`.
    """
    return Stats(
        site=site,
        first=period.first,
        last=period.last,
        compare_first=comparison.first,
        compare_last=comparison.last,
        compare_kind=comparison.kind,
        metrics=metrics(whole.totals),
        compare=metrics(compared),
        interval=interval,
        series=series,
        tables=tables_of(site, whole),
        latest=latest_of(site, whole),
        online=visitors_online,
        built_at=days.local(built_at, site.zone) if built_at is not None else None,
        events=tuple(map(event_count, whole.events)),
        other_events=event_count(whole.other_events) if whole.other_events else None,
        outdated=refreshed.within(refreshed.outdated, period),
        waiting=refreshed.within(refreshed.waiting, period),
        compare_series=compare_series,
        hours=hours,
    )


def metrics(totals: Totals) -> Metrics:
    """The metrics of some sums."""
    return Metrics({key: metric.of(totals) for key, metric in catalogue.METRICS.items()})


def tables_of(site: Site, whole: Rollup) -> dict[str, Table]:
    """The tables of a sum of rollups, without the referrers that the site hides."""
    tables = {name: _table(whole, name) for name in catalogue.DIMENSIONS}
    found = tables["referrers"]
    tables["referrers"] = Table(without_hidden(site, found.rows), found.other)
    return tables


def without_hidden(site: Site, referrers: tuple[Row, ...]) -> tuple[Row, ...]:
    """Rows of the table of referrers without those that the site's setting `hide_referrer_regex` hides."""
    if not site.hide_referrer_regex:
        return referrers
    from chalicelib.aggregate.duckdb_engine import engine
    from chalicelib.report.hidden_referrers import hidden_of

    with engine() as db:
        hidden = hidden_of(db, site, (row.name for row in referrers))
    return tuple(row for row in referrers if row.name not in hidden)


def _table(whole: Rollup, name: str) -> Table:
    rows = tuple(Row(*row) for row in whole.tables[name])
    return Table(rows, Row("", *whole.others[name]) if name in whole.others else None)


def event_count(row: EventRow) -> EventCount:
    """A row of custom events as it is returned."""
    revenue = {name: sum_ / MICROS for name, (sum_, _) in row.revenue.items()}
    return EventCount(row.name, row.events, row.visitors, revenue, row.amounts, row.left_out)


def latest_of(site: Site, whole: Rollup) -> tuple[LatestVisit, ...]:
    """The latest visits of a sum of rollups."""
    return tuple(
        LatestVisit(
            id=visit_id(visit["day"], visit["visitor"], visit["id"]),
            start=site.calendar.local(visit["started"], date.fromisoformat(visit["day"])),
            duration=visit["duration"] / 1000,
            entry_page=url_normalization.respelled(visit["entry_page"]),
            **{name: visit[name] for name in _SAME},
        )
        for visit in whole.latest
    )


# The fields of a latest visit that are returned as stored.
_SAME = tuple(
    name for name in LatestVisit.__dataclass_fields__ if name not in ("id", "start", "duration", "entry_page")
)


def visit_id(day: str, visitor: str, first_view: str) -> str:
    """The id of a visit: its day, its visitor's key of that day, and the id of its first view."""
    return f"{day}.{visitor}.{first_view}"


def online(site: Site, unpacked: Mapping[date, Rollup], today: date, now: datetime) -> int:
    """Visitors with activity in the last minutes.

    :param unpacked: rollups that have been read already; the others are read.

    At midnight, a visitor has a key for each of two days, which cannot be linked. So the larger number of both days is
    returned, not their sum. Clocks of functions differ a little, so a moment ahead counts as now; what is further ahead
    does not.
    """
    minute = int(now.timestamp() // 60)
    most = 0
    for day in (today - timedelta(days=1), today):
        rollup = unpacked.get(day)
        if rollup is None and (stored := rollups.get(site.id, day)):
            rollup = rollup_sums.unpack_figures(stored.packed)
        if rollup is not None:
            online = sum(count for seen, count in rollup.seen.items() if abs(seen - minute) < config.ONLINE_MINUTES)
            most = max(most, online)
    return most
