"""The parts of a site-day as relations of the engine: what is read of a day, and how parts are merged.

Of a visitor who is in several parts, the one with the largest age counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

from chalicelib import config
from chalicelib.aggregate.duckdb_engine import COMPUTED, Engine, parquet
from chalicelib.store.segments import PUBLIC, TABLES

# Table -> the query that gives its rows, of the visitors in `changed`, after `Engine.sessionize`.
QUERIES: Final[Mapping[str, str]] = {
    "visits": """
        SELECT human_visits.* EXCLUDE (day, robot, robot_reason) REPLACE (
            hour::SMALLINT AS hour, hour_of_day::SMALLINT AS hour_of_day, visitor_number::INTEGER AS visitor_number
        ), events
        FROM human_visits
        LEFT JOIN (
            SELECT visitor, visit, list_sort(list(DISTINCT event_name)) AS events
            FROM custom_events WHERE visit IS NOT NULL GROUP BY visitor, visit
        ) USING (visitor, visit)""",
    "views": """
        SELECT * EXCLUDE (day, robot, identifier, identified, interactive)
            REPLACE (
                hour::SMALLINT AS hour, scroll::SMALLINT AS scroll, visitor_number::INTEGER AS visitor_number
            )
        FROM human_views""",
    "events": "SELECT * EXCLUDE (day) FROM custom_events",
    "visitors": "SELECT visitor FROM changed",
    "robots": "SELECT * EXCLUDE (day) FROM robot_visitors",
    "beyond": "FROM beyond",
    "hits": "SELECT * EXCLUDE (day) FROM hits",
}
# A visitor's rows are next to each other, so that they compress well, and always in the same order.
_ORDERS: Final[Mapping[str, str]] = {
    "visits": "visitor, visit", "views": "visitor, t, id", "events": "visitor, t, id", "visitors": "visitor",
    "robots": "visitor", "beyond": "visitor, hour, digest", "hits": "visitor, t, id, kind",
}  # fmt: skip
# The tables in which visitors have numbers, which are counted faster than keys.
_NUMBERED: Final = ("visits", "views")
# The relation of the metric SQL that each table becomes.
_RELATIONS: Final[Mapping[str, str]] = {
    "visits": "human_visits", "views": "human_views", "events": "custom_events", "robots": "robot_visitors",
}  # fmt: skip
# Numbers of visitors in different parts do not overlap.
_MAX_VISITORS: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A part in the scratch folder, in a folder ``day=<day>/part=<number>``.

    :ivar number: unique in the engine.
    :ivar files: table -> its Parquet file; empty tables are left out.
    """

    day: date
    number: int
    age: int
    records: int
    files: Mapping[str, Path]

    def contents(self) -> dict[str, bytes]:
        """Its Parquet files."""
        return {table: path.read_bytes() for table, path in self.files.items()}


def stage(db: Engine, day: date, age: int, records: int, files: Mapping[str, bytes]) -> StagedPart:
    """Write a part that was read to the scratch folder."""
    number, folder = _folder(db, day)
    paths = {table: folder / f"{table}.parquet" for table in files}
    for table, path in paths.items():
        path.write_bytes(files[table])
    return StagedPart(day, number, age, records, paths)


def _folder(db: Engine, day: date) -> tuple[int, Path]:
    number = db.next_number()
    folder = db.scratch / f"day={day.isoformat()}" / f"part={number}"
    folder.mkdir(parents=True)
    return number, folder


def write_changed(db: Engine, day: date, age: int) -> StagedPart:
    """The part of the visitors in `changed`, once their hits are sessionized."""
    return _write(db, day, age, QUERIES)


def write_public(db: Engine, day: date) -> StagedPart:
    """The tables for others of all hits of a day that are sessionized."""
    db.execute("CREATE OR REPLACE TEMP TABLE changed AS SELECT DISTINCT visitor FROM hits")
    return _write(db, day, 1, {table: QUERIES[table] for table in (*PUBLIC, "visitors")})


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


