"""Rows of the engine as a Parquet file, as the bucket has it."""

from __future__ import annotations

from chalicelib.aggregate.duckdb_engine import Engine


def parquet_bytes(db: Engine, query: str) -> bytes:
    """The result of a query as a Parquet file."""
    path = db.scratch / "result.parquet"
    db.copy(query, path)
    data = path.read_bytes()
    path.unlink()
    return data
