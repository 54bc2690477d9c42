"""Refreshing a site-day: dirty hours become segments, and all of them a rollup.

The same function serves the schedule and a dashboard that is opened on a dirty day. It may be killed anywhere, and
run twice at once:

* Marks are cleared last, so what was not finished is done again, and doing it again changes nothing.
* Every write is conditional on what its build had found before it began to read. Of two builds, the one that
  wrote second must have read second; else it starts over.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib import config, days
from chalicelib.aggregate import metrics, month_sums
from chalicelib.aggregate import rollup as rollup_math
from chalicelib.aggregate.duckdb_engine import Engine, engine, sql
from chalicelib.store import dirty_hours, exclusions, hits, rollups, segments
from chalicelib.store.dirty_hours import Mark
from chalicelib.store.records import VisitorHour
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.segments import Segment, StaleWrite
from chalicelib.store.sites import Site

log = logging.getLogger("shylight")

# A day is closed when nothing regular can arrive any more: its salt is gone, and its queue had time to drain.
_CLOSE_AFTER_MS = (config.SALT_GRACE_S + 15 * 60) * 1000
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Found:
    """What there was of a site-day before its build began to read.

    :ivar closed: the etag of the compacted day's segment, if there is one.
    """

    started: int
    stored: StoredRollup | None
    marks: list[Mark]
    hours: list[Segment]
    closed: str | None

    def dirty_hours(self) -> set[int]:
        return {mark.hour for mark in self.marks if mark.hour is not None}


def refresh(site: Site, day: date) -> StoredRollup | None:
    """Bring a site-day's segments and rollup up to date; the rollup, or None if the day has no hits.

    :raises StaleWrite: if other builds kept coming first.
    """
    if not _kept(site, day):
        # Its visits may be gone already, so what is there must not be rebuilt from what is left of them.
        stored = rollups.get(site.id, day)
        if stored is not None:  # by a build that may have died before it said so
            month_sums.changed(site.id, stored, site.calendar.day_of(days.now_ms()))
        _clear(dirty_hours.of_day(site.id, day), started=1 << 62)
        return stored
    for attempt in range(_TRIES):
        try:
            return _build(site, day)
        except StaleWrite:
            if attempt == _TRIES - 1:
                raise
            log.info("another build of %s %s was first; starting over", site.id, day)
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
        dirty_hours.ask_to_close(site.id, day, site.calendar.day_end(day) + _CLOSE_AFTER_MS)
    with engine() as db:
        beyond = _close(db, site, day, found) if over else _write_hours(db, site, day, found)
        figures = metrics.compute(db)
        figures.beyond = _beyond_before(found) | beyond
        packed = rollup_math.pack(figures)
        by_minute = None
        if found.started >= site.calendar.day_end(day):
            by_minute = rollup_math.pack_minutes(metrics.sums_by_minute(db, site.calendar.day_start(day)))
        records = int(db.rows("SELECT count(*) FROM hits")[0][0])
    # What is beyond visitors' limits does not fill the day, but it is stored, and so it has an end as well.
    filling = max(records, sum(figures.beyond.values()))
    if filling >= site.max_day:
        exclusions.declare_full(site.id, day, filling)
    built = StoredRollup(day, packed, found.started, uuid.uuid4().hex)
    rollups.put(site.id, built, found.stored)
    if by_minute is not None:
        rollups.put_minutes(site.id, day, by_minute, found.started)
    month_sums.changed(site.id, built, site.calendar.day_of(found.started))
    if over:
        segments.delete([segment.key for segment in found.hours])
    _clear([mark for mark in found.marks if over or mark.hour is not None], found.started)
    return built


def _look(site: Site, day: date) -> _Found:
    started = days.now_ms()
    stored = rollups.get(site.id, day)
    found = dirty_hours.of_day(site.id, day)
    if not found:  # the usual case, which shall cost no call to the bucket
        return _Found(started, stored, [], [], None)
    hours = segments.list_segments(site.id, day)
    return _Found(started, stored, found, hours, segments.etag(segments.day_key(site.id, day)))


def _write_hours(db: Engine, site: Site, day: date, found: _Found) -> dict[int, int]:
    """Rebuild the dirty hours' segments from the table, and load the whole day; what the hours had beyond limits."""
    dirty = found.dirty_hours()
    clean = [data for segment in found.hours if segment.hour not in dirty and (data := segments.read(segment.key))]
    beyond = _load(db, site, day, dirty, clean)
    seen = {segment.hour: segment.etag for segment in found.hours}
    for hour in sorted(dirty):
        data = db.parquet(f"FROM hits WHERE hour = {hour} ORDER BY ALL")
        segments.write(segments.hour_key(site.id, day, hour), data, seen.get(hour))
    db.sessionize()
    return beyond


def _close(db: Engine, site: Site, day: date, found: _Found) -> dict[int, int]:
    """Compact a finished day into one segment, each hit with the number of its visit, and load it.

    What the dirty hours had beyond their limits comes back.
    """
    key = segments.day_key(site.id, day)
    dirty = found.dirty_hours()
    clean = f"hour NOT IN ({', '.join(map(str, dirty))})" if dirty else "true"
    if found.closed is not None:
        before = [data for data in [segments.read(key)] if data]
    else:
        before = [data for segment in found.hours if (data := segments.read(segment.key))]
    beyond = _load(db, site, day, dirty, before, clean)
    db.sessionize()
    segments.write(key, db.parquet(sql("numbered_hits")), found.closed)
    return beyond


def _load(
    db: Engine, site: Site, day: date, dirty: set[int], built: Sequence[bytes], condition: str = "true"
) -> dict[int, int]:
    """Load the dirty hours from the table and the others from segments; what the former have beyond limits, by hour."""
    beyond: dict[int, int] = {}

    def counted() -> Iterator[VisitorHour]:
        for stored in hits.read(site, day, dirty):
            if stored.beyond:
                beyond[stored.hour] = beyond.get(stored.hour, 0) + stored.beyond
            yield stored

    db.load(counted(), built, condition)
    return beyond


def _beyond_before(found: _Found) -> dict[int, int]:
    """What the hours that are not built anew had beyond their limits when they were."""
    if found.stored is None:
        return {}
    dirty = found.dirty_hours()
    before = rollup_math.unpack_figures(found.stored.packed).beyond
    return {hour: records for hour, records in before.items() if hour not in dirty}


def _clear(found: Iterable[Mark], started: int) -> None:
    for mark in found:
        if started > mark.until + config.CLOCK_SKEW_S * 1000:
            dirty_hours.clear(mark)
