"""Taking up what is new in a site-day: hits read from the table become a part of the day.

All hits of a visitor are in the part that was written last of those that have the visitor. So a visitor with new hits
is read from there, and the visitor's visits are computed anew; those of others stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Final

from chalicelib import config
from chalicelib.aggregate import day_parts, figures
from chalicelib.aggregate.duckdb_engine import Engine, filled, hits_query, parquet, sql, stored_rows
from chalicelib.aggregate.staged_parts import StagedPart
from chalicelib.aggregate.table_columns import BEYOND, no_rows
from chalicelib.store import hits, segments
from chalicelib.store.records import VisitorHour
from chalicelib.store.sites import Site

# So many records are in the scratch folder as JSON at a time.
_CHUNK: Final = 50_000


@dataclass(slots=True)
class Fresh:
    """Hits that were read from the table.

    :ivar written: hour -> when the newest of them was written, see `hits.read`.
    :ivar unread: the hours of which more is there.
    """

    files: list[Path] = field(default_factory=list)
    records: int = 0  # without those that were read again
    written: dict[int, str] = field(default_factory=dict)
    unread: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What new hits have changed.

    :ivar part: everything of the visitors of whom anything has changed.
    :ivar records: by how much the day's hits have increased; :ivar views_and_events: without leaves.
    """

    part: StagedPart
    records: int
    views_and_events: int


def read(db: Engine, site: Site, day: date, hours: Collection[int], written: Mapping[int, str], most: int) -> Fresh:
    """Read what is new in some hours of a day, up to about `most` records.

    :param written: hour -> when the newest hit was written that is known.
    """
    fresh = Fresh(written=dict(written))
    coming = _coming(site, day, sorted(hours), fresh, most)
    for first in coming:
        fresh.files.append(db.stage_fresh(_chunk(first, coming), len(fresh.files)))
    return fresh


def _chunk(first: VisitorHour, coming: Iterator[VisitorHour]) -> Iterator[VisitorHour]:
    """An item and those that come next, up to a number of records."""
    records = 0
    for stored in chain([first], coming):
        yield stored
        records += len(stored.records)
        if records >= _CHUNK:
            return


def _coming(site: Site, day: date, hours: Sequence[int], fresh: Fresh, most: int) -> Iterator[VisitorHour]:
    for number, hour in enumerate(hours):
        known = fresh.written.get(hour, "")
        for written, stored in hits.read(site.id, day, hour, hits.resume_after(known)):
            if written > known:
                # Between two seconds, so that the next build goes on from there.
                if fresh.records >= most and written > fresh.written.get(hour, ""):
                    fresh.unread = hours[number:]
                    return
                fresh.records += len(stored.records)
                fresh.written[hour] = written
            yield stored


def take_up(
    db: Engine, site: Site, day: date, rows: str, parts: Sequence[StagedPart], beyond: str = ""
) -> Change | None:
    """Join hits with those that are known of their visitors; None if there is nothing new in them.

    :param rows: a query for the hits; :param parts: the parts of the day.
    :param beyond: a query for records that were left out before; by default, those of `parts`.
    """
    db.execute(f"CREATE OR REPLACE TEMP VIEW fresh AS {hits_query([rows])}")
    db.execute("CREATE OR REPLACE TEMP TABLE fresh_visitors AS SELECT DISTINCT visitor FROM fresh")
    latest = day_parts.find_latest(db, parts, "fresh_visitors")
    known = day_parts.rows_in_latest(latest, "hits")
    earlier = [f"SELECT '{day.isoformat()}' AS day, * FROM ({known})"] if known else []  # noqa: S608
    db.execute(f"CREATE OR REPLACE TEMP TABLE earlier AS {hits_query(earlier)}")
    beyond = beyond or day_parts.rows_in_latest(latest, "beyond") or no_rows(BEYOND)
    db.execute(f"CREATE OR REPLACE TEMP TABLE earlier_beyond AS {beyond}")
    limits = {"$most_records": site.max_visitor_hour, "$most_bytes": config.MAX_VISITOR_HOUR_BYTES}
    db.execute(filled(sql("merge_hits"), limits))
    ((changed,),) = db.rows("SELECT count(*) FROM changed")
    if not changed:
        return None
    db.sessionize(site.calendar)
    figures.compute(db, replaced=day_parts.replaced_rows(db, latest))
    counts = "count(*), count(*) FILTER (kind != 'leave')"
    ((after, shown_after),) = db.rows(f"SELECT {counts} FROM hits")  # noqa: S608
    ((before, shown_before),) = db.rows(f"SELECT {counts} FROM earlier SEMI JOIN changed USING (visitor)")  # noqa: S608
    part = day_parts.write_changed(db, day, 1 + max((part.age for part in parts), default=0))
    return Change(part, after - before, shown_after - shown_before)


def from_bucket(db: Engine, site: Site, day: date) -> list[Change]:
    """Compute the parts of a day anew from all hits that the bucket has; those of damaged files are missing.

    Parts that no manifest names, of builds that were interrupted, contain hits of the day, too.
    """
    found = [segments.read_found(site.id, day, name) for name in segments.list_parts(site.id, day)]
    own = db.stage("found", [tables["hits"] for tables in found if "hits" in tables])
    beyond = db.stage("found-beyond", [tables["beyond"] for tables in found if "beyond" in tables])
    old = db.stage("old", [data for key in segments.old_keys(site.id, day) if (data := segments.read(key))])
    selects = [f"SELECT '{day.isoformat()}' AS day, * FROM {parquet(own)}"] if own else []  # noqa: S608
    selects += [stored_rows(old)] if old else []
    if not selects:
        return []
    rows = hits_query(selects)
    changes = []
    ((records,),) = db.rows(f"SELECT count(*) FROM ({rows})")  # noqa: S608
    for between in day_parts.ranges(db, rows, records):
        theirs = f"WHERE {day_parts.in_range(between)}"
        left_out = f"SELECT DISTINCT * FROM {parquet(beyond)} {theirs}" if beyond else no_rows(BEYOND)  # noqa: S608
        change = take_up(db, site, day, f"SELECT * FROM ({rows}) {theirs}", [], left_out)  # noqa: S608
        changes += [change] if change else []
    return changes


def beyond_by_hour(db: Engine, parts: Sequence[StagedPart]) -> dict[int, int]:
    """Hour -> number of records that are left out because of the site's limit per visitor and hour."""
    rows = day_parts.rows_of(parts, "beyond")
    if not rows:
        return {}
    return dict(db.rows(f"SELECT hour::INTEGER, count(*) FROM ({rows}) GROUP BY hour ORDER BY hour"))  # noqa: S608
