"""The days that a period is compared with."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.days import Calendar
from chalicelib.errors import BadRequest
from chalicelib.report.comparisons import Comparison, parse
from chalicelib.report.periods import Period

# Sunday to Monday, nine days.
PERIOD = Period("custom", date(2026, 11, 15), date(2026, 11, 23))
BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar(((date.min, BERLIN),))


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, date(2026, 11, 6), date(2026, 11, 14)),
        ({"compare": "previous"}, date(2026, 11, 6), date(2026, 11, 14)),
        ({"compare": "year"}, date(2025, 11, 15), date(2025, 11, 23)),
        ({"compare": "custom", "compare_from": "2026-01-01"}, date(2026, 1, 1), date(2026, 1, 9)),
        ({"compare_from": "2026-01-01", "compare_to": "2026-01-31"}, date(2026, 1, 1), date(2026, 1, 31)),
        # The same weekdays: a Sunday to a Monday.
        ({"match_weekdays": "true"}, date(2026, 11, 1), date(2026, 11, 9)),
        ({"compare": "year", "match_weekdays": "true"}, date(2025, 11, 16), date(2025, 11, 24)),
        ({"compare_from": "2026-01-01", "match_weekdays": "true"}, date(2026, 1, 4), date(2026, 1, 12)),
        ({"compare_from": "2026-01-05", "match_weekdays": "true"}, date(2026, 1, 4), date(2026, 1, 12)),
        ({"match_weekdays": "false"}, date(2026, 11, 6), date(2026, 11, 14)),
    ],
)
def test_a_comparison_is_the_days_it_names(query: dict[str, str], first: date, last: date) -> None:
    comparison = parse(query, PERIOD)
    assert (comparison.first, comparison.last) == (first, last)


@pytest.mark.parametrize("length", range(1, 40))
def test_matched_weekdays_agree_and_the_previous_period_does_not_overlap(length: int) -> None:
    for kind in ("previous", "year"):
        period = Period("custom", PERIOD.first, PERIOD.first + timedelta(days=length - 1))
        comparison = parse({"compare": kind, "match_weekdays": "true"}, period)
        assert comparison.first.weekday() == period.first.weekday()
        assert len(comparison.days()) == length
        assert comparison.last < period.first or kind == "year"
        assert (period.first - comparison.last).days <= 7 or kind == "year"


def test_a_leap_day_is_compared_with_the_day_before() -> None:
    period = Period("custom", date(2028, 2, 29), date(2028, 3, 1))
    comparison = parse({"compare": "year"}, period)
    assert (comparison.first, comparison.last) == (date(2027, 2, 28), date(2027, 3, 1))


def test_nothing_is_compared_with_no_days() -> None:
    assert parse({"compare": "none"}, PERIOD).days() == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"compare": "before"}, "compare"),
        ({"compare": "custom"}, "compare_from"),
        ({"compare_from": "x"}, "compare_from"),
        ({"compare_from": "2026-01-02", "compare_to": "2026-01-01"}, "compare_to"),
        ({"compare_from": "1990-01-02", "compare_to": "2026-01-01"}, "compare_from"),
        ({"match_weekdays": "yes"}, "match_weekdays"),
    ],
)
def test_a_wrong_comparison_is_rejected_naming_the_field(query: dict[str, str], field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        parse(query, PERIOD)
    assert raised.value.field == field


def test_a_period_that_is_not_over_is_compared_up_to_the_same_minute() -> None:
    now = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    days = (date(2026, 11, 14), date(2026, 11, 22))
    assert Comparison("previous", *days).same_minute(PERIOD, CALENDAR, now) == 10 * 60 + 30
    assert Comparison("year", *days).same_minute(PERIOD, CALENDAR, now) == 10 * 60 + 30
    assert Comparison("custom", *days).same_minute(PERIOD, CALENDAR, now) is None
    assert Comparison("previous", *days).same_minute(PERIOD, CALENDAR, now + timedelta(days=1)) is None
