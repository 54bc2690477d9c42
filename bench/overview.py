"""The time to render the dashboard's overview of 30 days with 100,000 page views, in this process."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import statistics
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from bench.aggregation import day_rollup
from harness.lambda_requests import Context, body_of, event
from harness.measurement import Measurement, Section

_DAYS = 30
_VISITS_A_DAY = 1_390  # 2.4 page views each
_RUNS = 15
_YEAR, _KINDS_OF_DAYS = 365, 20


def measure() -> Section:
    """Server time and size of the overview, and of the same statistics as JSON."""
    site, views, cookie = _prepare()
    page = event("GET", "/sites/{site}", {"site": site}, query={"period": "30d"}, headers={"Cookie": cookie})
    stats = event(
        "GET", "/api/v1/sites/{site}/stats", {"site": site}, query={"period": "30d"}, headers={"Cookie": cookie}
    )
    page_ms, page_cpu, html = ask(page)
    stats_ms, _, json = ask(stats)
    year_first, year_again = _year()
    return Section(
        f"Overview (30 days, {views:,} page views, signed in, warm; with the local DynamoDB)",
        [
            Measurement("HTML: server time", page_ms, "ms", 60, f"median of {_RUNS}"),
            Measurement("HTML: CPU", page_cpu, "ms"),
            Measurement("HTML: bytes", len(html), "bytes"),
            Measurement("HTML: bytes, gzip", len(gzip.compress(html, 6)), "bytes", 30 * 1024),
            Measurement("JSON: server time", stats_ms, "ms", note=f"{len(json):,} bytes"),
            Measurement("a year of days with full tables, from daily rollups", year_first, "ms"),
            Measurement("the same, from monthly rollups", year_again, "ms"),
        ],
    )


def _prepare() -> tuple[str, int, str]:
    """(site, page views, cookie): a site with 30 days of rollups, and the session cookie of a signed-in person."""
    from chalicelib.store import rollups
    from chalicelib.store.sites import Site, put_site

    site = Site(str(uuid.uuid4()), "Overview", "lighthouse-journal.example", "UTC", created_at=int(time.time()))
    put_site(site)
    rng, total, today = random.Random(7), 0, datetime.now(UTC).date()
    for number in range(_DAYS):
        day = today - timedelta(days=number)
        start = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
        _, packed, views = day_rollup(_VISITS_A_DAY, day, start, rng)
        rollups.put(site.id, rollups.StoredRollup(day, packed, start, uuid.uuid4().hex), None)
        total += views
    return site.id, total, signed_in()


def _year() -> tuple[float, float]:
    """Ms for the statistics of a year whose days have the maximum number of rows: from daily and monthly rollups."""
    from chalicelib import catalogue
    from chalicelib.aggregate import rollup_sums
    from chalicelib.config import TABLE_ROWS
    from chalicelib.report import period_rollups, site_stats
    from chalicelib.report.periods import Period
    from chalicelib.store import rollups
    from chalicelib.store.sites import Site, put_site

    site = Site(str(uuid.uuid4()), "Year", "lighthouse-journal.example", "UTC", created_at=int(time.time()))
    put_site(site)
    rng, now = random.Random(7), datetime.now(UTC)
    period = Period("custom", now.date() - timedelta(days=_YEAR - 1), now.date())
    days = []
    for _ in range(_KINDS_OF_DAYS):
        tables = {
            table: [
                (f"/{table}/a-name-{name}", rng.randrange(99), 9, 9) for name in rng.sample(range(2_000), TABLE_ROWS)
            ]
            for table in catalogue.DIMENSIONS
        }
        days.append(rollup_sums.pack(rollup_sums.Rollup(catalogue.Totals(9, 9, 9), tables=tables)))
    for number in range(2 * _YEAR):
        day = period.last - timedelta(days=number)
        rollups.put(site.id, rollups.StoredRollup(day, days[number % _KINDS_OF_DAYS], 1, uuid.uuid4().hex), None)
    times = []
    for budget_s in (0.0, 60.0, 0.0):  # from daily rollups; building the monthly ones; from monthly rollups
        started = time.perf_counter()
        with patch.object(period_rollups, "_SUM_BUDGET_S", budget_s):
            site_stats.stats(site, period, now)
        times.append((time.perf_counter() - started) * 1000)
    return times[0], times[2]


def signed_in() -> str:
    """The session cookie of an administrator who is signed in."""
    from chalicelib.accounts.access import sessions
    from chalicelib.accounts.people import people
    from chalicelib.config import settings
    from chalicelib.store import browser_sessions
    from chalicelib.store.browser_sessions import BrowserSession
    from chalicelib.store.signing_key import signing_key

    person = people.create_administrator(f"{uuid.uuid4().hex}@example.com", None)
    session = sessions.begin(person.id, person.epoch, int(time.time()))
    browser_sessions.add(person.id, BrowserSession(session.id, session.began, session.began, session.expires))
    return f"{sessions.cookie_name(secure=True)}={sessions.encode(session, signing_key(), settings().prefix)}"


def ask(given: dict[str, Any], runs: int = _RUNS) -> tuple[float, float, bytes]:
    """(median ms, CPU ms, body) of the answers to a request, once everything is loaded."""
    from app import app

    with contextlib.redirect_stdout(io.StringIO()):
        body = body_of(app(given, Context()))
        times, cpu = [], time.process_time()
        for _ in range(runs):
            started = time.perf_counter()
            app(given, Context())
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), (time.process_time() - cpu) * 1000 / runs, body
