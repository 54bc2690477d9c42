"""A question that takes too long, or too much memory, is refused with what to narrow."""

import time

import duckdb
import pytest

from chalicelib.aggregate.duckdb_engine import Engine, engine
from chalicelib.errors import QueryTooLarge
from chalicelib.report.query_budget import within_budget

SLOW = "SELECT count(*) FROM range(100000) AS a(n), range(10000000) AS b(m) WHERE (n * m) % 7 = 3"


def test_a_slow_query_is_stopped_at_the_deadline() -> None:
    begun = time.monotonic()
    with engine() as db, pytest.raises(QueryTooLarge, match="shorter period"), within_budget(db, begun + 0.1):
        db.rows(SLOW)
    assert time.monotonic() - begun < 5


def test_a_query_that_begins_after_the_deadline_is_stopped() -> None:
    def slowly(db: Engine) -> None:
        time.sleep(0.2)  # the interruptions of this time find nothing to stop
        db.rows(SLOW)

    with engine() as db, pytest.raises(QueryTooLarge), within_budget(db, time.monotonic() + 0.05):
        slowly(db)


def test_nothing_begins_after_the_deadline() -> None:
    with engine() as db, pytest.raises(QueryTooLarge), within_budget(db, time.monotonic()):
        db.rows("SELECT 1")


def test_the_engine_works_afterwards() -> None:
    with engine() as db, pytest.raises(QueryTooLarge), within_budget(db, time.monotonic() + 0.05):
        db.rows(SLOW)
    with engine() as db, within_budget(db, time.monotonic() + 60):
        assert db.rows("SELECT 1") == [(1,)]


@pytest.mark.parametrize("error", [duckdb.OutOfMemoryException("x"), MemoryError()])
def test_too_much_memory_is_said(error: Exception) -> None:
    in_time = time.monotonic() + 60
    with engine() as db, pytest.raises(QueryTooLarge, match="more memory") as raised, within_budget(db, in_time):
        raise error
    assert (raised.value.status, raised.value.code) == (503, "query_too_large")


def test_other_errors_are_what_they_are() -> None:
    with engine() as db, pytest.raises(duckdb.ParserException), within_budget(db, time.monotonic() + 60):
        db.rows("SELEC")
