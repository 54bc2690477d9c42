"""The dimensions of visits besides pages and sources, with values worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from chalicelib.aggregate import compute_rollup, rollup_sums
from chalicelib.aggregate.duckdb_engine import engine
from chalicelib.days import HOUR_MS, Calendar
from chalicelib.store.records import VIEW, Record, Traits, VisitorHour
from tests.unit.aggregate.parquet_bytes import parquet_bytes
from tests.unit.aggregate.test_metrics import DAY, TRAITS, computed, stored, view

PHONE = replace(TRAITS, browser="Mobile Safari", browser_version="26", system="iOS", system_version="26", language="de")
WINDOWS_11 = Traits("Chrome", "Windows 11", "desktop", browser_version="143", system_version="11", language="zh-Hant")
WINDOWS = Traits("Chrome", "Windows", "desktop", browser_version="143", system_version="10 or 11", language="de")
MARCH, OCTOBER = date(2026, 3, 29), date(2026, 10, 25)  # the days on which Berlin's clocks are changed


def calendar(zone: str) -> Calendar:
    return Calendar(((date.min, ZoneInfo(zone)),))


def test_versions_are_rows_with_the_name_and_the_major_version() -> None:
    hours = [
        *stored("v", [view("a", 0), view("b", 1)], WINDOWS),
        *stored("w", [view("a", 0)], WINDOWS_11),
        *stored("x", [view("a", 0)], PHONE),
        *stored("y", [view("a", 0)], Traits("Firefox", "Linux", browser_version="145")),
        *stored("z", [view("a", 0)], Traits()),
    ]
    day = computed(hours)
    assert day.tables["browser_versions"] == [
        ("Chrome 143", 2, 2, 3), ("", 1, 1, 1), ("Firefox 145", 1, 1, 1), ("Mobile Safari 26", 1, 1, 1),
    ]  # fmt: skip
    assert day.tables["system_versions"] == [
        ("Windows 10 or 11", 1, 1, 2), ("", 1, 1, 1), ("Linux", 1, 1, 1), ("Windows 11", 1, 1, 1), ("iOS 26", 1, 1, 1),
    ]  # fmt: skip
    assert day.tables["languages"] == [("de", 2, 2, 3), ("", 2, 2, 2), ("zh-Hant", 1, 1, 1)]


def test_a_visitor_with_two_values_of_a_trait_counts_under_the_largest() -> None:
    both = [*stored("v", [view("a", 0)], WINDOWS), *stored("v", [view("b", 90)], WINDOWS_11)]
    day = computed(both)
    assert day.tables["system_versions"] == [("Windows 11", 1, 2, 2)]
    assert day.tables["languages"] == [("zh-Hant", 1, 2, 2)]


def test_the_screen_of_a_visit_is_that_of_its_first_view_with_one() -> None:
    first = [view("a", 0), view("b", 1, screen="mobile"), view("c", 2, screen="tablet")]
    again = [view("d", 90, screen="desktop")]
    day = computed([*stored("v", [*first, *again]), *stored("w", [view("a", 0)])])
    assert day.tables["screens"] == [("mobile", 1, 1, 3), ("", 1, 1, 1), ("desktop", 1, 1, 1)]


def test_each_part_of_a_campaign_is_that_of_the_first_view() -> None:
    tagged = view(
        "a", 0, utm_source="News", utm_medium="email", utm_campaign="Spring", utm_term="shoes", utm_content="top"
    )
    later = view("b", 1, utm_source="other", utm_medium="cpc")
    spelled = view("a", 0, utm_source="news")
    whole = rollup_sums.sum_days([computed([*stored("v", [tagged, later]), *stored("w", [spelled])])])
    assert whole.tables["utm_sources"] == [("News", 2, 2, 3)]
    assert whole.tables["utm_mediums"] == [("email", 1, 1, 2)]
    assert whole.tables["campaigns"] == [("Spring", 1, 1, 2)]
    assert whole.tables["utm_terms"] == [("shoes", 1, 1, 2)]
    assert whole.tables["utm_contents"] == [("top", 1, 1, 2)]


@pytest.mark.parametrize(
    ("zone", "day", "after", "hour", "weekday"),
    [
        ("UTC", DAY, 0.5, "00", "Tuesday"),
        ("Europe/Berlin", MARCH, 1.9, "01", "Sunday"),
        ("Europe/Berlin", MARCH, 2.0, "03", "Sunday"),  # there is no hour 2
        ("Europe/Berlin", MARCH, 22.9, "23", "Sunday"),
        ("Europe/Berlin", OCTOBER, 2.5, "02", "Sunday"),
        ("Europe/Berlin", OCTOBER, 3.5, "02", "Sunday"),  # again
        ("Europe/Berlin", OCTOBER, 24.9, "23", "Sunday"),
        ("Australia/Lord_Howe", date(2026, 10, 4), 2.25, "02", "Sunday"),  # half an hour forward at 2
        ("Australia/Lord_Howe", date(2026, 10, 4), 2.5, "03", "Sunday"),
        ("Asia/Kathmandu", DAY, 13.99, "13", "Tuesday"),  # +05:45
        ("America/Santiago", date(2026, 9, 6), 0.0, "01", "Sunday"),  # there is no midnight
    ],
)
def test_hours_are_those_of_the_sites_clock(zone: str, day: date, after: float, hour: str, weekday: str) -> None:
    days = calendar(zone)
    record = Record(VIEW, "a", days.day_start(day) + round(after * HOUR_MS), "/")
    with engine() as db:
        db.load([VisitorHour(day, int(after), "v", TRAITS, frozenset({record.pack()}))], [])
        db.sessionize(days)
        rollup = compute_rollup.compute(db)
    assert rollup.tables["hours"] == [(hour, 1, 1, 1)]
    assert rollup.tables["weekdays"] == [(weekday, 1, 1, 1)]


def test_a_visit_counts_in_the_hour_and_on_the_day_on_which_it_begins() -> None:
    day = computed(stored("v", [view("a", 59), view("b", 61), view("c", 200)]))
    assert day.tables["hours"] == [("00", 1, 1, 2), ("03", 1, 1, 1)]
    assert day.tables["weekdays"] == [("Tuesday", 1, 2, 3)]


def test_hits_of_before_these_fields_were_stored_are_unknown() -> None:
    with engine() as db:
        db.load(stored("v", [view("a", 0)]), [])
        newer = ("screen", "language", "browser_version", "system_version")
        old = parquet_bytes(db, f"SELECT * EXCLUDE ({', '.join(newer)}) FROM hits")
    with engine() as db:
        db.load([], [old])
        db.sessionize()
        tables = compute_rollup.compute(db).tables
    assert tables["screens"] == tables["languages"] == [("", 1, 1, 1)]
    assert tables["browser_versions"] == [("Firefox", 1, 1, 1)]
    assert tables["hours"] == [("00", 1, 1, 1)]


def test_a_day_of_changing_clocks_has_two_offsets() -> None:
    berlin = calendar("Europe/Berlin")
    start = berlin.day_start(MARCH)
    assert berlin.offsets(MARCH) == [(start, HOUR_MS), (start + 2 * HOUR_MS, 2 * HOUR_MS)]
    assert berlin.offsets(DAY) == [(berlin.day_start(DAY), HOUR_MS)]
