"""The time of the unfiltered overview of a year, of a site with a million hits a month and of one with full tables."""

from __future__ import annotations

import contextlib
import io
import itertools
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from bench.overview import ask, signed_in
from harness.lambda_requests import Context, event
from harness.measurement import Measurement, Section
from harness.sample_day import site_in

if TYPE_CHECKING:
    from chalicelib.aggregate.rollup_sums import Rollup
    from chalicelib.store.sites import Site

_DAYS = 365
_VIEWS_A_DAY = round(1_000_000 / 30.4)
_VISITS_A_DAY = round(_VIEWS_A_DAY / 2.4)
_BUDGET_MS = 300
_KINDS_OF_DAYS = 20
_RUNS = 5
_EVENTS = 12
_FULL_NAMES = 2_000
# How many different values a site of this size has, by dimension. Their frequencies follow Zipf's law: the second is
# half as frequent as the first, the third a third, and so on.
_NAMES: Mapping[str, int] = {
    "pages": 3_000, "entry_pages": 2_000, "exit_pages": 2_000, "hostnames": 2, "referrers": 3_000, "sources": 400,
    "channels": 10, "campaigns": 60, "utm_sources": 30, "utm_mediums": 10, "utm_terms": 100, "utm_contents": 100,
    "countries": 180, "regions": 1_200, "cities": 8_000, "networks": 3_000, "browsers": 40, "systems": 15, "devices": 5,
    "screens": 4, "languages": 80, "browser_versions": 250, "system_versions": 60, "hours": 24, "weekdays": 1,
}  # fmt: skip
# The share of visits that have these dimensions.
_SHARES: Mapping[str, float] = {
    "referrers": 0.5, "campaigns": 0.1, "utm_sources": 0.1, "utm_mediums": 0.1, "utm_terms": 0.02, "utm_contents": 0.05,
}  # fmt: skip


def measure() -> Section:
    """Server time and CPU time of the page, from the sums of months and the days of the rest."""
    cookie = signed_in()
    usual = _page("1,000,000 hits a month", _usual_day, cookie, _BUDGET_MS)
    full = _page("500 rows in each table of a day", _full_day, cookie, None)
    return Section("Overview of a year, no filters (signed in, warm; with the local DynamoDB)", [*usual, *full])


def _page(name: str, make: Callable[[random.Random], Rollup], cookie: str, budget: float | None) -> list[Measurement]:
    site, rows = _stored(make)
    last = datetime.now(UTC).date()
    period = {"from": (last - timedelta(days=_DAYS - 1)).isoformat(), "to": last.isoformat()}
    page = event("GET", "/sites/{site}", {"site": site.id}, query=period, headers={"Cookie": cookie})
    with patch("chalicelib.report.period_rollups._SUM_BUDGET_S", 0.0):
        from_days = _first(page)
    with patch("chalicelib.report.period_rollups._SUM_BUDGET_S", 600.0):
        _first(page)
    first = _first(page)
    elapsed, cpu, _ = ask(page, _RUNS)
    note = f"{rows:,.0f} rows a day; {from_days:,.0f} ms of CPU as long as its months have no sums"
    return [
        Measurement(f"{name}: the first page of a container, CPU", first, "ms", budget),
        Measurement(f"{name}: server time", elapsed, "ms", note=note),
        Measurement(f"{name}: CPU", cpu, "ms", budget),
    ]


def _first(page: dict[str, Any]) -> float:
    """The CPU time of a page of which a function has nothing in memory, ms."""
    from app import app
    from chalicelib.report import recent_sums

    with contextlib.redirect_stdout(io.StringIO()):
        recent_sums.forget()
        started = time.process_time()
        app(page, Context())
    return (time.process_time() - started) * 1000


def _stored(make: Callable[[random.Random], Rollup]) -> tuple[Site, float]:
    """A new site with a year, and the year before to compare it with; and the rows of the tables of its average day."""
    from chalicelib.aggregate import rollup_sums
    from chalicelib.store import rollups

    site = site_in("UTC", "Year")
    rng, today = random.Random(7), datetime.now(UTC).date()
    made = [make(rng) for _ in range(_KINDS_OF_DAYS)]
    packed = [rollup_sums.pack(one) for one in made]
    for number in range(2 * _DAYS):
        day = today - timedelta(days=number)
        stored = rollups.StoredRollup(day, packed[number % _KINDS_OF_DAYS], 1, uuid.uuid4().hex)
        rollups.put(site.id, stored, None)
    return site, sum(len(rows) for one in made for rows in one.tables.values()) / len(made)


def _usual_day(rng: random.Random) -> Rollup:
    """A day with the rows that so many visits of so many different values have."""
    from chalicelib import catalogue
    from chalicelib.aggregate import rollup_sums
    from chalicelib.aggregate.event_rows import EventRow
    from chalicelib.config import TABLE_ROWS

    visitors = round(_VISITS_A_DAY * 0.9)
    rollup = rollup_sums.Rollup(catalogue.Totals(visitors, _VISITS_A_DAY, _VIEWS_A_DAY))
    for key, names in _NAMES.items():
        weights = list(itertools.accumulate(1 / rank for rank in range(1, names + 1)))
        drawn = Counter(rng.choices(range(names), cum_weights=weights, k=round(_VISITS_A_DAY * _SHARES.get(key, 1))))
        rows = [(f"/{key}/a-name-{name}", visits, visits, 2 * visits) for name, visits in drawn.most_common()]
        rollup_sums.fill(rollup, key, rows, TABLE_ROWS)
    rollup.events = [EventRow(f"Event {number}", 500, 400, {"EUR": (10**9, 90)}) for number in range(_EVENTS)]
    rollup.hours = [rollup_sums.Hour(hour, visitors // 24, catalogue.Totals(9, 9, 9)) for hour in range(24)]
    return rollup


def _full_day(rng: random.Random) -> Rollup:
    """A day whose tables have as many rows as are stored, different ones each day."""
    from chalicelib import catalogue
    from chalicelib.aggregate import rollup_sums
    from chalicelib.config import TABLE_ROWS

    tables = {
        key: [(f"/{key}/a-name-{name}", rng.randrange(99), 9, 9) for name in rng.sample(range(_FULL_NAMES), TABLE_ROWS)]
        for key in catalogue.DIMENSIONS
    }
    return rollup_sums.Rollup(catalogue.Totals(9, 9, 9), tables=tables)
