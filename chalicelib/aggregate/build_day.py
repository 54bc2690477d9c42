"""The build of a site-day: what is new in it becomes a part of its segments, and all parts a rollup.

The schedule builds days, and so does a page that shows a small dirty day. The work of a build follows what is new: it
reads the hits that were written since the last build, and computes the visits of their visitors anew. See
docs/adr/0053.

A build may be interrupted at any point, and two builds may run at the same time:

* Parts are written under new names. They count once the rollup is written, which names them, on the condition that the
  stored one is still the one that the build began with. A build whose state is outdated starts over.
* Dirty marks are cleared last, so that an interrupted build is repeated. Repeating a build changes nothing.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from chalicelib import config, days
from chalicelib.aggregate import (
    compute_rollup,
    day_parts,
    day_sums,
    figures,
    month_sums,
    new_hits,
    rollup_sums,
    staged_parts,
)
from chalicelib.aggregate.duckdb_engine import Engine, engine, fresh_rows
from chalicelib.aggregate.new_hits import Change, Fresh
from chalicelib.aggregate.part_merging import Piece, merged, written
from chalicelib.aggregate.rollup_sums import LATEST, Rollup
from chalicelib.aggregate.staged_parts import StagedPart
from chalicelib.store import dirty_hours, exclusions, hits, rollups, segments, usage
from chalicelib.store.dirty_hours import Mark
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.segments import Manifest, SegmentLost, StaleWrite
from chalicelib.store.sites import Site
from chalicelib.structured_log import log_line

log = logging.getLogger("shylight")

# A day is closed when no more hits can arrive: its salt is destroyed, and the queue had time to drain.
_CLOSE_AFTER_MS = (config.SALT_GRACE_S + 15 * 60) * 1000
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Found:
    """The state of a site-day before its build began to read.

    :ivar manifest: what the stored rollup was computed from; None if everything that is stored is to be looked at.
    """

    started: int
    stored: StoredRollup | None
    marks: list[Mark]
    manifest: Manifest | None


@dataclass(frozen=True, slots=True)
class _Day:
    """The day with what is new in it.

    :ivar pieces: its parts, those that were made last first.
    :ivar manifest: without the pieces.
    :ivar complete: whether all hits that were waiting are in it.
    :ivar outdated: object keys that are not needed once the day is stored.
    """

    pieces: list[Piece]
    manifest: Manifest
    complete: bool
    outdated: list[str]

    @property
    def staged(self) -> list[StagedPart]:
        return [piece.staged for piece in self.pieces]


def refresh(site: Site, day: date) -> StoredRollup | None:
    """Bring the segments and the rollup of a site-day up to date; the rollup, or None if the day has no hits.

    :raises StaleWrite: if other builds of the day were faster several times.
    """
    while True:
        stored, complete = _turn(site, day, config.BUILD_RECORDS)
        if complete:
            return stored


def refresh_until(site: Site, day: date, until: float, most: int) -> bool:
    """Like :func:`refresh`, as far as the time allows; returns whether the day is up to date.

    :param until: the time on the monotonic clock, s, after which no more of the waiting hits are taken up; the day
        stays dirty. At least some are.
    :param most: about how many hits are taken up at once.
    """
    while True:
        _, complete = _turn(site, day, most)
        if complete or time.monotonic() >= until:
            return complete


def _turn(site: Site, day: date, most: int) -> tuple[StoredRollup | None, bool]:
    """Take up hits that are waiting, up to about `most`; the rollup, and whether these were all."""
    if not _kept(site, day):
        # The hits may be deleted already (retention), so the rollup must not be built again.
        stored = rollups.get(site.id, day)
        if stored is not None:  # by a build that may have been interrupted before it noted what follows
            month_sums.invalidate(site.id, stored, site.calendar.day_of(days.now_ms()))
            day_sums.note(site.id, stored, rollup_sums.unpack_figures(stored.packed))
        _clear(dirty_hours.of_day(site.id, day), started=1 << 62)
        return stored, True
    for attempt in range(_TRIES):
        try:
            return _build(site, day, most)
        except StaleWrite:
            if attempt == _TRIES - 1:
                raise
            log.info("another build of %s %s was faster; starting over", site.id, day)
    raise AssertionError("unreachable")


def _kept(site: Site, day: date) -> bool:
    today = site.calendar.day_of(days.now_ms())
    return day >= today - timedelta(days=site.retention_days + 1)


def _build(site: Site, day: date, most: int) -> tuple[StoredRollup | None, bool]:
    found = _look(site, day)
    if not any(mark.due <= found.started for mark in found.marks):
        return found.stored, True
    over = found.started >= site.calendar.day_end(day) + _CLOSE_AFTER_MS
    if not over and found.stored is None:
        _schedule_close(site, day)
    with engine() as db:
        new, rollup = _built(db, site, day, found, most, over=over)
        by_minute = None
        if found.started >= site.calendar.day_end(day):
            day_parts.define(db, new.staged)
            by_minute = rollup_sums.pack_minutes(compute_rollup.sums_by_minute(db, site.calendar.day_start(day)))
        built = StoredRollup(day, rollup_sums.pack(rollup), found.started, uuid.uuid4().hex, new.manifest)
        built = rollups.put(site.id, built, found.stored)
        if over and new.complete and not new.manifest.published:
            built = _publish(site, day, new, built)
    if by_minute is not None:
        rollups.put_minutes(site.id, day, by_minute, found.started)
    _note(site, built, rollup)
    segments.delete(new.outdated)
    if new.complete:
        _clear([mark for mark in found.marks if over or mark.hour is not None], found.started)
    if not over and any(mark.hour is None and mark.due <= found.started for mark in found.marks):
        _schedule_close(site, day)  # it was only moved forward to have the day built anew
    return built, new.complete


def _note(site: Site, built: StoredRollup, rollup: Rollup) -> None:
    """Note what follows from a day's figures: whether it is full, its usage, its totals, and that of its month."""
    manifest = built.manifest or Manifest()
    # Records beyond the limits of visitors do not count towards the limit of the day, but they are stored: limit them,
    # too.
    outside = sum(rollup.beyond.values())
    filling = max(manifest.records, outside)
    if filling >= site.max_day:
        exclusions.declare_full(site.id, built.day, filling)
    records = manifest.records + outside
    of_day = usage.Day(manifest.views_and_events, records, rollup.totals.visits, len(built.packed))
    usage.put_day(site.id, built.day, of_day)
    month_sums.invalidate(site.id, built, site.calendar.day_of(built.built_at))
    day_sums.note(site.id, built, rollup)


