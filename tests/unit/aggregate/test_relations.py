"""Relations of the engine: what they are defined as, and that nothing is read before it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from chalicelib.aggregate.duckdb_engine import Engine, engine


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as made:
        yield made


def test_a_relation_has_the_rows_of_its_latest_definition(db: Engine) -> None:
    db.define("numbers", "SELECT 1 AS n")
    assert db.rows("FROM numbers") == [(1,)]
    db.define("numbers", "SELECT 2 AS n")
    assert db.rows("FROM numbers") == [(2,)]
    assert db.definition("numbers") == "SELECT 2 AS n"


def test_a_relation_can_be_made_of_others(db: Engine) -> None:
    db.define("doubled", "SELECT 2 * n AS n FROM numbers")
    db.define("numbers", "SELECT 3 AS n")
    assert db.named_rows("FROM doubled") == [{"n": 6}]
    db.execute("CREATE TEMP TABLE kept AS FROM doubled")
    assert db.rows("FROM kept") == [(6,)]


def test_a_relation_is_read_when_it_is_named(db: Engine, tmp_path: Path) -> None:
    db.define("numbers", f"FROM read_parquet('{tmp_path}/none.parquet')")
    assert db.rows("SELECT 1") == [(1,)]
    with pytest.raises(duckdb.IOException):
        db.rows("FROM numbers")


@pytest.mark.parametrize("named_before", [False, True])
def test_a_narrowed_relation_is_what_it_was_then(db: Engine, *, named_before: bool) -> None:
    db.execute("CREATE TEMP TABLE stored AS SELECT unnest([1, 2, 3]) AS n")
    db.define("numbers", "FROM stored")
    if named_before:
        assert db.rows("SELECT count(*) FROM numbers") == [(3,)]
    whole = db.definition("numbers")
    db.narrow("numbers", "SELECT n FROM numbers WHERE n > $least", {"least": 1})
    db.execute("INSERT INTO stored VALUES (4)")
    assert db.rows("SELECT n FROM numbers ORDER BY n") == [(2,), (3,)]
    assert db.rows(f"SELECT count(*) FROM ({whole})") == [(4,)]
    db.narrow("numbers", "SELECT n FROM numbers WHERE n > $least", {"least": 2})
    assert db.rows("FROM numbers") == [(3,)]
