"""The bench's own reckoning: sizes of items as AWS counts them, units, and what is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.aws_usage import Meter, item_bytes
from harness.faults.tally import Tally
from harness.measurement import Figure, Part


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "abc"}}, 5),
        ({"pk": {"S": "Größe"}}, 2 + 7),  # UTF-8, not characters
        ({"n": {"N": "1764000000"}}, 1 + 2 + 1),  # two digits a byte without trailing zeros, and one more
        ({"b": {"B": b"12345"}}, 6),
        ({"t": {"BOOL": True}}, 2),
        ({"s": {"SS": ["ab", "cde"]}}, 6),
        ({"l": {"L": [{"S": "ab"}, {"NULL": True}]}}, 1 + 3 + 1 + 2 + 1 + 1),
        ({"m": {"M": {"k": {"S": "v"}}}}, 1 + 3 + 1 + 1 + 1),
        ({}, 0),
    ],
)
def test_an_item_has_the_size_that_aws_counts(item: dict[str, dict[str, object]], size: int):
    assert item_bytes(item) == size


def test_a_write_takes_a_unit_for_each_begun_kilobyte_of_the_larger_item():
    meter = Meter()
    for before, after in ((0, 10), (0, 1024), (1024, 1025), (5000, 100)):
        meter.note("dynamodb", "UpdateItem", {"TableName": "t", "Key": {"pk": {"S": "a"}}}, before, after, {})
    assert meter.writes == 1 + 1 + 2 + 5
    assert meter.total("dynamodb") == 4


def test_a_batch_takes_the_units_of_its_items_but_not_of_those_it_left():
    meter = Meter()
    first, second, left = ({"PutRequest": {"Item": {"sk": {"S": one}, "b": {"B": b"x" * 1500}}}} for one in "123")
    given = {"RequestItems": {"t": [first, second, left]}}
    meter.note("dynamodb", "BatchWriteItem", given, 0, 0, {"UnprocessedItems": {"t": [left]}})
    assert (meter.writes, meter.tables, meter.total("dynamodb")) == (4, {"t": 4}, 1)
    assert sum(meter.stored.values()) == 2 * (3 + 1501)


def test_a_read_takes_half_a_unit_unless_it_must_be_consistent():
    meter = Meter()
    item = {"pk": {"S": "x" * 5000}}
    meter.note("dynamodb", "GetItem", {"TableName": "t"}, 0, 0, {"Item": item})
    meter.note("dynamodb", "GetItem", {"TableName": "t", "ConsistentRead": True}, 0, 0, {})
    meter.note("dynamodb", "Query", {"TableName": "t", "ConsistentRead": True}, 0, 0, {"Items": [item, item]})
    assert meter.reads == 1.0 + 1 + 3


def test_other_services_are_counted_without_units():
    meter = Meter()
    meter.note("sqs", "SendMessage", {}, 0, 0, {})
    assert (meter.calls["sqs.SendMessage"], meter.writes, meter.reads) == (1, 0, 0)


def test_a_figure_over_its_budget_says_so():
    part = Part("Sizes", [Figure("small", 10, "bytes", 20), Figure("large", 30, "bytes", 20, "why")])
    small, large, why = part.lines()[2:]
    assert "OVER" not in small
    assert large.endswith("OVER")
    assert why.strip() == "why"
    assert part.figures[1].as_json()["over"] is True


EXACT = Tally(sent=3, counted=3, doubled=0, lost=0, dead_letters=0, differing=(), seconds=1.5)


def test_a_fault_run_that_counts_what_was_sent_is_exact_and_within_budget():
    assert EXACT.exact
    assert not [figure for figure in EXACT.part("none").figures if figure.over]


@pytest.mark.parametrize(
    "wrong", [{"doubled": 1, "lost": 1}, {"counted": 2, "lost": 1}, {"dead_letters": 1}, {"differing": ("visitors",)}]
)
def test_a_fault_run_that_counts_anything_else_says_so(wrong: dict[str, Any]):
    tally = replace(EXACT, **wrong)
    assert not tally.exact
    assert [figure for figure in tally.part("some").figures if figure.over]
