"""Sums in memory: the same figures as without, never those of another build, and not without end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib import catalogue, config
from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.catalogue import Totals
from chalicelib.report import recent_sums


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    recent_sums.forget()
    yield
    recent_sums.forget()


def day(number: int, rows: int = 3) -> Rollup:
    tables = {key: [(f"{key} {name}", number, number, name) for name in range(rows)] for key in catalogue.DIMENSIONS}
    latest = [{"id": f"{number}-{place}"} for place in range(4)]
    return Rollup(Totals(number, number, number), tables=tables, others={"pages": (1, 2, number)}, latest=latest)


def summed(builds: list[int], read: list[int]) -> Rollup:
    def rollups() -> Iterator[Rollup]:
        for number in builds:
            read.append(number)
            yield day(number)

    return recent_sums.of_builds([str(number) for number in builds], rollups)


def test_a_sum_of_sums_is_the_sum_of_all() -> None:
    whole = rollup_sums.sum_days([day(9), summed([5, 4, 3], []), summed([2, 1], [])])
    assert whole == rollup_sums.sum_days(map(day, [9, 5, 4, 3, 2, 1]))


def test_a_sum_is_read_once_and_again_when_one_of_its_builds_is_another() -> None:
    read: list[int] = []
    assert summed([3, 2, 1], read) == summed([3, 2, 1], read)
    assert read == [3, 2, 1]
    assert summed([4, 2, 1], read).totals.visits == 7
    assert read == [3, 2, 1, 4, 2, 1]


def test_a_kept_sum_is_not_changed_by_being_added() -> None:
    kept = summed([2, 1], [])
    before = rollup_sums.pack(kept)
    rollup_sums.sum_days([kept, kept])
    assert rollup_sums.pack(kept) == before


def test_only_the_sums_that_were_asked_for_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "RECENT_SUMS_ROWS", 2 * 3 * len(catalogue.DIMENSIONS))
    read: list[int] = []
    for number in (1, 2, 1, 3, 1, 2):
        summed([number], read)
    assert read == [1, 2, 3, 2]


def test_a_sum_with_too_many_rows_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "RECENT_SUMS_ROWS", 1)
    read: list[int] = []
    assert summed([1], read) == summed([1], read)
    assert read == [1, 1]
