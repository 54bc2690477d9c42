"""The time of the home page of a person with a hundred sites, when nothing is new and when all sites have new hits."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import random
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bench.aggregation import visitor_hours
from bench.overview import ask, signed_in
from chalicelib.config import REFRESH_AFTER_S
from harness.lambda_requests import Context, body_of, event
from harness.measurement import Measurement, Section
from harness.sample_day import events_of_today, new_site

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from chalicelib.store.people import Person
    from chalicelib.store.sites import Site

_SITES = 100
_DAYS = 60  # the period of the page, and the one before it
_VISITS_A_DAY = 1_390
_VISITS_TODAY, _NEW_VISITS = 60, 10  # of each site
_BUDGET_MS = 500
_RUNS = 5


def measure() -> Section:
    """Server time and CPU time of the page, with figures of 30 days on each card."""
    person, sites = _person(), [new_site(f"Site {number}", hour=12) for number in range(_SITES)]
    _store(person, sites)
    page = event("GET", "/sites", {}, query={"period": "30d"}, headers={"Cookie": signed_in(person)})
    clean, clean_cpu, _ = ask(page, _RUNS)
    time.sleep(REFRESH_AFTER_S)
    _send(sites, _NEW_VISITS)
    dirty, dirty_cpu, body = _first(page)
    note = f"about {_NEW_VISITS} new visits each; {body.count(b'are being updated')} sites show their previous figures"
    return Section(
        f"Home page ({_SITES} sites, 30 days, signed in, warm; with the local DynamoDB)",
        [
            Measurement("nothing new: server time", clean, "ms", _BUDGET_MS),
            Measurement("nothing new: CPU", clean_cpu, "ms"),
            Measurement("new hits at all sites: server time", dirty, "ms", _BUDGET_MS, note),
            Measurement("new hits at all sites: CPU", dirty_cpu, "ms"),
        ],
    )


def _person() -> Person:
    from chalicelib.store import people

    return people.add_person(people.Person(str(uuid.uuid4()), f"{uuid.uuid4().hex}@example.com", "Owner", created_at=1))


def _store(person: Person, sites: Sequence[Site]) -> None:
    """Give the sites to the person, and each the figures of days, today's built from its hits."""
    from chalicelib.aggregate import day_sums, month_sums
    from chalicelib.aggregate.build_day import refresh
    from chalicelib.store import people, rollups

    today = datetime.now(UTC).date()
    start = round(datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp() * 1000)
    packed, minutes = _day(today, start)
    for site in sites:
        people.membership(person.id, site.id, "owner").save()
        last = datetime.now(site.zone).date()
        for number in range(1, _DAYS):
            stored = rollups.StoredRollup(last - timedelta(days=number), packed, start, uuid.uuid4().hex)
            rollups.put(site.id, stored, None)
        rollups.put_minutes(site.id, last - timedelta(days=_DAYS // 2), minutes, start)
        for first in sorted({month_sums.first_of(last - timedelta(days=number)) for number in range(_DAYS)}):
            day_sums.fill(site.id, first)
    _send(sites, _VISITS_TODAY)
    for site in sites:
        refresh(site, datetime.now(site.zone).date())


def _day(day: date, start: int) -> tuple[bytes, bytes]:
    """The rollup of a random day and its sums by minute, packed."""
    from chalicelib.aggregate import compute_rollup, rollup_sums
    from chalicelib.aggregate.duckdb_engine import engine

    with engine() as db:
        db.load(visitor_hours(_VISITS_A_DAY, day, start, random.Random(7)), [])
        db.sessionize()
        by_minute = rollup_sums.pack_minutes(compute_rollup.sums_by_minute(db, start))
        return rollup_sums.pack(compute_rollup.compute(db)), by_minute


def _send(sites: Sequence[Site], visits: int) -> None:
    """Have the worker store so many new visits of each site."""
    from chalicelib.collect.event import encode_all
    from chalicelib.enrich.worker import consume

    found = events_of_today(sites[0], visits)
    with contextlib.redirect_stdout(io.StringIO()):
        for site in sites:
            of_site = [dataclasses.replace(one, site=site.id, visitor=f"{visits}{one.visitor}"[:16]) for one in found]
            for message in encode_all(of_site):
                consume([message])


def _first(page: dict[str, Any]) -> tuple[float, float, bytes]:
    """(ms, CPU ms, body) of the answer to one request."""
    from app import app

    with contextlib.redirect_stdout(io.StringIO()):
        started, cpu = time.perf_counter(), time.process_time()
        answer = app(page, Context())
        elapsed, used = time.perf_counter() - started, time.process_time() - cpu
    return elapsed * 1000, used * 1000, body_of(answer)
