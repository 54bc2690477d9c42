"""The days of a site whose zone was changed: each keeps its own, and every instant is in one day."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import config
from chalicelib.days import HOUR_MS, Calendar
from chalicelib.store.sites import Site, zones_of

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Asia/Tokyo",
    "America/Los_Angeles",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Asia/Kathmandu",
]
START = round(datetime(2026, 3, 1, tzinfo=ZoneInfo("UTC")).timestamp() * 1000)


def calendar(first: str, *changes: tuple[int, str]) -> Calendar:
    """A calendar whose zone was changed so many hours after the start."""
    made = Calendar(((date.min, ZoneInfo(first)),))
    for hours, zone in changes:
        made = made.changed(ZoneInfo(zone), START + hours * HOUR_MS)
    return made


@given(
    st.sampled_from(ZONES),
    st.lists(st.tuples(st.integers(0, 24 * 40), st.sampled_from(ZONES)), max_size=4).map(sorted),
    st.integers(-48 * 60, 24 * 60 * 45),
)
def test_every_instant_is_in_one_day(first: str, changes: list[tuple[int, str]], minute: int) -> None:
    days = calendar(first, *changes)
    t = START + minute * 60_000
    day = days.day_of(t)
    assert days.day_start(day) <= t < days.day_end(day)
    assert days.day_of(days.day_end(day)) > day
    assert 0 <= days.hour_of(t, day) < config.DAY_HOURS
    assert days.hours_in(day) <= config.DAY_HOURS
    assert days.hour_starts(day) == [days.hour_start(day, hour) for hour in range(days.hours_in(day))]


@pytest.mark.parametrize("zone", [*ZONES, "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca"])
def test_hours_begin_by_the_clock_all_year(zone: str) -> None:
    days = calendar(zone)
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        expected = [days.hour_start(day, hour) for hour in range(days.hours_in(day))]
        assert [hour.isoformat() for hour in days.hour_starts(day)] == [hour.isoformat() for hour in expected]


def test_days_that_have_begun_keep_their_zone() -> None:
    days = calendar("Europe/Berlin", (15, "Asia/Tokyo"))  # 1 March, 16:00 in Berlin, 2 March 00:00 in Tokyo
    assert days.zone_of(date(2026, 3, 1)).key == "Europe/Berlin"
    assert days.zone_of(date(2026, 3, 2)).key == "Europe/Berlin"
    assert days.zone_of(date(2026, 3, 3)).key == "Asia/Tokyo"
    assert days.hours_in(date(2026, 3, 2)) == 16
    assert days.hours_in(date(2026, 3, 3)) == 24


def test_westwards_the_last_day_goes_on_until_the_next_begins() -> None:
    days = calendar("Asia/Tokyo", (5, "America/Los_Angeles"))
    assert days.hours_in(date(2026, 3, 1)) == 24 + 17
    assert days.day_of(START + 30 * HOUR_MS) == date(2026, 3, 1)


def test_a_change_that_is_taken_back_changes_nothing() -> None:
    assert zones_of(calendar("Europe/Berlin", (15, "Asia/Tokyo"), (16, "Europe/Berlin"))) == ()


def test_a_site_keeps_its_zones_and_says_that_of_the_running_day(monkeypatch: pytest.MonkeyPatch) -> None:
    made = calendar("Europe/Berlin", (15, "Asia/Tokyo"))
    site = Site("s", "S", "example.com", "Asia/Tokyo", zones=zones_of(made))
    assert site.calendar == made
    monkeypatch.setattr("chalicelib.days.now_ms", lambda: START + 15 * HOUR_MS)
    assert site.zone.key == "Europe/Berlin"
    monkeypatch.setattr("chalicelib.days.now_ms", lambda: START + 15 * HOUR_MS + 2 * 24 * HOUR_MS)
    assert site.zone.key == "Asia/Tokyo"
    assert site.calendar.local(START, date(2026, 3, 1)).utcoffset() == timedelta(hours=1)
