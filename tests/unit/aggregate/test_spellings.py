"""Sources and campaigns that differ in case only are one row, counted exactly and shown as most wrote it."""

import random

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import catalogue
from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.rollup_sums import Rollup, sum_days
from chalicelib.aggregate.spellings import folded
from chalicelib.collect.urls import read_location
from chalicelib.store.records import VisitorHour
from tests.unit.aggregate.test_metrics import computed, shuffles, stored, view

Row = tuple[str, int, int, int]


def visits_of(*visits: tuple[str, float, str]) -> list[VisitorHour]:
    """A day of visits: (visitor, minute, how the campaign and its source were written)."""
    hours = []
    for visitor in dict.fromkeys(visitor for visitor, _, _ in visits):
        views = [
            view(f"{minute}", minute, source=name, utm_source=name, utm_campaign=name)
            for who, minute, name in visits
            if who == visitor
        ]
        hours += stored(visitor, views)
    return hours


def shown(*days: Rollup, table: str = "campaigns") -> list[Row]:
    return [(name, *counts) for name, *counts in sum_days(days).tables[table]]  # type: ignore[misc]


def test_spellings_are_one_row_shown_as_most_wrote_it() -> None:
    day = computed(visits_of(("u", 0, "MyShop"), ("v", 0, "myshop"), ("w", 0, "myshop"), ("x", 0, "other")))
    assert shown(day) == [("myshop", 3, 3, 3), ("other", 1, 1, 1)]
    assert shown(day, table="sources") == shown(day)


def test_a_visitor_with_two_spellings_is_one_visitor() -> None:
    day = computed(visits_of(("u", 0, "MyShop"), ("u", 60, "myshop"), ("u", 120, "MYSHOP"), ("v", 0, "myshop")))
    assert shown(day) == [("myshop", 2, 4, 4)]


def test_of_spellings_as_frequent_the_first_in_order_is_shown() -> None:
    day = computed(visits_of(("u", 0, "b"), ("v", 0, "B")))
    assert shown(day) == [("B", 2, 2, 2)]


def test_over_days_the_most_frequent_of_all_of_them_is_shown() -> None:
    many = computed(visits_of(("u", 0, "Shop"), ("v", 0, "Shop"), ("w", 0, "shop")))
    few = computed(visits_of(("u", 0, "shop"), ("v", 0, "shop")))
    assert shown(many, few) == shown(few, many) == [("shop", 5, 5, 5)]


def test_what_is_written_in_another_way_than_case_stays_apart() -> None:
    day = computed(visits_of(("u", 0, "my-shop"), ("v", 0, "my shop"), ("w", 0, "myshop")))
    assert len(shown(day)) == 3


def test_other_tables_are_not_folded() -> None:
    day = computed(stored("u", [view("a", 0, "/A")]) + stored("v", [view("a", 0, "/a")]))
    assert [row[0] for row in shown(day, table="pages")] == ["/A", "/a"]


NAMES = ["Shop", "shop", "SHOP", "ΟΔΟΣ", "οδος", "οδός", "İzmir", "izmir", "Straße", "straße", "STRASSE", "x"]


spelled_visits = st.lists(st.tuples(st.sampled_from("uvw"), st.integers(0, 20), st.sampled_from(NAMES)), max_size=25)


@given(st.lists(spelled_visits, min_size=8, max_size=16), shuffles)
@settings(max_examples=4)  # of 8 to 16 cases each, with visitors and names of their own: a build is slow to plan
def test_merged_rows_are_what_they_would_be_if_all_had_written_alike(
    cases: list[list[tuple[str, int, str]]], chance: random.Random
) -> None:
    written = [
        (f"{number}/{visitor}", hour * 60.0, f"{number:02d} {name}")
        for number, visits in enumerate(cases)
        for (visitor, hour), name in {(visitor, hour): name for visitor, hour, name in visits}.items()
    ]
    alike = [(visitor, minute, folded(name)) for visitor, minute, name in written]
    mixed = shown(computed(visits_of(*chance.sample(written, len(written)))))
    plain = shown(computed(visits_of(*alike)))
    assert sorted((folded(name), *counts) for name, *counts in mixed) == sorted(plain)


@given(
    st.lists(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 5), st.integers(1, 9)), max_size=8), max_size=6)
)
def test_months_of_days_come_to_the_same_as_the_days(days: list[list[tuple[str, int, int]]]) -> None:
    """As stored months are, with every spelling by itself; see docs/adr/0022."""
    parts = [
        Rollup(tables={table: [(n, v, s, s) for n, v, s in dict_of(day)] if dimension.ignores_case else []
                       for table, dimension in catalogue.DIMENSIONS.items()})
        for day in days
    ]  # fmt: skip
    month = sum_days(parts[:3], most=None)
    packed = rollup_sums.with_packed_tables(Rollup(), rollup_sums.packed_tables(month))
    by_month = sum_days([packed, *parts[3:]])
    random.Random(len(days)).shuffle(parts)
    by_day = sum_days(parts)
    assert by_month.tables == by_day.tables


def dict_of(day: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    return list({name: (name, visitors, visits) for name, visitors, visits in day}.values())


def test_the_case_is_left_out_as_the_sql_leaves_it_out() -> None:
    chars = [chr(number) for number in range(1, 0x2FFFF) if not 0xD800 <= number <= 0xDFFF]
    query = "SELECT unnest(list_transform(?, lambda name: translate(lower(name), 'ς', 'σ')))"
    for start in range(0, len(chars), 10_000):
        part = chars[start : start + 10_000]
        lower = [name for (name,) in duckdb.execute(query, [part]).fetchall()]
        assert lower == [folded(char) for char in part]


def test_white_space_and_composition_make_no_difference_from_the_beginning() -> None:
    written = ["Sommer%20%20Aktion", "%20Sommer+Aktion%09", "Sommer%C2%A0Aktion", "Cafe%CC%81", "Caf%C3%A9"]
    read = [read_location(f"https://x.example/?utm_campaign={text}", "url").utm_campaign for text in written]
    assert read == ["Sommer Aktion"] * 3 + ["Café"] * 2
