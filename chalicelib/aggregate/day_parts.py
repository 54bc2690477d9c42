"""The parts of a site-day as relations of the engine: what is read of a day, and how parts are merged.

Of a visitor who is in several parts, the one with the largest age counts. The table `figures` is an exception: it has
by how much the part has changed the day's figures, so those of all parts add up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

from chalicelib import config
from chalicelib.aggregate import figures
from chalicelib.aggregate.duckdb_engine import Engine, parquet
from chalicelib.aggregate.staged_parts import StagedPart, named_parquet, path_of
from chalicelib.aggregate.table_columns import COLUMNS, FIGURES, RELATIONS, no_rows
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
    "events": "SELECT * EXCLUDE (day) REPLACE (visitor_number::INTEGER AS visitor_number) FROM custom_events",
    "visitors": "SELECT visitor FROM changed",
    "figures": "FROM figures",
    "robots": "SELECT * EXCLUDE (day) FROM robot_visitors",
    "beyond": "FROM beyond",
    "hits": "SELECT * EXCLUDE (day) FROM hits",
}
# A visitor's rows are next to each other, so that they compress well, and always in the same order.
_ORDERS: Final[Mapping[str, str]] = {
    "visits": "visitor, visit", "views": "visitor, t, id", "events": "visitor, t, id", "visitors": "visitor",
    "robots": "visitor", "beyond": "visitor, hour, digest", "hits": "visitor, t, id, kind",
    "figures": "kind, name, detail",
}  # fmt: skip
# The tables in which visitors have numbers, which are counted faster than keys.
_NUMBERED: Final = ("visits", "views", "events")
# Numbers of visitors in different parts do not overlap.
_MAX_VISITORS: Final = 1 << 32


def write_changed(db: Engine, day: date, age: int) -> StagedPart:
    """The part of the visitors in `changed`, once hits are sessionized and `figures` computed."""
    return _write(db, day, age, QUERIES)


def write_public(db: Engine, day: date) -> StagedPart:
    """The tables for others of all hits of a day that are sessionized."""
    db.execute("CREATE OR REPLACE TEMP TABLE changed AS SELECT DISTINCT visitor FROM hits")
    return _write(db, day, 1, {table: QUERIES[table] for table in (*PUBLIC, "visitors")})


def ranges(db: Engine, rows: str, records: int) -> list[tuple[str, str]]:
    """Ranges of visitors (from, before), each with at most about as many records as a part may have.

    :param rows: a query for all records; :param records: how many these are.
    """
    number = -(-records // config.PART_RECORDS)
    if number <= 1:
        return [("", "")]
    places = ", ".join(str(place / number) for place in range(1, number))
    ((bounds,),) = db.rows(f"SELECT quantile_disc(visitor, [{places}]) FROM ({rows})")  # noqa: S608
    edges = ["", *sorted(set(bounds)), ""]
    return list(pairwise(edges))


def in_range(between: tuple[str, str]) -> str:
    """The condition for visitors in a range of :func:`ranges`."""
    start, end = between
    return f"visitor >= '{start}'" + (f" AND visitor < '{end}'" if end else "")


def merge(db: Engine, day: date, parts: Sequence[StagedPart], between: tuple[str, str] = ("", "")) -> StagedPart:
    """One part made of several of a day, of all visitors or of those in a range (from, before).

    Of several ranges, the first has the figures.
    """
    for part in parts:
        part.fetch(TABLES)
    condition = in_range(between) if any(between) else "true"
    of_rows = (table for table in TABLES if table != "figures")
    queries = {table: rows for table in of_rows if (rows := rows_of(parts, table, condition))}
    if not between[0]:
        queries["figures"] = figures.added(all_figures(parts))
    return _write(db, day, max(part.age for part in parts), queries)


def _write(db: Engine, day: date, age: int, queries: Mapping[str, str]) -> StagedPart:
    number = db.next_number()
    tables, records = [], 0
    for table in sorted(queries, key=lambda table: table != "visitors"):  # first, for the numbers
        path, query = path_of(db.scratch, day, number, table), queries[table]
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
            tables.append(table)
        else:
            path.unlink()
    return StagedPart(day, number, age, records, db.scratch, tuple(tables))


def _numbers(visitors: Path, condition: str = "true") -> str:
    """A query for the numbers of a part's visitors: their places in the file of visitors."""
    numbered = parquet([visitors], "hive_partitioning = false, file_row_number = true")
    return f"SELECT visitor, file_row_number::INTEGER AS visitor_number FROM {numbered} WHERE {condition}"  # noqa: S608


def _paths(parts: Iterable[StagedPart], table: str) -> list[Path]:
    return [path for part in parts if (path := part.path(table)) is not None]


def rows_of(parts: Sequence[StagedPart], table: str, condition: str = "true") -> str:
    """A query for the rows of a table that count and meet a condition; empty if no part has the table."""
    selects = []
    for age in sorted({part.age for part in parts}, reverse=True):
        files = _paths((part for part in parts if part.age == age), table)
        newer = _paths((part for part in parts if part.age > age), "visitors") if files else []
        if files:
            counts = f" AND visitor NOT IN (SELECT visitor FROM {parquet(newer)})" if newer else ""  # noqa: S608
            selects.append(f"SELECT * FROM {parquet(files)} WHERE {condition}{counts}")  # noqa: S608
    return " UNION ALL BY NAME ".join(selects)


