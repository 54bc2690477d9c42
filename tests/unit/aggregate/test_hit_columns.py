"""The columns of `hits`: each declared field has one, of its type, and what is stored of it gets there."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from chalicelib.aggregate import compute_rollup
from chalicelib.aggregate.duckdb_engine import engine, sql
from chalicelib.aggregate.hit_columns import COLUMNS, sql_type
from chalicelib.store.field_declarations import Field, fields_of
from chalicelib.store.records import EVENT, PACKED, TRAITS, VIEW, VISIT_TRAITS, Record, Traits, VisitorHour
from tests.unit.aggregate.parquet_bytes import parquet_bytes

DAY = date(2026, 11, 24)
NOON = 1_795_521_600_000
# The columns that segments have: never of another type.
STORED = {
    "day": "VARCHAR", "hour": "UTINYINT", "visitor": "VARCHAR", "kind": "VARCHAR", "id": "VARCHAR", "t": "BIGINT",
    "page": "VARCHAR", "referrer": "VARCHAR", "source": "VARCHAR", "load_time": "INTEGER", "engagement": "INTEGER",
    "tracker": "VARCHAR", "identifier": "VARCHAR", "utm_source": "VARCHAR", "utm_medium": "VARCHAR",
    "utm_campaign": "VARCHAR", "utm_term": "VARCHAR", "utm_content": "VARCHAR", "channel": "VARCHAR",
    "scroll": "UTINYINT", "event_name": "VARCHAR", "props": "VARCHAR", "amount": "BIGINT", "currency": "VARCHAR",
    "interactive": "BOOLEAN", "redirect": "BOOLEAN", "browser": "VARCHAR", "system": "VARCHAR",
    "device_type": "VARCHAR", "country": "VARCHAR", "network": "VARCHAR", "region": "VARCHAR", "city": "VARCHAR",
    "latitude": "FLOAT", "longitude": "FLOAT", "timezone": "VARCHAR", "robot": "BOOLEAN", "robot_reason": "VARCHAR",
}  # fmt: skip


def a_value(field: Field) -> Any:
    """A value that a field may have and that is not its default."""
    special = {"kind": VIEW, "t": NOON, "id": "an-id", "props": '{"a":"b"}'}
    if field.name in special:
        return special[field.name]
    return {str: f"a {field.name}", int: field.range[1] if field.range else 1, float: 12.5, bool: True}[field.kind]


def test_every_stored_column_keeps_its_type_and_order() -> None:
    assert [(name, type_) for name, type_ in COLUMNS.items() if name in STORED] == list(STORED.items())


def test_every_field_of_a_record_and_every_trait_has_a_column() -> None:
    assert sorted(COLUMNS) == sorted(["day", "hour", "visitor", *PACKED, *TRAITS])


def test_what_is_stored_of_every_field_is_in_its_column() -> None:
    record = Record(**{name: a_value(field) for name, field in fields_of(Record).items()})
    traits = Traits(**{name: a_value(field) for name, field in fields_of(Traits).items()})
    with engine() as db:
        db.load([VisitorHour(DAY, 12, "v", traits, frozenset({record.pack()}))], [])
        (row,) = db.named_rows("FROM hits")
        assert row == {"day": "2026-11-24", "hour": 12, "visitor": "v", **asdict(record), **asdict(traits)}
        db.load([], [parquet_bytes(db, "FROM hits")])
        assert db.named_rows("FROM hits") == [row]


def test_every_trait_of_a_person_is_in_the_list_of_visits() -> None:
    traits = Traits(**{name: a_value(fields_of(Traits)[name]) for name in VISIT_TRAITS})
    with engine() as db:
        db.load([VisitorHour(DAY, 12, "v", traits, frozenset({Record(VIEW, "a", NOON, "/").pack()}))], [])
        db.sessionize()
        (visit,) = compute_rollup.latest_visits(db, 10)
    assert {name: visit[name] for name in VISIT_TRAITS} == {name: getattr(traits, name) for name in VISIT_TRAITS}
    assert list(visit)[-len(VISIT_TRAITS) :] == list(VISIT_TRAITS)


def test_of_a_visitors_traits_the_largest_count() -> None:
    hours = [
        VisitorHour(DAY, 1, "v", Traits("A", "Z", latitude=1.0), frozenset({Record(VIEW, "a", NOON, "/").pack()})),
        VisitorHour(DAY, 2, "v", Traits("B", None, robot=True), frozenset({Record(EVENT, "b", NOON).pack()})),
    ]
    with engine() as db:
        db.load(hours, [])
        db.sessionize()
        (found,) = db.named_rows("FROM visitors")
    assert (found["browser"], found["system"], found["latitude"], found["robot"]) == ("B", "Z", 1.0, True)


@pytest.mark.parametrize(
    ("range_", "type_"),
    [((0, 255), "UTINYINT"), ((-1, 255), "INTEGER"), ((0, 256), "INTEGER"), ((0, 1 << 31), "BIGINT")],
)
def test_a_number_has_the_smallest_column_that_holds_it(range_: tuple[int, int], type_: str) -> None:
    assert sql_type(Field("n", int, frozenset({int}), required=True, range=range_, test=None)) == type_


@pytest.mark.parametrize("range_", [None, (0, 1 << 64)])
def test_a_number_that_no_column_holds_is_refused_with_what_to_do(range_: tuple[int, int] | None) -> None:
    with pytest.raises(TypeError, match="n needs a range"):
        sql_type(Field("n", int, frozenset({int}), required=True, range=range_, test=None))


def test_no_list_of_traits_is_left_in_the_sql() -> None:
    for name in ("unpack_records", "views", "list_visits", "visits"):
        text = sql(name)
        assert "traits}" not in text, name
        assert "{record}" not in text, name
