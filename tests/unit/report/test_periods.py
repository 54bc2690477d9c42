"""Periods by name and by dates, on the site's calendar."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from chalicelib.errors import BadRequest
from chalicelib.report.periods import Period, parse

# In Auckland it is already the 25th.
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
AUCKLAND = ZoneInfo("Pacific/Auckland")


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 11, 25), date(2026, 11, 25)),
        ("yesterday", date(2026, 11, 24), date(2026, 11, 24)),
        ("7d", date(2026, 11, 19), date(2026, 11, 25)),
        ("30d", date(2026, 10, 27), date(2026, 11, 25)),
        ("90d", date(2026, 8, 28), date(2026, 11, 25)),
        ("month", date(2026, 11, 1), date(2026, 11, 25)),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("year", date(2026, 1, 1), date(2026, 11, 25)),
    ],
)
def test_a_name_stands_for_days_of_the_sites_calendar(name: str, first: date, last: date) -> None:
    assert parse({"period": name}, AUCKLAND, NOW) == Period(name, first, last)


def test_without_a_name_it_is_the_last_30_days_or_the_dates() -> None:
    assert parse({}, AUCKLAND, NOW).name == "30d"
    assert parse({"from": "2026-11-01", "to": "2026-11-03"}, AUCKLAND, NOW).length == 3
    assert parse({"from": "2026-11-20"}, AUCKLAND, NOW).last == date(2026, 11, 25)


def test_the_period_before_is_as_long_and_ends_where_this_begins() -> None:
    period = parse({"from": "2026-11-01", "to": "2026-11-03"}, AUCKLAND, NOW)
    assert period.before() == (date(2026, 10, 29), date(2026, 10, 31))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"period": "fortnight"}, "period"),
        ({"period": "custom"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-11-05", "to": "2026-11-04"}, "to"),
        ({"from": "1492-10-12", "to": "2026-11-04"}, "from"),
        ({"from": "2000-01-01", "to": "2026-11-04"}, "from"),
        ({"to": "2026-11-04"}, "from"),
    ],
)
def test_what_is_no_period_is_refused_by_name(query: dict[str, str], field: str) -> None:
    with pytest.raises(BadRequest) as error:
        parse(query, AUCKLAND, NOW)
    assert error.value.field == field
