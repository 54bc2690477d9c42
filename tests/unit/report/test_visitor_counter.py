"""The figures of badge and counter: read from stored rollups, cached, never built."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib import timed_cache
from chalicelib.aggregate import leased_builds
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.catalogue import Totals
from chalicelib.errors import BadRequest
from chalicelib.report import visitor_counter
from chalicelib.report.period_rollups import Stored
from chalicelib.report.periods import Period
from chalicelib.store import rollups
from chalicelib.store.sites import Site

# In Auckland it is already the 25th.
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
SITE = Site("x", "Test", "example.com", "Pacific/Auckland")
TODAY = date(2026, 11, 25)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Period]:
    """The periods that were read from storage; each has as many visitors as days."""
    found: list[Period] = []

    def of_period(_site: Site, period: Period, today: date, *, tables: bool, compare: bool) -> Stored:
        assert (today, tables, compare) == (TODAY, False, False)
        found.append(period)
        return Stored({}, Rollup(totals=Totals(visitors=period.length, pageviews=2 * period.length)), None)

    def build(*_: Any) -> None:
        raise AssertionError("a counter must not build days")

    monkeypatch.setattr(visitor_counter, "of_period", of_period)
    monkeypatch.setattr(leased_builds, "build", build)
    monkeypatch.setattr(rollups, "first_day", lambda _site: date(2020, 2, 28))
    timed_cache.reset_all()
    return found


@pytest.mark.parametrize(
    ("period", "first"),
    [
        ("today", TODAY), ("7d", date(2026, 11, 19)), ("30d", date(2026, 10, 27)), ("all", date(2020, 2, 28)),
    ],
)  # fmt: skip
def test_a_period_ends_today_on_the_sites_calendar(read: list[Period], period: str, first: date) -> None:
    count = visitor_counter.count(SITE, period, NOW)
    length = (TODAY - first).days + 1
    assert count == visitor_counter.Count(period, first, TODAY, length, 2 * length)


def test_all_periods_are_those_and_no_other(read: list[Period]) -> None:
    assert visitor_counter.PERIODS == ("today", "7d", "30d", "all")
    for period in ("", "90d", "custom", "ALL"):
        with pytest.raises(BadRequest) as refused:
            visitor_counter.count(SITE, period, NOW)
        assert refused.value.field == "period"


def test_a_site_without_a_hit_has_no_visitors_of_today(read: list[Period], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "first_day", lambda _site: None)
    assert visitor_counter.count(SITE, "all", NOW).first == TODAY


def test_storage_is_read_once_for_many_requests(read: list[Period]) -> None:
    for _ in range(10):
        visitor_counter.count(SITE, "7d", NOW)
    assert len(read) == 1
    visitor_counter.count(dataclasses.replace(SITE, id="y"), "7d", NOW)
    visitor_counter.count(SITE, "30d", NOW)
    assert len(read) == 3
