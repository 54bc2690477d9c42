"""How the parts of a site-day are merged and written: few parts, and each record is written a few times only."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import date

from chalicelib import config
from chalicelib.aggregate import day_parts
from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.aggregate.staged_parts import StagedPart
from chalicelib.store import segments
from chalicelib.store.segments import Part
from chalicelib.store.sites import Site

# A part is merged into the next older one if that has at most so many times its records.
_MERGE_RATIO = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the day in the scratch folder. `stored`: as it is in the bucket; None if it has yet to be written."""

    staged: StagedPart
    stored: Part | None = None


def merged(db: Engine, day: date, pieces: list[Piece], *, whole: bool) -> list[Piece]:
    """The pieces, some of them merged: all if `whole`, else those that are not much larger than what is new.

    So there are always few parts, and a record is written again only a few times.
    """
    staged = [piece.staged for piece in pieces]
    records = sum(part.records for part in staged)
    if whole and (len({part.age for part in staged}) > 1 or any(piece.stored is None for piece in pieces[:1])):
        ranges = day_parts.ranges(db, day_parts.rows_of(staged, "hits"), records)
        if len(staged) == 1 and len(ranges) == 1:
            return pieces
        return [Piece(day_parts.merge(db, day, staged, between)) for between in ranges]
    if whole or not pieces or pieces[0].stored is not None:
        return pieces
    taken, size = 1, staged[0].records
    while taken < len(pieces) and staged[taken].records <= min(_MERGE_RATIO * size, config.PART_RECORDS - size):
        size += staged[taken].records
        taken += 1
    if taken == 1:
        return pieces
    return [Piece(day_parts.merge(db, day, staged[:taken])), *pieces[taken:]]


def written(site: Site, day: date, piece: Piece) -> Piece:
    """The piece in the bucket, too."""
    if piece.stored is not None:
        return piece
    name = f"{round(time.time() * 1000):013d}-{uuid.uuid4().hex[:8]}"
    part = piece.staged
    places = segments.write_part(site.id, day, name, part.contents())
    return Piece(part, Part(name, part.age, part.records, places))
