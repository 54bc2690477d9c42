"""The chart: round gridlines, right places, and an unfinished bucket that does not look like a fall."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.dashboard.reports import chart
from chalicelib.report.stats import Point

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 15, 20, tzinfo=BERLIN)


def daily(first: date, count: int, zone: ZoneInfo = BERLIN) -> list[Point]:
    return [Point(datetime.combine(first + timedelta(i), time(), zone), i, i, 2 * i) for i in range(count)]


def hourly(day: date, count: int = 24) -> list[Point]:
    begin = datetime.combine(day, time(), BERLIN)
    return [Point(begin + timedelta(hours=i), i, i, 2 * i) for i in range(count)]


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (2, [0, 1, 2]),
        (7, [0, 2, 4, 6, 8]),
        (12, [0, 5, 10, 15]),
        (74, [0, 25, 50, 75]),
        (2400, [0, 500, 1000, 1500, 2000, 2500]),
    ],
)
def test_gridlines_are_round(largest: int, ticks: list[int]) -> None:
    assert chart.nice_ticks(largest) == ticks


@given(st.integers(3, 10**12))
def test_gridlines_hold_every_value_and_waste_little(largest: int) -> None:
    ticks = chart.nice_ticks(largest)
    assert ticks[0] == 0
    assert largest <= ticks[-1] <= 2 * largest
    assert 4 <= len(ticks) <= 6
    assert len({b - a for a, b in itertools.pairwise(ticks)}) == 1


def test_the_bucket_that_is_not_over_is_dotted() -> None:
    drawn = chart.plot(daily(date(2026, 11, 18), 7), "day", NOW)
    assert drawn.visitors.solid.count("L") == 5  # six finished days
    assert drawn.visitors.dotted.count("L") == 1
    assert drawn.columns[-1].title == "Tue 24 Nov (so far)"
    assert drawn.columns[-2].title == "Mon 23 Nov"


def test_a_finished_period_has_nothing_dotted() -> None:
    drawn = chart.plot(daily(date(2026, 11, 1), 7), "day", NOW)
    assert drawn.visitors.dotted == ""
    assert drawn.visitors.solid.count("L") == 6


def test_the_future_keeps_its_place_but_is_not_drawn() -> None:
    drawn = chart.plot(hourly(NOW.date()), "hour", NOW)
    assert drawn.places == 24
    assert len(drawn.columns) == 16
    assert drawn.visitors.end is not None
    assert drawn.visitors.end[0] == pytest.approx(15 / 23 * 100, abs=0.01)


def test_one_bucket_is_a_dot_in_the_middle() -> None:
    drawn = chart.plot(daily(date(2026, 11, 1), 1), "day", NOW)
    assert drawn.visitors.solid == ""
    assert drawn.visitors.end == (50.0, 200.0)


def test_no_buckets_at_all() -> None:
    drawn = chart.plot([], "day", NOW)
    assert drawn.columns == ()
    assert drawn.visitors == chart.Line("", "", "", None)


def test_columns_cover_the_width_without_gaps() -> None:
    columns = chart.plot(daily(date(2026, 10, 1), 31), "day", NOW).columns
    assert columns[0].x == 0
    for before, after in itertools.pairwise(columns):
        assert before.x + before.width == pytest.approx(after.x, abs=0.02)
    assert columns[-1].x + columns[-1].width == pytest.approx(100, abs=0.02)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 28, 30, 31, 90, 92, 183, 365, 730, 3660])
def test_there_are_a_few_labels_however_long_the_period(count: int) -> None:
    labels = chart.plot(daily(date(2016, 12, 30), count), "day", NOW).labels
    assert 1 <= len(labels) <= 13


def test_hours_are_labelled_at_round_hours_in_the_sites_zone() -> None:
    texts = [label.text for label in chart.plot(hourly(date(2026, 11, 20)), "hour", NOW).labels]
    assert texts == ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]
    texts = [label.text for label in chart.plot(hourly(date(2026, 11, 20), 72), "hour", NOW).labels]
    assert texts == ["20 Nov", "12:00", "21 Nov", "12:00", "22 Nov", "12:00"]


def test_years_are_labelled_by_month_and_year() -> None:
    texts = [label.text for label in chart.plot(daily(date(2026, 1, 1), 365), "day", NOW).labels]
    assert texts == ["2026", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def test_sparklines_stay_in_their_box() -> None:
    line = chart.sparkline(daily(date(2026, 10, 26), 30), "day", NOW)
    heights = [float(place.split(" ")[1]) for place in line.solid[1:].split("L")]
    assert min(heights) >= 2
    assert max(heights) <= 30
    assert chart.sparkline([], "day", NOW).solid == ""
