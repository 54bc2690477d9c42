"""From rollups to the figures people see. Dirty days of the period are refreshed first, here and now."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from chalicelib import config, days, iri
from chalicelib.aggregate import rollup as rollup_math
from chalicelib.aggregate.rollup import Rollup, Totals
from chalicelib.collect.custom import MICROS
from chalicelib.report.periods import Period
from chalicelib.report.stats import EventCount, LatestVisit, Metrics, Point, Row, Stats, Table
from chalicelib.report.stored import of_period
from chalicelib.store import aws, marks, rollups
from chalicelib.store.segments import StaleWrite
from chalicelib.store.sites import Site

log = logging.getLogger("shylight")

# How long a page may spend on refreshing dirty days before it shows what it has; the schedule does the rest.
_REFRESH_BUDGET_S = 4.0
_HOURLY_DAYS = 3


def stats(site: Site, period: Period, now: datetime, *, tables: bool = True) -> Stats:
    """Everything the overview shows of `site` over `period`.

    :param now: an aware time.
    :param tables: whether tables, events and latest visits are wanted, too; they are most of what there is to read.
    """
    compare_first, compare_last = period.before()
    _refresh_dirty(site, compare_first, period.last, now)
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
        events=_events(whole),
    )


def metrics(totals: Totals) -> Metrics:
    """The seven figures of some sums; a ratio of nothing is None."""
    visits = totals.visits
    return Metrics(
        visitors=totals.visitors,
        visits=visits,
        pageviews=totals.pageviews,
        views_per_visit=totals.pageviews / visits if visits else None,
        bounce_rate=totals.bounces / visits if visits else None,
        visit_duration=totals.duration / visits / 1000 if visits else None,
        load_time=totals.load_time / totals.loads if totals.loads else None,
    )


def refresh_dirty_days(site: Site, first: date, last: date) -> None:
    """Bring the dirty days from `first` to `last` up to date within the time a page may take.

    Days whose build is oldest come first, then newer days before older ones: a day stays dirty for a while after
    its build, and so after an import of many days every page brings others of them up to date.
    """
    began = time.monotonic()
    now = days.now_ms()
    dirty = {mark.day for mark in marks.of_days(site.id, first, last) if mark.due <= now}
    if not dirty:
        return
    from chalicelib.aggregate.refresh import refresh  # DuckDB takes 80 ms to load; most pages do without

    built = {item.day: item.built_at for item in rollups.between(site.id, min(dirty), max(dirty))}
    for day in sorted(dirty, key=lambda day: (built.get(day, 0), -day.toordinal())):
        if time.monotonic() - began > _REFRESH_BUDGET_S:
            break
        if now - built.get(day, 0) < config.REFRESH_AFTER_S * 1000:
            continue
        try:
            refresh(site, day)
        except StaleWrite:
            continue  # others are refreshing it, and theirs is what will be shown
        except Exception as error:
            if day not in built or not aws.failed(error):
                raise
            log.warning("could not refresh %s %s; what was built before is shown: %s", site.id, day, error)
            break


def _refresh_dirty(site: Site, first: date, last: date, now: datetime) -> None:
    # "Online" looks at today and, just after midnight, at yesterday, whatever the period.
    today = now.astimezone(site.zone).date()
    if last < today:
        refresh_dirty_days(site, today - timedelta(days=1), today)
    refresh_dirty_days(site, first, last)


def _sum(unpacked: dict[date, Rollup], of_days: Sequence[date]) -> Totals:
    totals = Totals()
    for day in of_days:
        if day in unpacked:
            totals.add(unpacked[day].totals)
    return totals


def _sum_before(unpacked: dict[date, Rollup], period: Period, site: Site, now: datetime) -> Totals:
    """The sums of the period before; where this one is not over yet, only up to the same hour of its last day."""
    first, last = period.before()
    of_days = days.each(first, last)
    local = now.astimezone(site.zone)
    if period.last != local.date():
        return _sum(unpacked, of_days)
    totals = _sum(unpacked, of_days[:-1])
    if last in unpacked:
        hour = days.hour_of(round(now.timestamp() * 1000), local.date(), site.zone)
        totals.add(unpacked[last].up_to(hour))
    return totals


def _series(site: Site, period: Period, unpacked: dict[date, Rollup]) -> tuple[Point, ...]:
    if period.length > _HOURLY_DAYS:
        return tuple(
            Point(days.hour_start(day, 0, site.zone), totals.visitors, totals.visits, totals.pageviews)
            for day in period.days()
            for totals in [unpacked[day].totals if day in unpacked else Totals()]
        )
    points = []
    for day in period.days():
        hours = {hour.hour: hour for hour in unpacked[day].hours} if day in unpacked else {}
        for number in range(days.hours_in(day, site.zone)):
            hour = hours.get(number)
            counts = (hour.visitors, hour.visits, hour.pageviews) if hour else (0, 0, 0)
            points.append(Point(days.hour_start(day, number, site.zone), *counts))
    return tuple(points)


def _tables(site: Site, whole: Rollup) -> dict[str, Table]:
    tables = {name: _table(whole, name) for name in rollup_math.TABLES}
    if site.hide_referrer_regex:
        from chalicelib.aggregate.engine import matching  # DuckDB's patterns take linear time, whatever they are

        shown = tables["referrers"]
        hidden = matching([row.name for row in shown.rows], site.hide_referrer_regex)
        tables["referrers"] = Table(tuple(row for row in shown.rows if row.name not in hidden), shown.other)
    return tables


def _table(whole: Rollup, name: str) -> Table:
    rows = tuple(Row(*row) for row in whole.tables[name])
    return Table(rows, Row("", *whole.others[name]) if name in whole.others else None)


def _events(whole: Rollup) -> tuple[EventCount, ...]:
    return tuple(
        EventCount(row.name, row.events, row.visitors, {name: sum_ / MICROS for name, sum_ in row.revenue.items()})
        for row in whole.events
    )


def _latest(site: Site, whole: Rollup) -> tuple[LatestVisit, ...]:
    return tuple(
        LatestVisit(
            id=visit_id(visit["day"], visit["visitor"], visit["id"]),
            start=days.local(visit["started"], site.zone),
            duration=visit["duration"] / 1000,
            entry_page=iri.respelled(visit["entry_page"]),
            **{name: visit[name] for name in _SAME},
        )
        for visit in whole.latest
    )


_SAME = (
    "pageviews", "browser", "system", "device_type", "country", "network", "source", "identifier",
)  # fmt: skip


def visit_id(day: str, visitor: str, first_view: str) -> str:
    """The id of a visit: its day, its visitor's key of that day, and the id of its first view."""
    return f"{day}.{visitor}.{first_view}"


def _online(site: Site, unpacked: dict[date, Rollup], today: date, now: datetime) -> int:
    """Visitors last seen in the running minute or the few before it."""
    minute = int(now.timestamp() // 60)
    total = 0
    for day in (today - timedelta(days=1), today):
        rollup = unpacked.get(day)
        if rollup is None and (stored := rollups.get(site.id, day)):
            rollup = rollup_math.unpack_figures(stored.packed)
        if rollup is not None:
            total += sum(count for seen, count in rollup.seen.items() if seen > minute - config.ONLINE_MINUTES)
    return total