def merge(db: Engine, day: date, parts: Sequence[StagedPart], between: tuple[str, str] = ("", "")) -> StagedPart:
    """One part made of several of a day, of all visitors or of those in a range (from, before)."""
    condition = in_range(between) if any(between) else ""
    queries = {table: rows for table in TABLES if (rows := rows_of(parts, table, condition))}
    return _write(db, day, max(part.age for part in parts), queries)


def _write(db: Engine, day: date, age: int, queries: Mapping[str, str]) -> StagedPart:
    number, folder = _folder(db, day)
    files, records = {}, 0
    for table in sorted(queries, key=lambda table: table != "visitors"):  # first, for the numbers
        path, query = folder / f"{table}.parquet", queries[table]
        if table in _NUMBERED:
            query = (
                f"SELECT part.* REPLACE (numbers.visitor_number AS visitor_number) FROM ({query}) AS part "  # noqa: S608
                f"JOIN numbers USING (visitor)"
            )
        rows = db.copy(f"SELECT * FROM ({query}) ORDER BY {_ORDERS[table]}", path)  # noqa: S608
        if table == "visitors":
            db.execute(f"CREATE OR REPLACE TEMP TABLE numbers AS {_numbers(path)}")
        if table == "hits":
            records = rows
        if rows:
            files[table] = path
        else:
            path.unlink()
    return StagedPart(day, number, age, records, files)


def _numbers(visitors: Path, condition: str = "true") -> str:
    """A query for the numbers of a part's visitors: their places in the file of visitors."""
    numbered = parquet([visitors], "hive_partitioning = false, file_row_number = true")
    return f"SELECT visitor, file_row_number::INTEGER AS visitor_number FROM {numbered} WHERE {condition}"  # noqa: S608


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


def define(db: Engine, parts: Sequence[StagedPart]) -> None:
    """Define the relations of the metric SQL as the rows that count of the parts of some days.

    They are read from the files by each query, which needs a few of their columns.
    """
    db.ensure_relations()
    replaced = _replaced(db, parts)
    for table, relation in _RELATIONS.items():
        whole = [part.files[table] for part in parts if table in part.files and part.number not in replaced]
        selects = [_stored(table, whole, "true")] if whole else []
        for number, names in replaced.items():
            path = next(part for part in parts if part.number == number).files.get(table)
            if path is not None:
                column = "visitor_number" if table in _NUMBERED else "visitor"
                selects.append(_stored(table, [path], f"part.{column} NOT IN (SELECT {column} FROM {names})"))  # noqa: S608
        empty = COMPUTED[relation].split(" WHERE ")[0]
        together = " UNION ALL BY NAME ".join([f"SELECT * FROM ({empty} WHERE false)", *selects])  # noqa: S608
        db.define(relation, together)


def _replaced(db: Engine, parts: Sequence[StagedPart]) -> dict[int, str]:
    """Numbers of the parts of which some visitors do not count -> the table of these visitors and their numbers."""
    found = {}
    for part in parts:
        newer = [
            other.files["visitors"]
            for other in parts
            if other.age > part.age and other.day == part.day and "visitors" in other.files
        ]
        if newer and "visitors" in part.files:
            condition = f"visitor IN (SELECT visitor FROM {parquet(newer)})"  # noqa: S608
            found[part.number] = f"replaced_{part.number}"
            numbers = _numbers(part.files["visitors"], condition)
            db.execute(f"CREATE OR REPLACE TEMP TABLE {found[part.number]} AS {numbers}")
    return found


def _stored(table: str, files: Sequence[Path], condition: str) -> str:
    options = "hive_partitioning = true, hive_types = {day: VARCHAR, part: BIGINT}"
    columns = "part.* EXCLUDE (part)"
    if table in _NUMBERED:
        columns += f" REPLACE (part.part * {_MAX_VISITORS} + part.visitor_number AS visitor_number)"
    return f"SELECT {columns} FROM {parquet(files, options)} AS part WHERE {condition}"  # noqa: S608