def _publish(site: Site, day: date, new: _Day, built: StoredRollup) -> StoredRollup:
    segments.publish(site.id, day, [part.contents() for part in new.staged])
    published = replace(built, manifest=replace(new.manifest, published=True), build=uuid.uuid4().hex)
    return rollups.put(site.id, published, built)


def _schedule_close(site: Site, day: date) -> None:
    dirty_hours.schedule_close(site.id, day, site.calendar.day_end(day) + _CLOSE_AFTER_MS)


def _look(site: Site, day: date) -> _Found:
    started = days.now_ms()
    stored = rollups.get(site.id, day)
    marks = dirty_hours.of_day(site.id, day)
    return _Found(started, stored, marks, stored.manifest if stored else None)


# ── What is new ──


def _built(db: Engine, site: Site, day: date, found: _Found, most: int, *, over: bool) -> tuple[_Day, Rollup]:
    """The day with what is new in it, up to about `most` hits, in parts that are written; and its rollup."""
    try:
        new = _arranged(db, site, day, _take_up(db, site, day, found, most), over=over)
        rollup = _rollup(db, new.staged)
    except SegmentLost as lost:
        if found.stored is None or found.manifest is None or rollups.get(site.id, day) != found.stored:
            raise StaleWrite(f"{site.id} {day}") from lost
        log.exception("%s %s is built from what there is", site.id, day)
        return _built(db, site, day, replace(found, manifest=None), most, over=over)
    if new.complete and new.manifest.expected:  # all that could be found again has been
        missing = new.manifest.expected - new.manifest.records - sum(rollup.beyond.values())
        new = replace(new, manifest=replace(new.manifest, lost=max(0, missing), expected=0))
        if new.manifest.lost:
            log_line(job="build", site=site.id, day=day.isoformat(), lost=new.manifest.lost)
    rollup.lost = new.manifest.lost
    return new, rollup


