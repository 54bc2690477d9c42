"""The visits, page views and events of some days, as relations of the engine, read from the days' segments."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Final

from chalicelib import days
from chalicelib.aggregate import day_parts
from chalicelib.aggregate.day_parts import StagedPart
from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.errors import Unavailable
from chalicelib.store import rollups, segments
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.segments import PUBLIC, Part, SegmentLost
from chalicelib.store.sites import Site

# Objects that are read from the bucket at the same time.
_AT_ONCE: Final = 16
# A day's parts are replaced when it is built. A reader who finds one gone looks for the new ones.
_TRIES: Final = 3


def load_days(db: Engine, site: Site, of_days: Sequence[date], tables: Sequence[str] = PUBLIC) -> None:
    """Define `human_visits`, `human_views` and `custom_events` of some days.

    Of several days, a visit is identified by day, visitor and visit.

    :param tables: those that are needed, of :data:`segments.PUBLIC`; the relations of others are empty.
    :raises Unavailable: if segments of a day are lost.
    """
    for attempt in range(_TRIES):
        try:
            staged = _stage(db, site, of_days, tables)
        except SegmentLost as lost:
            if attempt == _TRIES - 1:
                raise Unavailable(
                    f"A file with the hits of this period is missing or damaged ({lost}). An administrator can have "
                    "the days built anew.",
                    retry_after=60,
                ) from lost
        else:
            day_parts.define(db, staged)
            return


def _stage(db: Engine, site: Site, of_days: Sequence[date], tables: Sequence[str]) -> list[StagedPart]:
    stored: dict[date, StoredRollup] = {}
    for first, last in days.runs(sorted(of_days), lambda day: day + timedelta(days=1)):
        stored |= {item.day: item for item in rollups.between(site.id, first, last)}
    wanted = [(day, part) for day in of_days if day in stored for part in _parts(stored[day])]

    def read(one: tuple[date, Part]) -> dict[str, bytes]:
        return segments.read_part(
            site.id, one[0], one[1], (*tables, "visitors") if _several(stored[one[0]]) else tables
        )

    staged: list[StagedPart] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for (day, part), files in zip(wanted, pool.map(read, wanted), strict=True):
            staged.append(day_parts.stage(db, day, part.age, part.records, files))
    old = [day for day in of_days if day in stored and stored[day].manifest is None]
    return staged + [_of_old_files(db, site, day) for day in old]


def _parts(stored: StoredRollup) -> Sequence[Part]:
    return stored.manifest.parts if stored.manifest is not None else ()


def _several(stored: StoredRollup) -> bool:
    """Whether visitors can be in several of the day's parts."""
    return len({part.age for part in _parts(stored)}) > 1


def _of_old_files(db: Engine, site: Site, day: date) -> StagedPart:
    """A day that an earlier release has built, or that is about to be built from everything that is stored of it."""
    files = [data for key in segments.old_keys(site.id, day) if (data := segments.read(key))]
    db.load([], files)
    db.sessionize(site.calendar)
    return day_parts.write_public(db, day)
