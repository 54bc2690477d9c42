"""The points of a series: by minute, hour, day, week and month, also when the clocks change."""

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from chalicelib import config
from chalicelib.catalogue import Totals
from chalicelib.days import Calendar
from chalicelib.errors import BadRequest
from chalicelib.report import intervals
from chalicelib.report.periods import Period

CALENDAR = Calendar(((date.min, ZoneInfo("Europe/Berlin")),))
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize(
    ("days", "interval"),
    [(3, "hour"), (4, "day"), (366, "day"), (400, "day"), (401, "week"), (1100, "week"), (1101, "month")],
)
def test_the_default_gives_a_readable_number_of_points(days: int, interval: str) -> None:
    first = date(2023, 11, 1)
    assert intervals.default(Period("custom", first, first + timedelta(days=days - 1))) == interval


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (date(2026, 3, 30), 24), (AUTUMN, 25)])
def test_a_day_has_as_many_hours_and_minutes_as_the_clock_shows(day: date, hours: int) -> None:
    by_hour = intervals.points(CALENDAR, day, day, "hour", {(day, 22): Totals(1, 2, 3)})
    assert len(by_hour) == hours
    assert [index for index, point in enumerate(by_hour) if point.pageviews] == [22]
    by_minute = intervals.points(CALENDAR, day, day, "minute", {})
    assert len(by_minute) == hours * 60
    assert all(after.t - before.t == timedelta(minutes=1) for before, after in pairwise(by_minute))


def test_weeks_begin_on_monday_and_the_first_one_with_the_period() -> None:
    first, last = date(2026, 11, 19), date(2026, 12, 1)  # Thursday to Tuesday
    counts = {(first + timedelta(days=number), intervals.WHOLE_DAY): Totals(1, 2, 3) for number in range(13)}
    points = intervals.points(CALENDAR, first, last, "week", counts)
    assert [(point.t.date(), point.visitors, point.visits, point.pageviews) for point in points] == [
        (date(2026, 11, 19), 4, 8, 12),
        (date(2026, 11, 23), 7, 14, 21),
        (date(2026, 11, 30), 2, 4, 6),
    ]


def test_months_begin_on_the_first_and_the_first_one_with_the_period() -> None:
    points = intervals.points(CALENDAR, date(2026, 9, 15), date(2026, 11, 2), "month", {})
    assert [point.t.date() for point in points] == [date(2026, 9, 15), date(2026, 10, 1), date(2026, 11, 1)]


@pytest.mark.parametrize(("interval", "most"), [("minute", config.MAX_MINUTE_DAYS), ("hour", config.MAX_HOUR_DAYS)])
def test_a_period_by_minute_or_hour_is_limited(interval: str, most: int) -> None:
    first = date(2026, 1, 1)
    period = Period("custom", first, first + timedelta(days=most - 1))
    assert intervals.parse({"interval": interval}, period, most) == interval
    with pytest.raises(BadRequest, match="longer interval") as raised:
        intervals.parse({"interval": interval}, period, most + 1)
    assert raised.value.field == "interval"


def test_an_unknown_interval_is_rejected_and_the_known_ones_are_listed() -> None:
    with pytest.raises(BadRequest, match="minute, hour, day, week, month"):
        intervals.parse({"interval": "year"}, Period("custom", SPRING, SPRING), 1)
