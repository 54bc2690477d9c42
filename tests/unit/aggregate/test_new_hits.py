"""What a day's parts hold, however its hits come: in one build or in several, twice, in any order, beyond a limit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import config
from chalicelib.aggregate import compute_rollup, day_parts, figures, new_hits, rollup_sums
from chalicelib.aggregate.duckdb_engine import Engine, engine, fresh_rows
from chalicelib.aggregate.staged_parts import StagedPart
from chalicelib.store.records import EVENT, LEAVE, VIEW, Record, Traits, VisitorHour
from chalicelib.store.sites import Site

DAY = date(2026, 11, 24)
START = 1_795_478_400_000
SITE = Site("s", "Site", "example.com", "UTC")
MINUTE = 60_000


def hour(visitor: str, *records: Record, at: int = 0, **traits: Any) -> VisitorHour:
    return VisitorHour(DAY, at, visitor, Traits(**traits), frozenset(record.pack() for record in records))


def view(name: str, t: int, page: str = "/", **more: Any) -> Record:
    return Record(VIEW, name, START + t, page, **more)


class Day:
    """A day that takes up hits, as builds do, without the bucket."""

    def __init__(self, db: Engine, site: Site = SITE) -> None:
        self.db, self.site, self.parts, self.number = db, site, list[StagedPart](), 0
        self.records = self.views_and_events = 0

    def take_up(self, *hours: VisitorHour) -> bool:
        """Gives whether anything was new."""
        self.number += 1
        rows = fresh_rows([self.db.stage_fresh(hours, self.number)])
        change = new_hits.take_up(self.db, self.site, DAY, rows, self.parts)
        if change is not None:
            self.parts.insert(0, change.part)
            self.records += change.records
            self.views_and_events += change.views_and_events
        return change is not None

    def merge(self) -> None:
        self.parts = [day_parts.merge(self.db, DAY, self.parts)]

    def rollup(self) -> rollup_sums.Rollup:
        day_parts.define(self.db, self.parts)
        rollup = compute_rollup.compute(self.db)
        rollup.beyond = new_hits.beyond_by_hour(self.db, self.parts)
        return rollup


def at_once(hours: Sequence[VisitorHour], site: Site = SITE) -> tuple[bytes, int, int]:
    """The packed rollup of hits that are built from scratch, and the numbers of records."""
    with engine() as db:
        day = Day(db, site)
        day.take_up(*hours)
        return rollup_sums.pack(day.rollup()), day.records, day.views_and_events


_record = st.builds(
    lambda kind, name, minute, page, known, source: Record(
        kind, name, START + minute * MINUTE, page, identifier=known,
        source=source, host=known, utm_campaign=source,
        engagement=1000 * minute if kind == LEAVE else None, event_name="Signup" if kind == EVENT else None,
        amount=minute if kind == EVENT and known else None, currency="EUR" if kind == EVENT and known else None,
    ),
    st.sampled_from([VIEW, VIEW, LEAVE, EVENT]), st.sampled_from(["a", "b", "c", "d"]), st.integers(0, 119),
    st.sampled_from(["/", "/x"]), st.sampled_from([None, None, "ada"]), st.sampled_from(["", "News", "news"]),
)  # fmt: skip
_item = st.builds(
    lambda visitor, records, country, robot: [
        VisitorHour(DAY, at, visitor, Traits(country=country, robot=robot), frozenset(packed))
        for at in (0, 1)
        if (packed := {one.pack() for one in records if (one.t - START) // 3_600_000 == at})
    ],
    st.sampled_from(["v", "w", "x"]), st.lists(_record, min_size=1, max_size=5),
    st.sampled_from([None, "DE", "FR"]), st.sampled_from([False] * 7 + [True]),
)  # fmt: skip


@given(st.lists(_item, min_size=1, max_size=8), st.integers(0, 2**32), st.sampled_from([2, 2000]))
@settings(max_examples=8)
def test_builds_of_what_is_new_give_what_one_build_of_everything_gives(
    items: list[list[VisitorHour]], seed: int, most: int
) -> None:
    chance, site = random.Random(seed), replace(SITE, max_visitor_hour=most)
    whole = [stored for item in items for stored in item]
    coming = whole + chance.sample(whole, len(whole) // 2)  # some are delivered again
    chance.shuffle(coming)
    expected = at_once(whole, site)
    with engine() as db:
        day = Day(db, site)
        while coming:
            number = chance.randrange(1, 4)
            day.take_up(*coming[:number])
            coming = coming[number:]
            if chance.random() < 0.3:
                day.merge()
        assert (rollup_sums.pack(day.rollup()), day.records, day.views_and_events) == expected


@given(st.lists(_item, min_size=1, max_size=8))
@settings(max_examples=8)
def test_both_ways_to_compute_the_figures_of_visits_give_the_same(items: list[list[VisitorHour]]) -> None:
    hours = [stored for item in items for stored in item]
    with pytest.MonkeyPatch.context() as patch:
        quick = at_once(hours)
        patch.setattr(figures, "_FEW_VISITS", -1)
        assert at_once(hours) == quick


def test_hits_that_are_known_make_no_part() -> None:
    first, second = hour("v", view("a", 0), country="DE"), hour("w", view("b", 0))
    with engine() as db:
        day = Day(db)
        assert day.take_up(first, second)
        assert not day.take_up(first)
        assert not day.take_up(second, first)
        assert day.take_up(hour("v", view("a", 0), city="Berlin"))  # the hit is known, the city is not
        assert [visit["city"] for visit in compute_rollup.latest_visits(db, 1)] == ["Berlin"]
        assert (len(day.parts), day.records) == (2, 2)


def test_only_the_visitors_with_new_hits_are_computed_anew() -> None:
    with engine() as db:
        day = Day(db)
        day.take_up(*(hour(f"v{number}", view("a", 0)) for number in range(9)))
        day.take_up(hour("v3", view("b", 1)))
        assert [part.records for part in day.parts] == [2, 9]
        assert day.rollup().totals.pageviews == 10


def kept_pages(day: Day) -> set[str]:
    return {name for name, *_ in day.rollup().tables["pages"]}


def test_of_an_hour_with_too_many_hits_the_earliest_are_kept_and_the_rest_is_counted_once() -> None:
    flood = [hour("v", view(f"{number}", number, f"/{number}")) for number in range(9)]
    with engine() as db:
        day = Day(db, replace(SITE, max_visitor_hour=3))
        for stored in [*flood[5:], *flood[5:], *flood, *flood[::-1]]:
            day.take_up(stored)
        assert kept_pages(day) == {"/0", "/1", "/2"}
        assert (day.rollup().beyond, day.records) == ({0: 6}, 3)
        day.take_up(hour("v", view("late", 60 * MINUTE, "/late"), at=1))
        assert (day.rollup().beyond, day.records) == ({0: 6}, 4)


def test_hits_of_one_instant_are_cut_alike() -> None:
    same = [view("x", 1, f"/{number}") for number in range(9)]
    kept = []
    for order in (same, same[::-1]):
        with engine() as db:
            day = Day(db, replace(SITE, max_visitor_hour=3))
            for record in order:
                day.take_up(hour("v", record))
            db.execute(f"CREATE OR REPLACE TEMP TABLE cut AS {day_parts.rows_of(day.parts, 'hits')}")
            kept.append(db.rows("SELECT page FROM cut ORDER BY page"))
    assert kept[0] == kept[1]
    assert len(kept[0]) == 3


def test_an_hour_has_a_limit_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "MAX_VISITOR_HOUR_BYTES", 3_500)
    flood = [hour("v", view(f"{number}", number, f"/{number}".ljust(1_000, "x"))) for number in range(9)]
    for order in (flood, flood[::-1]):
        with engine() as db:
            day = Day(db)
            for stored in order:
                day.take_up(stored)
            assert {page[:2] for page in kept_pages(day)} == {"/0", "/1", "/2"}
            assert day.rollup().beyond == {0: 6}


def test_a_limit_that_is_raised_lets_in_what_is_read_again() -> None:
    flood = [hour("v", view(f"{number}", number)) for number in range(9)]
    with engine() as db:
        day = Day(db, replace(SITE, max_visitor_hour=3))
        day.take_up(*flood)
        day.site = SITE
        day.take_up(*flood)
        assert (day.rollup().beyond, day.rollup().totals.pageviews, day.records) == ({}, 9, 9)


def test_parts_by_ranges_of_visitors_are_the_same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = [hour(f"{number:04d}", view("a", number), view("b", number + 1)) for number in range(50)]
    expected, records, _ = at_once(hours)
    monkeypatch.setattr(config, "PART_RECORDS", 30)
    with engine() as db:
        day = Day(db)
        day.take_up(*hours[:30])
        day.take_up(*hours[20:])
        ranges = day_parts.ranges(db, day_parts.rows_of(day.parts, "hits"), records)
        assert (len(ranges), ranges[0][0], ranges[-1][1]) == (4, "", "")
        day.parts = [day_parts.merge(db, DAY, day.parts, between) for between in ranges]
        assert max(part.records for part in day.parts) <= 32
        assert rollup_sums.pack(day.rollup()) == expected
