"""DuckDB, one connection per container: hits go in, the metric SQL runs, rows come out.

Nothing of it leaves the process: extensions are never fetched, and what is spilled or staged goes to the scratch
folder.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from chalicelib import config
from chalicelib.store.records import RANGES, Record, Traits, VisitorHour

# Share of the function's memory that DuckDB may use; the rest is Python's.
_MEMORY_SHARE = 0.6
_DEFAULT_MEMORY_MB = 1024

# The relation `hits`, which segments hold and all SQL reads: one row a record.
COLUMNS: Mapping[str, str] = {
    "day": "VARCHAR",
    "hour": "UTINYINT",
    "visitor": "VARCHAR",
    "kind": "VARCHAR",
    "id": "VARCHAR",
    "t": "BIGINT",
    "page": "VARCHAR",
    "referrer": "VARCHAR",
    "source": "VARCHAR",
    "load_time": "INTEGER",
    "engagement": "INTEGER",
    "tracker": "VARCHAR",
    "identifier": "VARCHAR",
    "utm_source": "VARCHAR",
    "utm_medium": "VARCHAR",
    "utm_campaign": "VARCHAR",
    "utm_term": "VARCHAR",
    "utm_content": "VARCHAR",
    "channel": "VARCHAR",
    "scroll": "UTINYINT",
    "event_name": "VARCHAR",
    "props": "VARCHAR",
    "amount": "BIGINT",
    "currency": "VARCHAR",
    "interactive": "BOOLEAN",
    "redirect": "BOOLEAN",
    "browser": "VARCHAR",
    "system": "VARCHAR",
    "device_type": "VARCHAR",
    "country": "VARCHAR",
    "network": "VARCHAR",
    "region": "VARCHAR",
    "city": "VARCHAR",
    "latitude": "FLOAT",
    "longitude": "FLOAT",
    "timezone": "VARCHAR",
    "robot": "BOOLEAN",
    "robot_reason": "VARCHAR",
    "host": "VARCHAR",
}

# What stands for the definitions' times in the SQL, ms.
_CONSTANTS: Mapping[str, int] = {
    "$gap": config.VISIT_GAP_MS,
    "$most_engagement": config.MAX_ENGAGEMENT_MS,
    "$at_once": config.REDIRECT_AT_ONCE_MS,
    "$within": config.REDIRECT_WITHIN_MS,
    "$jitter": config.JITTER_MS,
}

_one_at_a_time = threading.Lock()


class Engine:
    """A DuckDB connection with a scratch folder of its own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self._connection = connection
        self._scratch = scratch

    def load(self, fresh: Iterable[VisitorHour], segments: Sequence[bytes], condition: str = "true") -> None:
        """Let `hits` be what was read from the table, and the rows of segments that meet `condition`.

        Both are Parquet on the disk, of which each query reads the columns it needs: a day need not fit the memory.
        """
        parts = [f"SELECT * FROM {_parquet([self._stage_fresh(fresh)])}"]  # noqa: S608
        if segments:
            # The segments of before a bound was set hold what is beyond it.
            stored = f"SELECT * REPLACE ({_T} AS t) FROM {_parquet(self._stage(segments))} WHERE {condition}"  # noqa: S608
            parts.append(stored)
        # By name, as segments of before a column was added have it nowhere.
        together = " UNION ALL BY NAME ".join(parts)
        self._connection.execute(
            f"CREATE OR REPLACE TEMP VIEW hits AS SELECT {', '.join(COLUMNS)} FROM ({together})"  # noqa: S608
        )

    def sessionize(self) -> None:
        """Make `views`, `visits` and `custom_events` of `hits`."""
        for name in ("views", "redirects", "visits", "custom_events"):
            text = sql(name)
            for constant, ms in _CONSTANTS.items():
                text = text.replace(constant, str(ms))
            self._connection.execute(text)

    def _stage_fresh(self, fresh: Iterable[VisitorHour]) -> str:
        """What was read from the table as a Parquet file: DuckDB takes the packed records apart, not Python."""
        lines = self._scratch / "fresh.ndjson"
        with lines.open("w", encoding="utf-8") as file:
            for stored in fresh:
                file.writelines(_lines(stored))
        path = str(self._scratch / "fresh.parquet")
        query = sql("unpack_records").replace("{record}", _RECORD_COLUMNS).replace("{lines}", str(lines))
        self._connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION lz4)")
        lines.unlink()
        return path

    def rows(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows a query gives."""
        return self._connection.execute(text, dict(parameters or {})).fetchall()

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
    """The container's engine, for one use at a time."""
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


def matching(texts: Sequence[str], pattern: str) -> set[str]:
    """Those of `texts` in which `pattern` (RE2 syntax) matches somewhere; none if it is no pattern."""
    with _one_at_a_time:
        try:
            found = _connection().execute(
                "SELECT text FROM (SELECT unnest(?) AS text) WHERE regexp_matches(text, ?)", [list(texts), pattern]
            )
            return {text for (text,) in found.fetchall()}
        except duckdb.Error:
            return set()


@cache
def sql(name: str) -> str:
    """A file of `aggregate/sql`."""
    return resources.files("chalicelib.aggregate").joinpath("sql", f"{name}.sql").read_text("utf-8")


# No record may break a build, whatever it says: an instant is bounded to those that a day may have, see
# `collect.event`, and what is no number is none.
_T = (
    "greatest(least(coalesce(t, 0), epoch_ms(day::TIMESTAMP) + 4 * 86400000), epoch_ms(day::TIMESTAMP) - 2 * 86400000)"
    "::BIGINT"
)


def _column(place: int, name: str) -> str:
    """What a packed record holds at a place, in the type of the relation."""
    value = f"record[{place}]"
    if name == "t":
        return f"{_T.replace('coalesce(t, 0)', f'coalesce(TRY_CAST({value} AS BIGINT), 0)')} AS t"
    if name in RANGES:
        least, most = RANGES[name]
        number = f"TRY_CAST({value} AS DOUBLE)"  # beyond 2^53 only to see that it is beyond the bounds
        exact = f"TRY_CAST({value} AS {COLUMNS[name]})"
        bounded = f"CASE WHEN {number} > {most} THEN {most} WHEN {number} < {least} THEN {least} ELSE {exact} END"
        return f"{bounded}::{COLUMNS[name]} AS {name}"
    return f"TRY_CAST({value} AS {COLUMNS[name]}) AS {name}"


_RECORD_COLUMNS = ", ".join(
    _column(place, name) for place, name in enumerate(Record.__dataclass_fields__, start=1) if name != "kind"
)


def _parquet(paths: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(repr(path) for path in paths)}], union_by_name = true)"


def _lines(stored: VisitorHour) -> Iterator[str]:
    """A line of JSON for each record: the packed text as it is, behind what all of the visitor's have in common."""
    common = {"day": stored.day.isoformat(), "hour": stored.hour, "visitor": stored.visitor}
    common |= {
        name: value for name in Traits.__dataclass_fields__ if (value := getattr(stored.traits, name)) is not None
    }
    head = json.dumps(common, ensure_ascii=False)[:-1]
    return (f'{head}, "record": {packed}}}\n' for packed in stored.records)
