"""The visits, page views and events of some days, as relations of the engine, read from the days' segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Final

from chalicelib import days
from chalicelib.aggregate import day_parts, staged_parts
from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.aggregate.staged_parts import StagedPart
from chalicelib.errors import Unavailable
from chalicelib.store import recent_parts, rollups, segments
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.segments import PUBLIC, SegmentLost
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

# Objects that are read from the bucket at the same time.
_AT_ONCE: Final = 16
# A day's parts are replaced when it is built. A reader who finds one gone looks for the new ones.
_TRIES: Final = 3


def load_days(db: Engine, site: Site, built: Mapping[date, StoredRollup], tables: Sequence[str] = PUBLIC) -> None:
    """Define `human_visits`, `human_views` and `custom_events` of some days.

    Of several days, a visit is identified by `visitor_number` and `visit`.

    :param built: the days with their rollups, of which the figures are not needed.
    :param tables: those that are needed, of :data:`segments.PUBLIC`; the relations of others are empty.
    :raises Unavailable: if segments of a day are lost.
    """
    for attempt in range(_TRIES):
        try:
            staged = _stage(db, site, built, tables)
        except SegmentLost as lost:
            if attempt == _TRIES - 1:
                raise Unavailable(
                    _(
                        "A file with the hits of this period is missing or damaged (%(file)s). An administrator can "
                        "have the days built anew.",
                        file=lost,
                    ),
                    retry_after=60,
                ) from lost
            built = _read_again(site, built)
        else:
            day_parts.define(db, staged, tables)
            return


def _read_again(site: Site, built: Mapping[date, StoredRollup]) -> dict[date, StoredRollup]:
    found: dict[date, StoredRollup] = {}
    for first, last in days.runs(sorted(built), lambda day: day + timedelta(days=1)):
        found |= rollups.without_figures(site.id, first, last)
    return found


def _stage(db: Engine, site: Site, built: Mapping[date, StoredRollup], tables: Sequence[str]) -> list[StagedPart]:
    staged, distant = [], []
    for day, rollup in built.items():
        named = rollup.manifest.parts if rollup.manifest else ()
        several = len({part.age for part in named}) > 1  # so visitors can be in several of them
        wanted = (*tables, "visitors") if several else tables
        for part in named:
            one = staged_parts.stored(db, site.id, day, part, recent_parts.read)
            staged.append(one)
            if recent_parts.has(site.id, day, part, wanted):
                one.fetch(wanted)
            else:
                distant.append((one, wanted))
    if distant:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for waiting in [pool.submit(part.fetch, wanted) for part, wanted in distant]:
                waiting.result()
    old = [day for day, rollup in built.items() if rollup.manifest is None]
    return staged + [_of_old_files(db, site, day) for day in old]


def _of_old_files(db: Engine, site: Site, day: date) -> StagedPart:
    """A day that an earlier release has built, or that is about to be built from everything that is stored of it."""
    files = [data for key in segments.old_keys(site.id, day) if (data := segments.read(key))]
    db.load([], files)
    db.sessionize(site.calendar)
    return day_parts.write_public(db, day)
