"""Periods by name and by dates, on the site's calendar."""

from datetime import UTC, date, datetime

import pytest

from chalicelib import catalogue
from chalicelib.catalogue.periods import ALL, CUSTOM
from chalicelib.errors import BadRequest
from chalicelib.report import comparisons
from chalicelib.report.periods import MAX_DAYS, Period, parse
from chalicelib.store import rollups
from chalicelib.store.sites import Site

# In Auckland it is already the 25th.
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)
SITE = Site("x", "Test", "example.com", "Pacific/Auckland")
NAMED = [
    ("today", date(2026, 11, 25), date(2026, 11, 25)),
    ("yesterday", date(2026, 11, 24), date(2026, 11, 24)),
    ("7d", date(2026, 11, 19), date(2026, 11, 25)),
    ("28d", date(2026, 10, 29), date(2026, 11, 25)),
    ("30d", date(2026, 10, 27), date(2026, 11, 25)),
    ("90d", date(2026, 8, 28), date(2026, 11, 25)),
    ("91d", date(2026, 8, 27), date(2026, 11, 25)),
    ("month", date(2026, 11, 1), date(2026, 11, 25)),
    ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
    ("year", date(2026, 1, 1), date(2026, 11, 25)),
    ("12mo", date(2025, 12, 1), date(2026, 11, 25)),
    ("all", date(2020, 2, 29), date(2026, 11, 25)),
]


@pytest.fixture(autouse=True)
def _figures_since(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "first_day", lambda _site: date(2020, 2, 29))


@pytest.mark.parametrize(("name", "first", "last"), NAMED)
def test_a_name_stands_for_days_of_the_sites_calendar(name: str, first: date, last: date) -> None:
    assert parse({"period": name}, SITE, NOW) == Period(name, first, last)


def test_every_name_is_tested() -> None:
    assert [name for name, _, _ in NAMED] == [name for name in catalogue.PERIODS if name != CUSTOM]


def test_no_two_periods_have_the_same_key() -> None:
    letters = [period.letter for period in catalogue.PERIODS.values() if period.offered]
    assert len({*letters}) == len(letters)


@pytest.mark.parametrize(
    ("now", "first"),
    [(datetime(2026, 12, 31, tzinfo=UTC), date(2026, 1, 1)), (datetime(2027, 1, 1, tzinfo=UTC), date(2026, 2, 1))],
)
def test_twelve_months_have_each_month_once(now: datetime, first: date) -> None:
    assert parse({"period": "12mo"}, SITE, now).first == first


@pytest.mark.parametrize(
    ("earliest", "length"), [(None, 1), (date(2026, 11, 24), 2), (date(2026, 11, 26), 1), (date(1999, 1, 1), MAX_DAYS)]
)
def test_all_time_begins_with_the_first_figures(
    monkeypatch: pytest.MonkeyPatch, earliest: date | None, length: int
) -> None:
    monkeypatch.setattr(rollups, "first_day", lambda _site: earliest)
    period = parse({"period": "all"}, SITE, NOW)
    assert (period.length, period.last) == (length, TODAY)


def test_all_time_is_compared_with_nothing_unless_it_is_asked_for() -> None:
    period = parse({"period": ALL}, SITE, NOW)
    assert comparisons.usual(period).days() == []
    assert comparisons.parse({}, period) == comparisons.usual(period) == comparisons.nothing(period)
    assert comparisons.parse({"compare": "year"}, period).days() != []
    assert comparisons.usual(parse({"period": "7d"}, SITE, NOW)).kind == comparisons.PREVIOUS


def test_without_a_name_it_is_the_last_30_days_or_the_dates() -> None:
    assert parse({}, SITE, NOW).name == "30d"
    assert parse({"from": "2026-11-01", "to": "2026-11-03"}, SITE, NOW).length == 3
    assert parse({"from": "2026-11-20"}, SITE, NOW).last == date(2026, 11, 25)


def test_the_period_before_is_as_long_and_ends_where_this_begins() -> None:
    period = parse({"from": "2026-11-01", "to": "2026-11-03"}, SITE, NOW)
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
        parse(query, SITE, NOW)
    assert error.value.field == field
