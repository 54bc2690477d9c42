"""The parts of a site-day as relations of the engine: what is read of a day, and how parts are merged.

Of a visitor who is in several parts, the one with the largest age counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from chalicelib import config
from chalicelib.aggregate.duckdb_engine import Engine, parquet
from chalicelib.store.segments import PUBLIC, TABLES

# Table -> the query that gives its rows, of the visitors in `changed`, after `Engine.sessionize`. All are in the order
# of visitors, so that a visitor's rows are next to each other and compress well.
QUERIES: Final[Mapping[str, str]] = {
    "visits": """
        SELECT human_visits.* EXCLUDE (day, robot, robot_reason) REPLACE (hour::SMALLINT AS hour), events
        FROM human_visits
        LEFT JOIN (
            SELECT visitor, visit, list_sort(list(DISTINCT event_name)) AS events
            FROM custom_events WHERE visit IS NOT NULL GROUP BY visitor, visit
        ) USING (visitor, visit)
        ORDER BY visitor, visit""",
    "views": """
        SELECT * EXCLUDE (day, robot, identifier, identified, interactive)
            REPLACE (hour::SMALLINT AS hour, scroll::SMALLINT AS scroll)
        FROM human_views
        ORDER BY visitor, t, id""",
    "events": "SELECT * EXCLUDE (day) FROM custom_events ORDER BY visitor, t, id",
    "visitors": "FROM changed ORDER BY visitor",
    "robots": "SELECT * EXCLUDE (day) FROM robot_visitors ORDER BY visitor",
    "beyond": "FROM beyond ORDER BY visitor, hour, digest",
    "hits": "SELECT * EXCLUDE (day) FROM hits ORDER BY visitor, t, id, kind",
}
# Table -> the table of the metric SQL that its rows are put into, and columns that they lack there.
_RELATIONS: Final[Mapping[str, tuple[str, str]]] = {
    "visits": ("human_visits", ""),
    "views": ("views", ", false AS robot"),
    "events": ("custom_events", ""),
    "robots": ("robot_visitors", ""),
}


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A part in the scratch folder. `files`: table -> its Parquet file; empty tables are left out."""

    age: int
    records: int
    files: Mapping[str, Path]

    def contents(self) -> dict[str, bytes]:
        """Its Parquet files."""
        return {table: path.read_bytes() for table, path in self.files.items()}


def stage(db: Engine, label: str, age: int, records: int, files: Mapping[str, bytes]) -> StagedPart:
    """Write a part that was read to the scratch folder. `label`: unique to the part."""
    paths = {table: db.scratch / f"{label}-{table}.parquet" for table in files}
    for table, path in paths.items():
        path.write_bytes(files[table])
    return StagedPart(age, records, paths)


def write_changed(db: Engine, label: str, age: int) -> StagedPart:
    """The part of the visitors in `changed`, once their hits are sessionized."""
    return _write(db, label, age, QUERIES)


def write_tables(db: Engine, label: str) -> StagedPart:
    """The tables for others of all hits of a day that are sessionized."""
    return _write(db, label, 1, {table: QUERIES[table] for table in PUBLIC})


def ranges(db: Engine, visitors: str, records: int) -> list[tuple[str, str]]:
    """Ranges of visitors (from, before), each with at most about as many records as a part may have.

    :param visitors: a query for the visitors of all records.
    """
    number = -(-records // config.PART_RECORDS)
    if number <= 1:
        return [("", "")]
    places = ", ".join(str(place / number) for place in range(1, number))
    ((bounds,),) = db.rows(f"SELECT quantile_disc(visitor, [{places}]) FROM ({visitors})")  # noqa: S608
    edges = ["", *sorted(set(bounds)), ""]
    return list(pairwise(edges))


def in_range(between: tuple[str, str]) -> str:
    """The condition for visitors in a range of :func:`ranges`."""
    start, end = between
    return f"visitor >= '{start}'" + (f" AND visitor < '{end}'" if end else "")


def merge(db: Engine, label: str, parts: Sequence[StagedPart], between: tuple[str, str] = ("", "")) -> StagedPart:
    """One part made of several, of all visitors or of those in a range (from, before)."""
    condition = f" WHERE {in_range(between)}" if any(between) else ""
    queries = {
        table: f"SELECT * FROM ({rows}){condition} {order}"  # noqa: S608
        for table in TABLES
        if (rows := rows_of(parts, table))
        for order in [QUERIES[table][QUERIES[table].rindex("ORDER BY") :]]
    }
    return _write(db, label, max(part.age for part in parts), queries)


def _write(db: Engine, label: str, age: int, queries: Mapping[str, str]) -> StagedPart:
    files, records = {}, 0
    for table, query in queries.items():
        path = db.scratch / f"{label}-{table}.parquet"
        rows = db.copy(query, path)
        if table == "hits":
            records = rows
        if rows:
            files[table] = path
        else:
            path.unlink()
    return StagedPart(age, records, files)


def rows_of(parts: Sequence[StagedPart], table: str, condition: str = "") -> str:
    """A query for the rows of a table that count and meet a condition; empty if no part has the table."""
    selects = []
    for age in sorted({part.age for part in parts}, reverse=True):
        files = [part.files[table] for part in parts if part.age == age and table in part.files]
        newer = [part.files["visitors"] for part in parts if part.age > age and "visitors" in part.files]
        if files:
            conditions = [f"visitor NOT IN (SELECT visitor FROM {parquet(newer)})"] if newer else []  # noqa: S608
            where = " AND ".join([*conditions, *([condition] if condition else [])]) or "true"
            selects.append(f"SELECT * FROM {parquet(files)} WHERE {where}")  # noqa: S608
    return " UNION ALL BY NAME ".join(selects)


def define(db: Engine, parts: Mapping[str, Sequence[StagedPart]]) -> None:
    """Define the relations of the metric SQL from the parts of some days.

    :param parts: ISO date -> the parts of the day.
    """
    db.ensure_relations()
    for table, (relation, lacking) in _RELATIONS.items():
        days = [
            f"SELECT '{day}' AS day, *{lacking} FROM ({rows})"  # noqa: S608
            for day, of_day in parts.items()
            if (rows := rows_of(of_day, table))
        ]
        together = " UNION ALL BY NAME ".join([f"SELECT * FROM {relation} WHERE false", *days])  # noqa: S608
        db.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {together}")
