"""Site-days: calendar days in a site's zone, also when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import days


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", date(2026, 11, 24), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Asia/Kathmandu", date(2026, 11, 24), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # the clocks change at midnight: the day begins at 01:00
        ("America/Havana", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 25),  # half an hour longer
    ],
)
def test_a_day_has_the_hours_its_zone_gives_it(zone: str, day: date, hours: int) -> None:
    assert days.hours_in(day, ZoneInfo(zone)) == hours


def test_a_day_begins_at_its_zones_midnight() -> None:
    start = days.day_start(date(2026, 11, 24), ZoneInfo("Asia/Kathmandu"))
    assert datetime.fromtimestamp(start / 1000, UTC) == datetime(2026, 11, 23, 18, 15, tzinfo=UTC)


def test_both_hours_of_a_repeated_hour_are_told_apart() -> None:
    zone, day = ZoneInfo("Europe/Berlin"), date(2026, 10, 25)
    assert days.hour_start(day, 2, zone).isoformat() == "2026-10-25T02:00:00+02:00"
    assert days.hour_start(day, 3, zone).isoformat() == "2026-10-25T02:00:00+01:00"


@given(
    st.integers(946_684_800, 2_208_988_800),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Havana", "Pacific/Apia", "America/St_Johns"]),
)
def test_every_instant_lies_in_an_hour_of_its_day(second: int, name: str) -> None:
    zone = ZoneInfo(name)
    t = second * 1000
    day = days.day_of(t, zone)
    hour = days.hour_of(t, day, zone)
    assert 0 <= hour <= 25
    start = days.hour_start(day, hour, zone)
    assert start <= datetime.fromtimestamp(t / 1000, zone) < start + timedelta(hours=1)
