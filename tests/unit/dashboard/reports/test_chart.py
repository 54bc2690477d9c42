"""The chart: round gridlines, right places, and an unfinished bucket that does not look like a fall."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import catalogue
from chalicelib.catalogue import Totals
from chalicelib.dashboard.reports import chart, chart_axis
from chalicelib.dashboard.reports.chart import Chart
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report.stats import Point, Stats
from tests.unit.dashboard import samples

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 15, 20, tzinfo=BERLIN)


def daily(first: date, count: int, zone: ZoneInfo = BERLIN) -> list[Point]:
    return [Point(datetime.combine(first + timedelta(i), time(), zone), Totals(i, i, 2 * i)) for i in range(count)]


def hourly(day: date, count: int = 24) -> list[Point]:
    begin = datetime.combine(day, time(), BERLIN)
    return [Point(begin + timedelta(hours=i), Totals(i, i, 2 * i)) for i in range(count)]


def stats_of(series: Sequence[Point], interval: str, last: date | None = None, compared: Sequence[Point] = ()) -> Stats:
    first = series[0].t.date() if series else NOW.date()
    last = last or (series[-1].t.date() if series else first)
    full = samples.full()
    return dataclasses.replace(
        full, first=first, last=last, series=tuple(series), compare_series=tuple(compared), interval=interval
    )


def plot(
    series: Sequence[Point],
    interval: str,
    now: datetime = NOW,
    metric: str = "visitors",
    compared: Sequence[Point] = (),
    last: date | None = None,
) -> Chart:
    return chart.plot(stats_of(series, interval, last, compared), catalogue.METRICS[metric], now, PageQuery())


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
    assert chart_axis.nice_ticks(largest) == ticks


@given(st.integers(3, 10**12))
def test_gridlines_hold_every_value_and_waste_little(largest: int) -> None:
    ticks = chart_axis.nice_ticks(largest)
    assert ticks[0] == 0
    assert largest <= ticks[-1] <= 2 * largest
    assert 4 <= len(ticks) <= 6
    assert len({b - a for a, b in itertools.pairwise(ticks)}) == 1


def test_the_bucket_that_is_not_over_is_dotted() -> None:
    drawn = plot(daily(date(2026, 11, 18), 7), "day")
    assert drawn.line.solid.count("L") == 5  # six finished days
    assert drawn.line.dotted.count("L") == 1
    assert drawn.columns[-1].title == "Tue 24 Nov (so far)"
    assert drawn.columns[-2].title == "Mon 23 Nov"


def test_a_finished_period_has_nothing_dotted() -> None:
    drawn = plot(daily(date(2026, 11, 1), 7), "day")
    assert drawn.line.dotted == ""
    assert drawn.line.solid.count("L") == 6


def test_the_future_keeps_its_place_but_is_not_drawn() -> None:
    drawn = plot(hourly(NOW.date()), "hour")
    assert drawn.places == 24
    assert len(drawn.columns) == 16
    assert drawn.line.end is not None
    assert drawn.line.end[0] == pytest.approx(15 / 23 * 100, abs=0.01)


def test_one_bucket_is_a_dot_in_the_middle() -> None:
    drawn = plot(daily(date(2026, 11, 1), 1), "day")
    assert drawn.line.solid == ""
    assert drawn.line.end == (50.0, 200.0)


def test_no_buckets_at_all() -> None:
    drawn = plot([], "day")
    assert drawn.columns == ()
    assert drawn.line == chart.Line("", "", "", None)


def test_columns_cover_the_width_without_gaps() -> None:
    columns = plot(daily(date(2026, 10, 1), 31), "day").columns
    assert columns[0].x == 0
    for before, after in itertools.pairwise(columns):
        assert before.x + before.width == pytest.approx(after.x, abs=0.02)
    assert columns[-1].x + columns[-1].width == pytest.approx(100, abs=0.02)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 28, 30, 31, 90, 92, 183, 365, 730, 3660])
def test_there_are_a_few_labels_however_long_the_period(count: int) -> None:
    labels = plot(daily(date(2016, 12, 30), count), "day").labels
    assert 1 <= len(labels) <= 13


def test_hours_are_labelled_at_round_hours_in_the_sites_zone() -> None:
    texts = [label.text for label in plot(hourly(date(2026, 11, 20)), "hour").labels]
    assert texts == ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]
    texts = [label.text for label in plot(hourly(date(2026, 11, 20), 72), "hour").labels]
    assert texts == ["20 Nov", "12:00", "21 Nov", "12:00", "22 Nov", "12:00"]


def test_years_are_labelled_by_month_and_year() -> None:
    texts = [label.text for label in plot(daily(date(2026, 1, 1), 365), "day").labels]
    assert texts == ["2026", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def test_sparklines_stay_in_their_box() -> None:
    line = chart.sparkline(stats_of(daily(date(2026, 10, 26), 30), "day"), NOW)
    heights = [float(place.split(" ")[1]) for place in line.solid[1:].split("L")]
    assert min(heights) >= 2
    assert max(heights) <= 30
    assert chart.sparkline(stats_of([], "day"), NOW).solid == ""


@pytest.mark.parametrize(
    ("unit", "largest", "texts"),
    [
        ("count", 2400, ["0", "500", "1k", "1.5k", "2k", "2.5k"]),
        ("fraction", 0.734, ["0%", "25%", "50%", "75%"]),
        ("percent", 63, ["0%", "25%", "50%", "75%"]),
        ("seconds", 84.2, ["0s", "30s", "1m", "1m 30s"]),
        ("seconds", 5000, ["0s", "30m", "1h", "1h 30m"]),
        ("milliseconds", 1240, ["0", "250 ms", "500 ms", "750 ms", "1 s", "1.25 s"]),
        ("mean", 2.31, ["0", "1", "2", "3"]),
    ],
)
def test_gridlines_are_round_in_the_unit_of_the_metric(unit: catalogue.Unit, largest: float, texts: list[str]) -> None:
    ticks = chart_axis.ticks_of(unit, largest)
    assert [text for _, text in ticks] == texts
    assert ticks[-1][0] >= largest


@given(st.floats(0, 1e6))
def test_gridlines_of_durations_hold_every_value(largest: float) -> None:
    ticks = chart_axis.ticks_of("seconds", largest)
    assert ticks[-1][0] >= largest
    assert 2 <= len(ticks) <= 6


def test_a_ratio_without_data_leaves_a_gap() -> None:
    series = daily(date(2026, 11, 1), 7)  # the first day has no visits
    known = [dataclasses.replace(point, sums=dataclasses.replace(point.sums, bounces=1)) for point in series]
    known[3] = dataclasses.replace(known[3], sums=Totals())
    drawn = plot(known, "day", metric="bounce_rate")
    assert drawn.line.solid.count("M") == 2
    assert [column.y is None for column in drawn.columns] == [True, False, False, True, False, False, False]
    assert drawn.columns[3].cells[0] == "—"
    assert drawn.columns[1].cells == ("100.0%", "1", "1", "2")
    assert drawn.heads[:2] == ("Bounce rate", "Visitors")


def test_what_is_compared_is_drawn_as_a_line_of_its_own_on_the_same_scale() -> None:
    drawn = plot(daily(date(2026, 11, 8), 7), "day", compared=[*daily(date(2026, 11, 1), 9)][2:])
    assert [tick.text for tick in drawn.ticks][-1] == "8"  # of the larger ones
    assert drawn.compared.count("L") == 6
    assert (drawn.heads[-1], drawn.columns[0].cells[-1]) == ("Compared: Visitors", "2")
    assert plot(daily(date(2026, 11, 8), 7), "day").compared == ""


def test_buckets_lead_to_their_days() -> None:
    weekly = daily(date(2026, 11, 2), 22)[::7]
    drawn = plot(weekly, "week", last=date(2026, 11, 24))
    assert [column.title for column in drawn.columns] == ["2–8 Nov", "9–15 Nov", "16–22 Nov", "23–24 Nov (so far)"]
    assert drawn.columns[0].href == "?period=custom&from=2026-11-02&to=2026-11-08"
    assert drawn.line.dotted
    assert plot(weekly, "week", datetime(2026, 12, 1, tzinfo=BERLIN), last=date(2026, 11, 24)).line.dotted == ""
    today = plot(hourly(NOW.date()), "hour")
    assert {column.href for column in today.columns} == {""}  # an hour is shown as its day, which is the page already
    assert (
        plot(hourly(date(2026, 11, 20), 48), "hour").columns[30].href == "?period=custom&from=2026-11-21&to=2026-11-21"
    )


def test_months_and_long_periods_by_the_hour_are_labelled() -> None:
    months = [Point(datetime(2026, month, 1, tzinfo=BERLIN), Totals(1, 1, 1)) for month in range(1, 13)]
    assert [label.text for label in plot(months, "month").labels][:3] == ["2026", "Feb", "Mar"]
    assert 1 <= len(plot(hourly(date(2026, 10, 1), 31 * 24), "hour").labels) <= 9
    minutes = [Point(datetime(2026, 11, 20, tzinfo=BERLIN) + timedelta(minutes=i), Totals()) for i in range(1440)]
    assert [label.text for label in plot(minutes, "minute").labels][:2] == ["00:00", "03:00"]