def _rollup(db: Engine, staged: Sequence[StagedPart]) -> Rollup:
    """The rollup of a day, from the figures of its parts."""
    figures.add(db, day_parts.all_figures(staged))
    rollup = compute_rollup.of_figures(db)
    day_parts.define(db, staged, ["visits"])
    rollup.latest = compute_rollup.latest_visits(db, LATEST)
    rollup.beyond = new_hits.beyond_by_hour(db, staged)
    return rollup


def _take_up(db: Engine, site: Site, day: date, found: _Found, most: int) -> _Day:
    """The parts of the day, and hits that are new, up to about `most`."""
    known = _known(db, site, day, found)
    hours = {mark.hour for mark in found.marks if mark.hour is not None} | {*known.manifest.unread}
    written: Mapping[int, str] = known.manifest.written
    if found.manifest is None:
        hours |= {*hits.hours_with_hits(site.id, day)}
    if site.max_visitor_hour > known.manifest.limit:
        written = {}  # hits that were left out before may count now
    fresh = new_hits.read(db, site, day, hours, written, most)
    change = None
    if fresh.files:
        change = new_hits.take_up(db, site, day, fresh_rows(fresh.files), known.staged)
    manifest = _continued(known.manifest, fresh, change, site.max_visitor_hour)
    pieces = [Piece(change.part), *known.pieces] if change is not None else known.pieces
    return _Day(pieces, manifest, not fresh.unread, known.outdated)


def _continued(before: Manifest, fresh: Fresh, change: Change | None, limit: int) -> Manifest:
    """The manifest after hits were taken up, still without their part."""
    records = before.records + (change.records if change is not None else 0)
    return replace(
        before,
        written={**before.written, **fresh.written},
        unread=tuple(fresh.unread),
        records=records,
        views_and_events=before.views_and_events + (change.views_and_events if change is not None else 0),
        limit=limit,
    )


def _known(db: Engine, site: Site, day: date, found: _Found) -> _Day:
    """The parts that the day has; without a manifest, they are made anew of all hits that the bucket has."""
    if found.manifest is not None:
        pieces = [Piece(staged_parts.stored(db, site.id, day, part), part) for part in found.manifest.parts]
        return _Day(pieces, found.manifest, complete=True, outdated=[])
    keys = [segments.part_key(site.id, day, name) for name in segments.list_parts(site.id, day)]
    keys += segments.old_keys(site.id, day)
    changes = new_hits.from_bucket(db, site, day) if keys else []
    manifest = Manifest(
        records=sum(change.records for change in changes),
        views_and_events=sum(change.views_and_events for change in changes),
        expected=rollups.records(found.stored) if found.stored else 0,
    )
    return _Day([Piece(change.part) for change in changes], manifest, complete=True, outdated=keys)


# ── How it is stored ──


def _arranged(db: Engine, site: Site, day: date, new: _Day, *, over: bool) -> _Day:
    """The day with its parts merged, all of them once it is over, and written."""
    pieces = merged(db, day, new.pieces, whole=over and new.complete)
    pieces = [written(site, day, piece) for piece in pieces]
    parts = tuple(piece.stored for piece in pieces if piece.stored is not None)
    manifest = replace(new.manifest, parts=parts, published=new.manifest.published and parts == new.manifest.parts)
    kept = {part.name for part in parts}
    replaced = [piece.stored.name for piece in new.pieces if piece.stored is not None and piece.stored.name not in kept]
    if over and new.complete:  # also what builds that were interrupted or too slow have written
        replaced = [name for name in segments.list_parts(site.id, day) if name not in kept]
    outdated = {*new.outdated, *(segments.part_key(site.id, day, name) for name in replaced)}
    return _Day(pieces, manifest, new.complete, sorted(outdated))


def _clear(found: Iterable[Mark], started: int) -> None:
    for mark in found:
        if started > mark.until + config.CLOCK_SKEW_S * 1000:
            dirty_hours.clear(mark)
