"""Parts of a site-day in the scratch folder of the engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from chalicelib.aggregate.duckdb_engine import Engine, parquet
from chalicelib.store import segments
from chalicelib.store.segments import TABLES, Part


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A part whose tables are in the scratch folder, or get there when they are needed.

    :ivar number: unique in the engine; :ivar scratch: the folder of its tables.
    :ivar tables: those that have rows.
    :ivar read: gives Parquet files of some of them.
    """

    day: date
    number: int
    age: int
    records: int
    scratch: Path
    tables: Collection[str]
    read: Callable[[Sequence[str]], Mapping[str, bytes]] = field(default=lambda _: {})

    def fetch(self, tables: Sequence[str]) -> None:
        """Have some tables in the scratch folder, those that have rows."""
        missing = [table for table in tables if table in self.tables and not self._path(table).exists()]
        if missing:
            for table, data in self.read(missing).items():
                self._path(table).write_bytes(data)

    def path(self, table: str) -> Path | None:
        """The Parquet file of a table; None if it has no rows."""
        self.fetch([table])
        return self._path(table) if table in self.tables else None

    def contents(self) -> dict[str, bytes]:
        """Its Parquet files."""
        self.fetch(TABLES)
        return {table: self._path(table).read_bytes() for table in self.tables}

    def _path(self, table: str) -> Path:
        return path_of(self.scratch, self.day, self.number, table)


def stored(
    db: Engine, site_id: str, day: date, part: Part, read_part: Callable[..., Mapping[str, bytes]] | None = None
) -> StagedPart:
    """A part that is in the bucket.

    :param read_part: reads its tables, by default `segments.read_part`.
    """

    def read(tables: Sequence[str]) -> Mapping[str, bytes]:
        return (read_part or segments.read_part)(site_id, day, part, tables)

    return StagedPart(day, db.next_number(), part.age, part.records, db.scratch, tuple(part.places), read)


def path_of(scratch: Path, day: date, number: int, table: str) -> Path:
    """Where a table of a part is, see :func:`named_parquet`. One folder for all is much quicker than one for each."""
    return scratch / f"{day.isoformat()}-{number}-{table}.parquet"


def named_parquet(files: Sequence[Path]) -> str:
    """A relation of tables of several parts, with their rows' `day` and `part` (its number), from the files' names."""
    start = len(str(files[0].parent)) + 2  # SQL counts from 1
    columns = (
        f"substr(filename, {start}, 10) AS day, split_part(substr(filename, {start + 11}), '-', 1)::BIGINT AS part"
    )
    rows = parquet(files, "hive_partitioning = false, filename = true")
    return f"(SELECT * EXCLUDE (filename), {columns} FROM {rows})"  # noqa: S608
