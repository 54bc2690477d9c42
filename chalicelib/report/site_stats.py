"""The statistics of a site over a period, computed from rollups. Dirty days of the period are built first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from chalicelib import catalogue, config, days, url_normalization
from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.event_rows import EventRow
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.catalogue import Metric, Totals
from chalicelib.config import MICROS
from chalicelib.days import MINUTE_MS
from chalicelib.report.display_names import shown_name
from chalicelib.report.period_rollups import of_period
from chalicelib.report.periods import Period
from chalicelib.report.refresh import Refreshed, refresh_dirty_days
from chalicelib.report.stats import EventCount, LatestVisit, Metrics, Point, Row, Stats, Table
from chalicelib.store import rollups
from chalicelib.store.sites import Site

_HOURLY_DAYS = 3


def stats(
    site: Site,
    period: Period,
    now: datetime,
    *,
    tables: bool = True,
    until: float | None = None,
    fresh_s: float | None = None,
) -> Stats:
    """Everything the overview shows of `site` over `period`.

    :param now: an aware time.
    :param tables: whether to include tables, events and latest visits, which are most of the data to read.
    :param until: deadline for building dirty days; :param fresh_s: age of a build up to which it is shown, s. See
        `refresh.refresh_dirty_days`.
    """
    compare_first, compare_last = period.before()
    refreshed = _refresh_dirty(site, compare_first, period.last, now, until, fresh_s)
    today = now.astimezone(site.zone).date()
    stored = of_period(site, period, today, tables=tables)
    whole = stored.whole
    return Stats(
        site=site,
        first=period.first,
        last=period.last,
        compare_first=compare_first,
        compare_last=compare_last,
        metrics=metrics(whole.totals),
        compare=metrics(_sum_before(stored.days, period, site, now)),
        interval="hour" if period.length <= _HOURLY_DAYS else "day",
        series=_series(site, period, stored.days),
        tables=_tables(site, whole),
        latest=_latest(site, whole),
        online=_online(site, stored.days, today, now),
        built_at=days.local(stored.built_at, site.zone) if stored.built_at is not None else None,
        events=tuple(map(_event, whole.events)),
        other_events=_event(whole.other_events) if whole.other_events else None,
        outdated=tuple(sorted(day for day in refreshed.outdated if period.first <= day <= period.last)),
        waiting=tuple(sorted(day for day in refreshed.waiting if period.first <= day <= period.last)),
    )


def metrics(totals: Totals) -> Metrics:
    """The metrics of some sums."""
    return Metrics({key: _value(metric, totals) for key, metric in catalogue.METRICS.items()})


def _value(metric: Metric, totals: Totals) -> float | None:
    """The value of a metric in its unit; None if its denominator is 0."""
    numerator: int = getattr(totals, metric.numerator)
    if metric.denominator is None:
        return numerator
    denominator: int = getattr(totals, metric.denominator)
    if not denominator:
        return None
    ratio = numerator / denominator
    return ratio / 1000 if metric.unit == "seconds" else ratio


def _refresh_dirty(
    site: Site, first: date, last: date, now: datetime, until: float | None, fresh_s: float | None
) -> Refreshed:
    # The visitors online need today and, just after midnight, yesterday, for every period.
    today = now.astimezone(site.zone).date()
    found = refresh_dirty_days(site, first, last, until, fresh_s)
    if last < today:
        refresh_dirty_days(site, today - timedelta(days=1), today, until, fresh_s)
    return found


def _sum(unpacked: dict[date, Rollup], of_days: Sequence[date]) -> Totals:
    totals = Totals()
    for day in of_days:
        if day in unpacked:
            totals.add(unpacked[day].totals)
    return totals


def _sum_before(unpacked: dict[date, Rollup], period: Period, site: Site, now: datetime) -> Totals:
    """The sums of the previous period; if the current one is not over, only up to the same minute of the last day."""
    first, last = period.before()
    of_days = days.each(first, last)
    t = round(now.timestamp() * 1000)
    today = site.calendar.day_of(t)
    if period.last != today:
        return _sum(unpacked, of_days)
    totals = _sum(unpacked, of_days[:-1])
    if last in unpacked:
        minute = (t - site.calendar.day_start(today)) // MINUTE_MS
        packed = rollups.minutes(site.id, last)
        totals.add(rollup_sums.until(packed, minute) if packed else unpacked[last].until(minute))
    return totals


def _series(site: Site, period: Period, unpacked: dict[date, Rollup]) -> tuple[Point, ...]:
    if period.length > _HOURLY_DAYS:
        return tuple(
            Point(site.calendar.hour_start(day, 0), totals.visitors, totals.visits, totals.pageviews)
            for day in period.days()
            for totals in [unpacked[day].totals if day in unpacked else Totals()]
        )
    points = []
    for day in period.days():
        hours = {hour.hour: hour for hour in unpacked[day].hours} if day in unpacked else {}
        for number in range(site.calendar.hours_in(day)):
            hour = hours.get(number)
            counts = (hour.visitors, hour.sums.visits, hour.sums.pageviews) if hour else (0, 0, 0)
            points.append(Point(site.calendar.hour_start(day, number), *counts))
    return tuple(points)


def _tables(site: Site, whole: Rollup) -> dict[str, Table]:
    tables = {name: _table(whole, name) for name in catalogue.DIMENSIONS}
    found = tables["referrers"]
    tables["referrers"] = Table(without_hidden(site, found.rows), found.other)
    return tables


def without_hidden(site: Site, referrers: tuple[Row, ...]) -> tuple[Row, ...]:
    """Rows of the table of referrers without those that the site's setting `hide_referrer_regex` hides."""
    if not site.hide_referrer_regex:
        return referrers
    from chalicelib.aggregate.duckdb_engine import matching  # DuckDB's regular expressions take linear time

    # The pattern may match a host as displayed or as stored.
    called = {row.name: {row.name, shown_name("referrers", row.name)} for row in referrers}
    hidden = matching(sorted(set().union(*called.values())), site.hide_referrer_regex)
    return tuple(row for row in referrers if not called[row.name] & hidden)


def _table(whole: Rollup, name: str) -> Table:
    rows = tuple(Row(*row) for row in whole.tables[name])
    return Table(rows, Row("", *whole.others[name]) if name in whole.others else None)


def _event(row: EventRow) -> EventCount:
    revenue = {name: sum_ / MICROS for name, (sum_, _) in row.revenue.items()}
    return EventCount(row.name, row.events, row.visitors, revenue, row.amounts, row.left_out)


def _latest(site: Site, whole: Rollup) -> tuple[LatestVisit, ...]:
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


def _online(site: Site, unpacked: dict[date, Rollup], today: date, now: datetime) -> int:
    """Visitors with activity in the last minutes.

    At midnight, a visitor has a key for each of two days, which cannot be linked. So the larger number of both days is
    returned, not their sum.
    """
    minute = int(now.timestamp() // 60)
    most = 0
    for day in (today - timedelta(days=1), today):
        rollup = unpacked.get(day)
        if rollup is None and (stored := rollups.get(site.id, day)):
            rollup = rollup_sums.unpack_figures(stored.packed)
        if rollup is not None:
            online = sum(count for seen, count in rollup.seen.items() if seen > minute - config.ONLINE_MINUTES)
            most = max(most, online)
    return most
