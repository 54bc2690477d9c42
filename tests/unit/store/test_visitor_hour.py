"""The union of the items of a visitor's hour: the earliest records, whatever came first."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.store import visitor_hour
from chalicelib.store.records import VIEW, Record, VisitorHour
from chalicelib.store.visitor_hour import RecordMerge

DAY = date(2026, 11, 24)


def packed(t: int, page: str = "/") -> str:
    return Record(VIEW, "id", t, page).pack()


def made(items: Sequence[tuple[list[str], str | None]], most: int = 3) -> VisitorHour:
    whole = RecordMerge(most)
    for records, traits in items:
        whole.add(records, traits)
    return whole.result(DAY, 1, "v")


POOL = [packed(t, page) for t in range(10) for page in ("/", "/a", "/b" * 40, "/ü😀")]
records = st.lists(st.sampled_from(POOL), max_size=12)
shuffles = st.integers(0, 2**32).map(random.Random)  # one draw, however much is shuffled
traits = st.sampled_from([None, "{}", '{"country":"DE"}', '{"country":"FR","robot":true}', '{"latitude":1.5}'])


@given(st.lists(st.tuples(records, traits), max_size=6), shuffles)
def test_the_order_and_the_grouping_of_items_change_nothing(
    items: list[tuple[list[str], str | None]], chance: random.Random
) -> None:
    others = [([record], told) for group, told in items for record in (*group, *group)]
    others += [([], told) for _, told in items]
    shuffled = chance.sample(others, len(others))
    assert made(items) == made(shuffled)


@given(st.lists(records, max_size=6))
def test_what_is_kept_are_the_earliest_and_the_rest_is_counted(groups: list[list[str]]) -> None:
    whole = {record for group in groups for record in group}
    found = made([(group, None) for group in groups])
    earliest = sorted(whole, key=lambda record: (Record.unpack(record).t, record))[:3]
    assert found.records == frozenset(earliest)
    assert found.beyond == max(0, len(whole) - 3)


def test_records_of_one_time_are_cut_alike() -> None:
    same = [packed(1, f"/{number}") for number in range(9)]
    assert made([(same, None)]) == made([(same[::-1], None)]) == made([([one], None) for one in same])


def test_an_hour_has_a_limit_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_hour, "MAX_VISITOR_HOUR_BYTES", 3 * len(packed(1).encode()))
    items = [([packed(number)], None) for number in range(1, 9)]
    found = made(items, most=100)
    assert found.records == {packed(1), packed(2), packed(3)}
    assert found.beyond == 5


@given(st.lists(st.tuples(records, st.none()), max_size=8), shuffles)
def test_the_limit_in_bytes_cuts_the_same_in_any_order(
    items: list[tuple[list[str], None]], chance: random.Random
) -> None:
    singles = [([record], None) for group, _ in items for record in group]
    shuffled = chance.sample(singles, len(singles))
    with patch.object(visitor_hour, "MAX_VISITOR_HOUR_BYTES", 150):
        assert made(items, most=100) == made(singles, most=100) == made(shuffled, most=100)


def test_a_flood_does_not_stay_in_memory() -> None:
    whole = RecordMerge(10)
    for number in range(1000):
        whole.add([packed(number)], None)
        assert len(whole._kept) <= 21
    assert whole.result(DAY, 1, "v").beyond == 990


def test_traits_of_another_version_are_left_alone() -> None:
    assert made([([packed(1)], '{"country":"DE","shoe_size":44}')]).traits.country == "DE"
