"""Hits of a day as the worker takes them, and what becomes of them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from chalicelib import days
from chalicelib.aggregate.build_day import refresh
from chalicelib.collect import hit
from chalicelib.collect.event import Event, encode
from chalicelib.collect.urls import Location
from chalicelib.config import settings
from chalicelib.enrich.worker import consume
from chalicelib.store import dirty_hours, tables
from chalicelib.store.sites import Site, put_site

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
HOUR = 60 * 60 * 1000


def new_site() -> Site:
    """In a zone whose days begin at odd times."""
    made = Site(str(uuid.uuid4()), "Test", "example.com", "Asia/Kathmandu")
    put_site(made)
    return made


def forget_marks_left() -> None:
    """As if the next hit was taken by another process, which has left no marks yet."""
    dirty_hours._left.clear()


def yesterday(site: Site) -> date:
    return days.day_of(days.now_ms(), site.zone) - timedelta(days=1)


def traffic(site: Site, day: date, visitors: int = 12, seed: int = 1) -> list[Event]:
    """Views and leaves of some visitors over a day, with pages, gaps and bounces."""
    chance = random.Random(seed)
    start, end = days.day_start(day, site.zone), days.day_end(day, site.zone)
    events: list[Event] = []
    for number in range(visitors):
        who = hit.client(f"198.51.100.{number}", FIREFOX)
        t = chance.randrange(start, end - HOUR)
        for _ in range(chance.randrange(1, 5)):
            name = f"v{chance.randrange(10**9)}"
            page = Location("example.com", f"/{chance.randrange(5)}")
            referrer, load_time = chance.choice([None, "https://www.bing.com/"]), chance.randrange(2000)
            seen = hit.View(name, page, "script", referrer=referrer, load_time=load_time)
            events.append(hit.event(site, who, t, seen))
            read = chance.randrange(60_000)
            events.append(hit.event(site, who, t + read, hit.Leave(name, read, read, "script")))
            t = min(t + chance.choice([2, 10, 45]) * 60_000, end - 100_000)
    return events


def messages(events: list[Event]) -> list[str]:
    return [encode([event]) for event in events]


def built(site: Site, day: date) -> bytes:
    stored = refresh(site, day)
    assert stored is not None
    return stored.packed


def mirrored(site: Site, day: date, events: list[Event]) -> bytes:
    """The rollup of the same events, delivered once and in order, to another site of the same settings."""
    other = replace(site, id=str(uuid.uuid4()))
    put_site(other)
    consume(messages([replace(event, site=other.id) for event in events]))
    return built(other, day)


def flood(site: Site, day: date, views: int) -> list[Event]:
    """Views of one visitor, one a second."""
    who = hit.client("198.51.100.1", FIREFOX)
    start = days.day_start(day, site.zone)
    return [
        hit.event(
            site, who, start + number * 1000, hit.View(f"v{number}", Location("example.com", f"/{number}"), "script")
        )
        for number in range(views)
    ]


@contextmanager
def sessions_answered(answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any]] | None]) -> Iterator[None]:
    """Lets a function answer the calls of the table of sessions, by status and body; None: let them through."""

    def respond(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]] | None:
        if settings().table("sessions").encode() not in params["body"]:
            return None
        answered = answer(params)
        return answered and (type("Response", (), {"status_code": answered[0]})(), answered[1])

    client = tables.SessionItem._get_connection().connection.client
    client.meta.events.register_first("before-call", respond, unique_id="answering")
    try:
        yield
    finally:
        client.meta.events.unregister("before-call", unique_id="answering")


THROTTLED = 400, {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}
