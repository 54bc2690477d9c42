"""How fast the dashboard is: the overview of 30 days with 100,000 page views, asked of the program in this process."""

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

from bench.aggregation import day_rollup
from bench.figure import Figure, Part
from bench.request import Context, body_of, event

_DAYS = 30
_VISITS_A_DAY = 1_390  # 2.4 page views each
_RUNS = 15


def measure() -> Part:
    """Server time and bytes of the overview, and of the same figures as JSON."""
    from app import app

    site, views, cookie = _prepare()
    page = event("GET", "/sites/{site}", {"site": site}, query={"period": "30d"}, headers={"Cookie": cookie})
    stats = event(
        "GET", "/api/v1/sites/{site}/stats", {"site": site}, query={"period": "30d"}, headers={"Cookie": cookie}
    )
    page_ms, page_cpu, html = _ask(app, page)
    stats_ms, _, json = _ask(app, stats)
    return Part(
        f"Overview (30 days, {views:,} page views, signed in, warm; with the local DynamoDB)",
        [
            Figure("HTML: server time", page_ms, "ms", 60, f"median of {_RUNS}"),
            Figure("HTML: CPU", page_cpu, "ms"),
            Figure("HTML: bytes", len(html), "bytes"),
            Figure("HTML: bytes, gzip", len(gzip.compress(html, 6)), "bytes", 30 * 1024),
            Figure("JSON: server time", stats_ms, "ms", note=f"{len(json):,} bytes"),
        ],
    )


def _prepare() -> tuple[str, int, str]:
    """(site, page views, cookie): a site with 30 days of rollups, and somebody who is signed in."""
    from chalicelib.accounts import people, sessions
    from chalicelib.config import settings
    from chalicelib.store import rollups
    from chalicelib.store.secrets import signing_key
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
    person = people.create_administrator("bench@example.com", None)
    session = sessions.begin(person.id, person.epoch, int(time.time()))
    token = sessions.seal(session, signing_key(), settings().prefix)
    return site.id, total, f"{sessions.cookie_name(secure=True)}={token}"


def _ask(app: Any, given: dict[str, Any]) -> tuple[float, float, bytes]:
    """(ms, CPU ms, body) of an answer, once everything is loaded."""
    with contextlib.redirect_stdout(io.StringIO()):
        body = body_of(app(given, Context()))
        times, cpu = [], time.process_time()
        for _ in range(_RUNS):
            began = time.perf_counter()
            app(given, Context())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), (time.process_time() - cpu) * 1000 / _RUNS, body
