"""The tables that others read: their columns are those of docs/data.md and infra/athena.sql."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from chalicelib.aggregate import day_parts
from chalicelib.aggregate.duckdb_engine import SCHEMA_VERSION, engine
from chalicelib.aggregate.table_columns import EVENTS, ROBOTS, VIEWS, VISITS
from chalicelib.store.segments import PUBLIC, public_key

ROOT = Path(__file__).parents[3]
DATA = (ROOT / "docs" / "data.md").read_text("utf-8")
ATHENA = (ROOT / "infra" / "athena.sql").read_text("utf-8")
# What the document, Athena and DuckDB call the types. All engines know them; unsigned ones, they do not.
TYPES = {
    "string": ("string", "VARCHAR"),
    "int": ("int", "INTEGER"),
    "long": ("bigint", "BIGINT"),
    "short": ("smallint", "SMALLINT"),
    "boolean": ("boolean", "BOOLEAN"),
    "float": ("float", "FLOAT"),
    "list of string": ("array<string>", "VARCHAR[]"),
}


def columns(table: str) -> dict[str, str]:
    """The columns that are written, with DuckDB's types."""
    with engine() as db:
        db.load([], [])
        db.sessionize()
        return {row[0]: row[1] for row in db.rows(f"DESCRIBE {day_parts.QUERIES[table]}")}


def documented(table: str) -> dict[str, str]:
    section = re.search(rf"^## {table}\n(.*?)(?=^## )", DATA, re.MULTILINE | re.DOTALL)
    assert section
    found: dict[str, str] = {}
    for names, types in re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|", section[1], re.MULTILINE):
        each = re.findall(r"`(\w+)`", names)
        kinds = types.strip().split(", ")
        found |= dict(zip(each, kinds if len(kinds) == len(each) else kinds * len(each), strict=True))
    return found


@pytest.mark.parametrize(
    ("table", "declared"),
    [("visits", VISITS), ("views", VIEWS), ("events", EVENTS), ("robots", ROBOTS)],
)
def test_the_columns_that_are_declared_are_written(table: str, declared: Mapping[str, str]) -> None:
    assert columns(table) == declared


@pytest.mark.parametrize("table", PUBLIC)
def test_the_document_has_the_columns_and_their_types(table: str) -> None:
    assert {name: TYPES[kind][1] for name, kind in documented(table).items()} == columns(table)


@pytest.mark.parametrize("table", PUBLIC)
def test_athena_has_the_columns_and_their_types(table: str) -> None:
    text = re.search(rf"CREATE EXTERNAL TABLE shylight\.{table} \((.*?)\n\)", ATHENA, re.DOTALL)
    assert text
    found = dict(part.split() for part in text[1].split(","))
    assert found == {name: TYPES[kind][0] for name, kind in documented(table).items()}
    assert ATHENA.count(f"'s3://<bucket>/segments/{table}/'") == 1


def test_the_paths_and_the_version_are_documented() -> None:
    from datetime import date

    for table in PUBLIC:
        key = public_key(table, "<site>", date(2026, 11, 24), 7).replace("2026-11-24", "<day>").replace("-7.", "-N.")
        assert f"`{key}`" in DATA
    assert f"is the version of the schema, {SCHEMA_VERSION} at present" in DATA


def test_each_file_says_which_version_it_is() -> None:
    with engine() as db:
        path = db.scratch / "one.parquet"
        db.copy("SELECT 1 AS x", path)
        found = db.rows(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')")
    assert ("shylight_schema", str(SCHEMA_VERSION)) in found
