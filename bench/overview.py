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
from typing import TYPE_CHECKING, Any

from bench.aggregation import day_rollup
from chalicelib.dashboard import static_files
from harness.lambda_requests import Context, body_of, event
from harness.measurement import Measurement, Section
from harness.sample_day import site_in

if TYPE_CHECKING:
    from chalicelib.store.people import Person

_DAYS = 30
_VISITS_A_DAY = 1_390  # 2.4 page views each
_RUNS = 15


def measure() -> Section:
    """Server time and size of the overview, and of the same statistics as JSON."""
    site, views, cookie = prepare()
    page = event("GET", "/sites/{site}", {"site": site}, query={"period": "30d"}, headers={"Cookie": cookie})
    stats = event(
        "GET", "/api/v1/sites/{site}/stats", {"site": site}, query={"period": "30d"}, headers={"Cookie": cookie}
    )
    page_ms, page_cpu, html = ask(page)
    stats_ms, _, json = ask(stats)
    return Section(
        f"Overview (30 days, {views:,} page views, signed in, warm; with the local DynamoDB)",
        [
            Measurement("HTML: server time", page_ms, "ms", 60, f"median of {_RUNS}"),
            Measurement("HTML: CPU", page_cpu, "ms"),
            Measurement("HTML: bytes", len(html), "bytes"),
            Measurement("HTML: bytes, gzip", len(gzip.compress(html, 6)), "bytes", 30 * 1024),
            *_assets(html),
            Measurement("JSON: server time", stats_ms, "ms", note=f"{len(json):,} bytes"),
        ],
    )


def _assets(html: bytes) -> list[Measurement]:
    """The sizes of the static files that the page names, packed; browsers keep them for a year."""
    named = [one for one in static_files.assets().values() if one.name.encode() in html]
    sizes = {one.name.split(".")[0]: len(gzip.compress(one.content, 6)) for one in named}
    largest = ", ".join(f"{name} {size:,}" for name, size in sorted(sizes.items(), key=lambda each: -each[1])[:4])
    return [
        Measurement("Assets: files", len(sizes), ""),
        Measurement("Assets: bytes, gzip", sum(sizes.values()), "bytes", 60 * 1024, largest),
    ]


def prepare() -> tuple[str, int, str]:
    """(site, page views, cookie): a site with 30 days of rollups, and the session cookie of a signed-in person."""
    from chalicelib.store import rollups

    site = site_in("UTC", "Overview")
    rng, total, today = random.Random(7), 0, datetime.now(UTC).date()
    for number in range(_DAYS):
        day = today - timedelta(days=number)
        start = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
        _, packed, views = day_rollup(_VISITS_A_DAY, day, start, rng)
        rollups.put(site.id, rollups.StoredRollup(day, packed, start, uuid.uuid4().hex), None)
        total += views
    return site.id, total, signed_in()


def signed_in(person: Person | None = None) -> str:
    """The session cookie of a person who is signed in; by default, of a new administrator."""
    from chalicelib.accounts.access import sessions
    from chalicelib.accounts.people import people
    from chalicelib.config import settings
    from chalicelib.store import browser_sessions
    from chalicelib.store.browser_sessions import BrowserSession
    from chalicelib.store.signing_key import signing_key

    person = person or people.create_administrator(f"{uuid.uuid4().hex}@example.com", None)
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
