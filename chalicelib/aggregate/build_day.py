"""The build of a site-day: its dirty hours become segments, and all hours a rollup.

The schedule builds days, and so does a page that shows a dirty day. A build may be interrupted at any point, and two
builds may run at the same time:

* Dirty marks are cleared last, so that an interrupted build is repeated. Repeating a build changes nothing.
* Every write is conditional on the state that the build found before it began to read. A build whose state is outdated
  starts over.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib import config, days
from chalicelib.aggregate import compute_rollup, month_sums, rollup_sums
from chalicelib.aggregate.duckdb_engine import Engine, engine, sql
from chalicelib.store import dirty_hours, exclusions, hits, rollups, segments, usage
from chalicelib.store.dirty_hours import Mark
from chalicelib.store.records import VisitorHour
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.segments import Segment, StaleWrite
from chalicelib.store.sites import Site

log = logging.getLogger("shylight")

# A day is closed when no more hits can arrive: its salt is destroyed, and the queue had time to drain.
_CLOSE_AFTER_MS = (config.SALT_GRACE_S + 15 * 60) * 1000
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Found:
    """The state of a site-day before its build began to read.

    :ivar closed: the etag of the compacted day's segment, if there is one.
    :ivar dirty: the hours to be read from the table.
    """

    started: int
    stored: StoredRollup | None
    marks: list[Mark]
    hours: list[Segment]
    closed: str | None
    dirty: frozenset[int]


def refresh(site: Site, day: date) -> StoredRollup | None:
    """Bring the segments and the rollup of a site-day up to date; the rollup, or None if the day has no hits.

    :raises StaleWrite: if other builds of the day were faster several times.
    """
    if not _kept(site, day):
        # The hits may be deleted already (retention), so the rollup must not be built again.
        stored = rollups.get(site.id, day)
        if stored is not None:  # by a build that may have been interrupted before it marked the month
            month_sums.invalidate(site.id, stored, site.calendar.day_of(days.now_ms()))
        _clear(dirty_hours.of_day(site.id, day), started=1 << 62)
        return stored
    for attempt in range(_TRIES):
        try:
            return _build(site, day)
        except StaleWrite:
            if attempt == _TRIES - 1:
                raise
            log.info("another build of %s %s was faster; starting over", site.id, day)
    raise AssertionError("unreachable")


def _kept(site: Site, day: date) -> bool:
    today = site.calendar.day_of(days.now_ms())
    return day >= today - timedelta(days=site.retention_days + 1)


def _build(site: Site, day: date) -> StoredRollup | None:
    found = _look(site, day)
    if not any(mark.due <= found.started for mark in found.marks):
        return found.stored
    over = found.started >= site.calendar.day_end(day) + _CLOSE_AFTER_MS
    if not over and found.stored is None:
        _schedule_close(site, day)
    with engine() as db:
        beyond = _close(db, site, day, found) if over else _write_hours(db, site, day, found)
        figures = compute_rollup.compute(db)
        figures.beyond = _beyond_before(found) | beyond
        packed = rollup_sums.pack(figures)
        by_minute = None
        if found.started >= site.calendar.day_end(day):
            by_minute = rollup_sums.pack_minutes(compute_rollup.sums_by_minute(db, site.calendar.day_start(day)))
        records, stored_hits = map(int, db.rows("SELECT count(*), count(*) FILTER (kind != 'leave') FROM hits")[0])
    # Records beyond the limits of visitors do not count towards the limit of the day, but they are stored: limit them,
    # too.
    outside = sum(figures.beyond.values())
    filling = max(records, outside)
    if filling >= site.max_day:
        exclusions.declare_full(site.id, day, filling)
    built = StoredRollup(day, packed, found.started, uuid.uuid4().hex)
    rollups.put(site.id, built, found.stored)
    if by_minute is not None:
        rollups.put_minutes(site.id, day, by_minute, found.started)
    usage.put_day(site.id, day, usage.Day(stored_hits, records + outside, figures.totals.visits, len(packed)))
    month_sums.invalidate(site.id, built, site.calendar.day_of(found.started))
    if over:
        segments.delete([segment.key for segment in found.hours])
    _clear([mark for mark in found.marks if over or mark.hour is not None], found.started)
    if not over and any(mark.hour is None and mark.due <= found.started for mark in found.marks):
        _schedule_close(site, day)  # it was only moved forward to have the day built anew
    return built


def _schedule_close(site: Site, day: date) -> None:
    dirty_hours.schedule_close(site.id, day, site.calendar.day_end(day) + _CLOSE_AFTER_MS)


def _look(site: Site, day: date) -> _Found:
    started = days.now_ms()
    stored = rollups.get(site.id, day)
    found = dirty_hours.of_day(site.id, day)
    if not found:  # the usual case, which should not cost a call to S3
        return _Found(started, stored, [], [], None, frozenset())
    hours = segments.list_segments(site.id, day)
    closed = segments.etag(segments.day_key(site.id, day))
    marked = {mark.hour for mark in found if mark.hour is not None}
    in_bucket = marked if closed else marked & {segment.hour for segment in hours}
    # Hits do not disappear from the table one by one. If an hour has none left there, the table was lost or restored
    # from a backup, and the segment is what remains of the hour.
    lost = {hour for hour in in_bucket if not hits.has_hits(site.id, day, hour)}
    return _Found(started, stored, found, hours, closed, frozenset(marked - lost))


def _write_hours(db: Engine, site: Site, day: date, found: _Found) -> dict[int, int]:
    """Build the segments of dirty hours from the table, and load the day; returns records beyond limits, by hour."""
    dirty = found.dirty
    clean = [data for segment in found.hours if segment.hour not in dirty and (data := segments.read(segment.key))]
    beyond = _load(db, site, day, dirty, clean)
    seen = {segment.hour: segment.etag for segment in found.hours}
    for hour in sorted(dirty):
        data = db.parquet(f"FROM hits WHERE hour = {hour} ORDER BY ALL")
        segments.write(segments.hour_key(site.id, day, hour), data, seen.get(hour))
    db.sessionize(site.calendar)
    return beyond


def _close(db: Engine, site: Site, day: date, found: _Found) -> dict[int, int]:
    """Compact a finished day into one segment, each hit with the number of its visit, and load it.

    Returns the records of dirty hours beyond limits, by hour.
    """
    key = segments.day_key(site.id, day)
    dirty = found.dirty
    clean = f"hour NOT IN ({', '.join(map(str, dirty))})" if dirty else "true"
    if found.closed is not None:
        before = [data for data in [segments.read(key)] if data]
    else:
        before = [data for segment in found.hours if (data := segments.read(segment.key))]
    beyond = _load(db, site, day, dirty, before, clean)
    db.sessionize(site.calendar)
    segments.write(key, db.parquet(sql("closed_day_hits")), found.closed)
    return beyond


def _load(
    db: Engine, site: Site, day: date, dirty: Collection[int], built: Sequence[bytes], condition: str = "true"
) -> dict[int, int]:
    """Load dirty hours from the table and the others from segments; returns records beyond limits, by hour."""
    beyond: dict[int, int] = {}

    def counted() -> Iterator[VisitorHour]:
        for stored in hits.read(site, day, dirty):
            if stored.beyond:
                beyond[stored.hour] = beyond.get(stored.hour, 0) + stored.beyond
            yield stored

    db.load(counted(), built, condition)
    return beyond


def _beyond_before(found: _Found) -> dict[int, int]:
    """The records beyond limits of the hours that are not built again, from the stored rollup."""
    if found.stored is None:
        return {}
    dirty = found.dirty
    before = rollup_sums.unpack_figures(found.stored.packed).beyond
    return {hour: records for hour, records in before.items() if hour not in dirty}


def _clear(found: Iterable[Mark], started: int) -> None:
    for mark in found:
        if started > mark.until + config.CLOCK_SKEW_S * 1000:
            dirty_hours.clear(mark)
