"""The DuckDB connection of the container, in which the metric SQL runs on hits.

Extensions are never downloaded; temporary files are in the scratch folder.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from chalicelib import config
from chalicelib.aggregate.hit_columns import COLUMNS, PLACEHOLDERS, bounded_time
from chalicelib.days import UTC_CALENDAR, Calendar
from chalicelib.store.records import TRAITS, VisitorHour

# The share of the function's memory that DuckDB may use.
_MEMORY_SHARE = 0.6
_DEFAULT_MEMORY_MB = 1024

# The constants in the SQL, ms.
_CONSTANTS: Mapping[str, int] = {
    "$gap": config.VISIT_GAP_MS,
    "$most_engagement": config.MAX_ENGAGEMENT_MS,
    "$at_once": config.REDIRECT_AT_ONCE_MS,
    "$within": config.REDIRECT_WITHIN_MS,
    "$jitter": config.JITTER_MS,
}

# Earlier than any hit.
_EVER = -(1 << 62)

_one_at_a_time = threading.Lock()


class Engine:
    """A DuckDB connection with a scratch folder of its own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self._connection = connection
        self._scratch = scratch

    def load(self, fresh: Iterable[VisitorHour], segments: Sequence[bytes], condition: str = "true") -> None:
        """Define `hits` as the hits read from the table, and the rows of segments that meet `condition`.

        Both are Parquet files, of which queries read only the needed columns, so that a day need not fit into memory.
        """
        parts = [f"SELECT * FROM {_parquet([self._stage_fresh(fresh)])}"]  # noqa: S608
        if segments:
            # Old segments can contain values beyond the bounds.
            stored = f"SELECT * REPLACE ({bounded_time('t')}) FROM {_parquet(self._stage(segments))} WHERE {condition}"  # noqa: S608
            parts.append(stored)
        # By name, because old segments lack newer columns.
        together = " UNION ALL BY NAME ".join(parts)
        self._connection.execute(
            f"CREATE OR REPLACE TEMP VIEW hits AS SELECT {', '.join(COLUMNS)} FROM ({together})"  # noqa: S608
        )

    def sessionize(self, calendar: Calendar = UTC_CALENDAR) -> None:
        """Compute `views`, `visits` and `custom_events` from `hits`.

        :param calendar: of the site, for the hours on its clock at which visits begin.
        """
        self._set_clock(calendar)
        for name in ("views", "redirects", "visits", "custom_events"):
            text = sql(name)
            for constant, ms in _CONSTANTS.items():
                text = text.replace(constant, str(ms))
            self._connection.execute(text)

    def _set_clock(self, calendar: Calendar) -> None:
        """Define `clock`, see visits.sql."""
        rows = [
            (day, since if number else _EVER, offset)
            for (day,) in self.rows("SELECT DISTINCT day FROM hits")
            for number, (since, offset) in enumerate(calendar.offsets(date.fromisoformat(day)))
        ]
        self._connection.execute("CREATE OR REPLACE TEMP TABLE clock (day VARCHAR, since BIGINT, offset_ms BIGINT)")
        if rows:
            self._connection.executemany("INSERT INTO clock VALUES (?, ?, ?)", rows)

    def _stage_fresh(self, fresh: Iterable[VisitorHour]) -> str:
        """Write the hits read from the table to a Parquet file. DuckDB unpacks the records faster than Python."""
        lines = self._scratch / "fresh.ndjson"
        with lines.open("w", encoding="utf-8") as file:
            for stored in fresh:
                file.writelines(_lines(stored))
        path = str(self._scratch / "fresh.parquet")
        query = sql("unpack_records").replace("{lines}", str(lines))
        self._connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION lz4)")
        lines.unlink()
        return path

    def rows(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._connection.execute(text, dict(parameters or {})).fetchall()

    def named_rows(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query, as dicts."""
        found = self._connection.execute(text, dict(parameters or {}))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

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

    def parquet(self, query: str) -> bytes:
        """The result of a query as a Parquet file."""
        path = self._scratch / "segment.parquet"
        self._connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        data = path.read_bytes()
        path.unlink()
        return data

    def _stage(self, segments: Sequence[bytes]) -> list[str]:
        paths = []
        for number, data in enumerate(segments):
            path = self._scratch / f"segment-{number}.parquet"
            path.write_bytes(data)
            paths.append(str(path))
        return paths


@contextmanager
def engine() -> Iterator[Engine]:
    """The engine of the container; used by one thread at a time."""
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="hits-") as scratch:
        yield Engine(_connection(), Path(scratch))


@cache
def _connection() -> duckdb.DuckDBPyConnection:
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
        },
    )


@cache
def sql(name: str) -> str:
    """A file of `aggregate/sql`, with the lists of fields that it names."""
    text = resources.files("chalicelib.aggregate").joinpath("sql", f"{name}.sql").read_text("utf-8")
    for placeholder, names in PLACEHOLDERS.items():
        text = text.replace(placeholder, names)
    return text


def _parquet(paths: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(repr(path) for path in paths)}], union_by_name = true)"


def _lines(stored: VisitorHour) -> Iterator[str]:
    """One line of JSON per record: the common fields of the visitor, followed by the packed record."""
    common = {"day": stored.day.isoformat(), "hour": stored.hour, "visitor": stored.visitor}
    common |= {name: value for name in TRAITS if (value := getattr(stored.traits, name)) is not None}
    head = json.dumps(common, ensure_ascii=False)[:-1]
    return (f'{head}, "record": {packed}}}\n' for packed in stored.records)
