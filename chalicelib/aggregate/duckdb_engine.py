"""The DuckDB connection of the container, in which the metric SQL runs on hits.

Extensions are never downloaded; temporary files are in the scratch folder.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from functools import cache, partial
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any, Final

import duckdb

from chalicelib import config
from chalicelib.aggregate.hit_columns import COLUMNS, PLACEHOLDERS, bounded_time
from chalicelib.aggregate.table_columns import RELATIONS, no_rows
from chalicelib.days import UTC_CALENDAR, Calendar
from chalicelib.store.records import TRAITS, VisitorHour

# The share of the function's memory that DuckDB may use.
_MEMORY_SHARE = 0.6
_DEFAULT_MEMORY_MB = 1024
# A function has one CPU for so much memory.
_MB_PER_CPU = 1769

# The constants in the SQL, ms.
_CONSTANTS: Mapping[str, int] = {
    "$gap": config.VISIT_GAP_MS,
    "$most_engagement": config.MAX_ENGAGEMENT_MS,
    "$at_once": config.REDIRECT_AT_ONCE_MS,
    "$within": config.REDIRECT_WITHIN_MS,
    "$jitter": config.JITTER_MS,
}

# The version of the tables in docs/data.md, in the metadata of each Parquet file.
SCHEMA_VERSION: Final = 1

# Table -> the rows that `Engine.sessionize` computes for its relation. Bots are stored, but no metric counts them.
_COMPUTED: Final[Mapping[str, str]] = {
    "visits": "FROM visits WHERE NOT robot",
    "views": "FROM views WHERE NOT robot",
    "events": "FROM computed_events",
    "robots": "FROM computed_robots",
}

# Earlier than any hit.
_EVER = -(1 << 62)

_one_at_a_time = threading.Lock()


class Engine:
    """A DuckDB connection with a scratch folder of its own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self._connection = connection
        self._scratch = scratch
        self._numbers = count(1)
        self._definitions: dict[str, Callable[[str], str]] = {}
        self._without_view: set[str] = set()

    @property
    def scratch(self) -> Path:
        """The folder, which is empty at first and deleted at the end."""
        return self._scratch

    def next_number(self) -> int:
        """A number that nothing else of this engine has."""
        return next(self._numbers)

    def execute(self, text: str) -> None:
        """Run statements that have no result."""
        self._run(text)

    def load(self, fresh: Iterable[VisitorHour], segments: Sequence[bytes]) -> None:
        """Define `hits` as hits as the table has them, and the rows of files of hits."""
        files = self.stage("hits", segments)
        rows = [fresh_rows([self.stage_fresh(fresh)]), *([stored_rows(files)] if files else [])]
        self.execute(f"CREATE OR REPLACE TEMP VIEW hits AS {hits_query(rows)}")

    def sessionize(self, calendar: Calendar = UTC_CALENDAR) -> None:
        """Compute the relations of the metric SQL, `table_columns.RELATIONS`, from `hits`.

        :param calendar: of the site, for the hours on its clock at which visits begin.
        """
        found = self.rows("SELECT day, bool_or(coalesce(redirect, false)) FROM hits GROUP BY day")
        self._set_clock(calendar, [day for day, _ in found])
        redirects = ["redirects"] if any(redirect for _, redirect in found) else []  # rare, and 25 ms
        for name in ("views", *redirects, "visits", "custom_events", "robot_visitors"):
            self.execute(filled(sql(name), _CONSTANTS))
        for table, rows in _COMPUTED.items():
            self.define(RELATIONS[table], rows)

    def _set_clock(self, calendar: Calendar, of_days: Sequence[str]) -> None:
        """Define `clock`, see visits.sql."""
        rows = [
            (day, since if number else _EVER, offset)
            for day in of_days
            for number, (since, offset) in enumerate(calendar.offsets(date.fromisoformat(day)))
        ]
        self.execute("CREATE OR REPLACE TEMP TABLE clock (day VARCHAR, since BIGINT, offset_ms BIGINT)")
        if rows:
            self._connection.executemany("INSERT INTO clock VALUES (?, ?, ?)", rows)

    def define(self, relation: str, query: str | Callable[[str], str]) -> None:
        """Define a relation as the rows of a query.

        It becomes a view when it is first named: making a view opens all its files, to learn their columns, and many
        relations are narrowed before or not read at all.

        :param query: or what gives a query for the rows of a day (ISO) and later ones, of all days for ``""``: if it
            opens the files of these days only, it is quicker than to look for them among all rows.
        """
        self._definitions[relation] = partial(_of_days, query) if isinstance(query, str) else query
        self._without_view.add(relation)

    def definition(self, relation: str) -> str:
        """The query for all rows of a relation."""
        return self._definitions[relation]("")

    def since(self, relation: str) -> Callable[[str], str]:
        """What gives a query for the rows of a relation, as it is defined now; see :meth:`define`."""
        return self._definitions[relation]

    def narrow(self, relation: str, query: str, parameters: Mapping[str, Any]) -> str:
        """Define a relation as the rows that a query over it gives now; the name of the table that has them."""
        table = f"{relation}_{self.next_number()}"
        if relation in self._without_view:
            query = f"WITH {relation} AS NOT MATERIALIZED ({self.definition(relation)}) {query}"
            self._without_view.remove(relation)
        self.rows(f"CREATE TEMP TABLE {table} AS {query}", parameters)
        self.define(relation, f"FROM {table}")
        return table

    def stage_fresh(self, fresh: Iterable[VisitorHour], number: int = 0) -> Path:
        """Write hits as the table has them to a Parquet file. DuckDB unpacks the records faster than Python."""
        lines = self._scratch / "fresh.ndjson"
        with lines.open("w", encoding="utf-8") as file:
            for stored in fresh:
                file.writelines(_lines(stored))
        path = self._scratch / f"fresh-{number}.parquet"
        self.copy(sql("unpack_records").replace("{lines}", str(lines)), path, compression="lz4")
        lines.unlink()
        return path

    def copy(self, query: str, path: Path, compression: str = "zstd") -> int:
        """Write the result of a query to a Parquet file; returns the number of rows."""
        options = f"FORMAT parquet, COMPRESSION {compression}, KV_METADATA {{shylight_schema: '{SCHEMA_VERSION}'}}"
        ((rows,),) = self.rows(f"COPY ({query}) TO '{path}' ({options})")
        return int(rows)

    def rows(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._run(text, parameters).fetchall()

    def named_rows(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, as dicts."""
        found = self._run(text, parameters)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _run(self, text: str, parameters: Mapping[str, Any] | None = None) -> duckdb.DuckDBPyConnection:
        for relation in [relation for relation in self._without_view if relation in text]:
            if relation in self._without_view:  # not if the view of another one needed it
                self._without_view.remove(relation)
                self._run(f"CREATE OR REPLACE TEMP VIEW {relation} AS {self.definition(relation)}")
        return self._connection.execute(text, dict(parameters or {}))

    def matching(self, texts: Iterable[str], pattern: str) -> set[str]:
        """The texts in which a pattern (RE2 syntax, linear time) matches; none if the pattern is invalid."""
        query = "SELECT text FROM (SELECT unnest($texts) AS text) WHERE regexp_matches(text, $pattern)"
        try:
            return {text for (text,) in self.rows(query, {"texts": sorted(texts), "pattern": pattern})}
        except duckdb.InvalidInputException:
            return set()

    def interrupt(self) -> None:
        """Stop the query that is running in another thread, which then raises `duckdb.InterruptException`."""
        self._connection.interrupt()

    def stage(self, name: str, files: Sequence[bytes]) -> list[Path]:
        """Write Parquet files to the scratch folder."""
        paths = [self._scratch / f"{name}-{number}.parquet" for number in range(len(files))]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        return paths


@contextmanager
def engine() -> Iterator[Engine]:
    """The engine of the container, without any relations; used by one thread at a time."""
    with (
        _one_at_a_time,
        tempfile.TemporaryDirectory(prefix="hits-") as scratch,
        closing(_database().cursor()) as connection,
    ):
        yield Engine(connection, Path(scratch))


@cache
def _database() -> duckdb.DuckDBPyConnection:
    memory = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", _DEFAULT_MEMORY_MB))
    scratch = tempfile.gettempdir()
    return duckdb.connect(
        ":memory:",
        config={
            "home_directory": scratch,
            "temp_directory": str(Path(scratch) / "duckdb"),
            "memory_limit": f"{int(memory * _MEMORY_SHARE)}MB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
            "threads": str(max(1, memory // _MB_PER_CPU)),  # more would only wait for each other
        },
    )


@cache
def sql(name: str) -> str:
    """A file of `aggregate/sql`, with the lists of fields that it names."""
    text = resources.files("chalicelib.aggregate").joinpath("sql", f"{name}.sql").read_text("utf-8")
    return filled(text, PLACEHOLDERS)


def filled(text: str, values: Mapping[str, object]) -> str:
    """SQL with values in place of the names that stand for them."""
    for placeholder, value in values.items():
        text = text.replace(placeholder, str(value))
    return text


def hits_query(selects: Sequence[str]) -> str:
    """A query for hits from several queries, which may lack newer columns: all columns, in their types."""
    together = " UNION ALL BY NAME ".join([*selects, no_rows(COLUMNS)])
    columns = ", ".join(f"{column}::{type_} AS {column}" for column, type_ in COLUMNS.items())
    return f"SELECT {columns} FROM ({together})"  # noqa: S608


def fresh_rows(files: Sequence[Path]) -> str:
    """A query for the rows of files of :meth:`Engine.stage_fresh`."""
    return f"SELECT * FROM {parquet(files)}"  # noqa: S608


def stored_rows(files: Sequence[Path]) -> str:
    """A query for the rows of files of hits; those of earlier releases can contain values beyond the bounds."""
    return f"SELECT * REPLACE ({bounded_time('t')}) FROM {parquet(files)}"  # noqa: S608


def parquet(paths: Sequence[Path], options: str = "hive_partitioning = false") -> str:
    """The relation of some Parquet files, some of which may lack columns."""
    return f"read_parquet([{', '.join(repr(str(path)) for path in paths)}], union_by_name = true, {options})"


def _of_days(query: str, since: str) -> str:
    """A query for the rows of another one that are of a day (ISO) or a later one; ``""``: for all."""
    return f"FROM ({query}) WHERE day >= '{since}'" if since else query


def _lines(stored: VisitorHour) -> Iterator[str]:
    """One line of JSON per record: the common fields of the visitor, followed by the packed record."""
    common = {"day": stored.day.isoformat(), "hour": stored.hour, "visitor": stored.visitor}
    common |= {name: value for name in TRAITS if (value := getattr(stored.traits, name)) is not None}
    head = json.dumps(common, ensure_ascii=False)[:-1]
    return (f'{head}, "record": {packed}}}\n' for packed in stored.records)