def all_figures(parts: Sequence[StagedPart]) -> str:
    """A query for the figures of all parts, which remain to be added."""
    paths = _paths(parts, "figures")
    return f"FROM {parquet(paths)}" if paths else no_rows(FIGURES)


def find_latest(db: Engine, parts: Sequence[StagedPart], visitors: str) -> list[StagedPart]:
    """Define `latest_parts` (visitor, part): the number of the latest part that has each of some visitors.

    :param visitors: a relation with a column `visitor`.
    :returns: the parts that are named.
    """
    found = [no_rows({"visitor": "VARCHAR", "part": "BIGINT", "age": "BIGINT"})]
    for part in parts:
        if (path := part.path("visitors")) is not None:
            columns = f"visitor, {part.number} AS part, {part.age} AS age"
            found.append(f"SELECT {columns} FROM {parquet([path])} SEMI JOIN {visitors} USING (visitor)")  # noqa: S608
    latest = f"SELECT visitor, arg_max(part, age) AS part FROM ({' UNION ALL '.join(found)}) GROUP BY visitor"  # noqa: S608
    db.execute(f"CREATE OR REPLACE TEMP TABLE latest_parts AS {latest}")
    named = {number for (number,) in db.rows("SELECT DISTINCT part FROM latest_parts")}
    return [part for part in parts if part.number in named]


def rows_in_latest(parts: Sequence[StagedPart], table: str) -> str:
    """A query for the rows of the visitors in `latest_parts`, see :func:`find_latest`; empty if there are none."""
    return " UNION ALL BY NAME ".join(
        f"FROM {parquet([path])} SEMI JOIN (FROM latest_parts WHERE part = {part.number}) USING (visitor)"
        for part in parts
        if (path := part.path(table)) is not None
    )


def replaced_rows(db: Engine, latest: Sequence[StagedPart]) -> dict[str, str]:
    """Relation of the metric SQL -> a table of its rows of the visitors in `changed`, as they are in `latest_parts`."""
    found = {}
    for table, relation in RELATIONS.items():
        theirs = "part.visitor IN (SELECT visitor FROM latest_parts SEMI JOIN changed USING (visitor) WHERE part = {0})"
        selects = [
            _stored(table, [path], theirs.format(part.number))
            for part in latest
            if (path := part.path(table)) is not None
        ]
        if selects:
            found[relation] = f"former_{table}"
            db.execute(f"CREATE OR REPLACE TEMP TABLE {found[relation]} AS {' UNION ALL BY NAME '.join(selects)}")
    return found


def define(db: Engine, parts: Sequence[StagedPart], tables: Collection[str] = tuple(RELATIONS)) -> None:
    """Define the relations of the metric SQL as the rows that count of the parts of some days.

    They are read from the files by each query, which needs a few of their columns.

    :param tables: those that are needed; the relations of others are empty.
    """
    replaced = _replaced(db, parts)
    for table, relation in RELATIONS.items():
        db.define(relation, partial(_rows, table, parts if table in tables else (), replaced))


def _rows(table: str, parts: Sequence[StagedPart], replaced: Mapping[int, str], since: str) -> str:
    """A query for the rows of a table that count, of a day (ISO) and later ones; ``""``: of all days."""
    parts = [part for part in parts if part.day.isoformat() >= since]
    whole = _paths((part for part in parts if part.number not in replaced), table)
    selects = [_stored(table, whole, "true")] if whole else []
    for part in parts:
        if part.number in replaced and (path := part.path(table)) is not None:
            column = "visitor_number" if table in _NUMBERED else "visitor"
            names = replaced[part.number]
            selects.append(_stored(table, [path], f"part.{column} NOT IN (SELECT {column} FROM {names})"))  # noqa: S608
    empty = no_rows({"day": "VARCHAR", **COLUMNS[table]})
    return " UNION ALL BY NAME ".join([*selects, empty])


def _replaced(db: Engine, parts: Sequence[StagedPart]) -> dict[int, str]:
    """Numbers of the parts of which some visitors do not count -> the table of these visitors and their numbers."""
    found = {}
    for part in parts:
        newer = _paths((one for one in parts if one.age > part.age and one.day == part.day), "visitors")
        visitors = part.path("visitors") if newer else None
        if visitors is not None:
            condition = f"visitor IN (SELECT visitor FROM {parquet(newer)})"  # noqa: S608
            found[part.number] = f"replaced_{part.number}"
            db.execute(f"CREATE OR REPLACE TEMP TABLE {found[part.number]} AS {_numbers(visitors, condition)}")
    return found


def _stored(table: str, files: Sequence[Path], condition: str) -> str:
    columns = "part.* EXCLUDE (part)"
    if table in _NUMBERED:
        columns += f" REPLACE (part.part * {_MAX_VISITORS} + part.visitor_number AS visitor_number)"
    return f"SELECT {columns} FROM {named_parquet(files)} AS part WHERE {condition}"  # noqa: S608
