"""The time and AWS calls of the worker per event, by batch size."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from bench.aws_usage import Meter, metered
from harness.measurement import Measurement, Section
from harness.sample_day import events_of_today, new_site, pageviews

if TYPE_CHECKING:
    from chalicelib.collect.event import Event

BATCHES = {1: 200, 10: 600, 100: 3000}  # size -> events measured
BUDGET_MS = {100: 0.25}
_AGENT_BUDGET_MS = 0.06
_VISITS = 750
_MODULES = Path(__file__).parents[1] / "node_modules"


@dataclass(frozen=True, slots=True)
class Stored:
    """The usage of storing events.

    :ivar cpu_ms, wall_ms: the total of all batches; :ivar invocations: the number of batches.
    """

    events: int
    pageviews: int
    invocations: int
    cpu_ms: float
    wall_ms: float
    meter: Meter


def measure() -> tuple[Section, dict[int, Stored]]:
    """CPU time per event, and the usage by batch size."""
    sample = events_of_today(new_site("sample"), _VISITS)
    _store(_at(sample[:200], "warm-up"), 100)
    results: dict[int, Stored] = {}
    measurements: list[Measurement] = []
    for size, count in BATCHES.items():
        cpu_ms, wall_ms = _store(_at(sample[:count], f"timed {size}"), size)
        with metered() as meter:
            _store(_at(sample[:count], f"metered {size}"), size)
        stored = Stored(
            len(sample[:count]), pageviews(sample[:count]), -(-len(sample[:count]) // size), cpu_ms, wall_ms, meter
        )
        results[size] = stored
        measurements.append(
            Measurement(f"CPU per event, batches of {size}", cpu_ms / stored.events, "ms", BUDGET_MS.get(size))
        )
        measurements.append(Measurement(f"time per event, batches of {size}", wall_ms / stored.events, "ms"))
    measurements.append(Measurement("CPU per new user agent", _new_agent(), "ms", _AGENT_BUDGET_MS))
    measurements.append(Measurement("CPU per event without writes, batches of 100", _without_writes(sample), "ms"))
    measurements.append(Measurement("CPU per event read back for the aggregation", _read_back(sample), "ms"))
    return Section("Worker (user agent, location, source, and the writes to DynamoDB)", measurements), results


def _without_writes(events: list[Event]) -> float:
    """CPU ms per event for decoding and enriching messages, without writing to DynamoDB."""
    with patch("chalicelib.enrich.worker.hits.add", return_value={}):
        cpu_ms, _ = _store(_at(events, "unwritten"), 100)
    return cpu_ms / len(events)


def _new_agent() -> float:
    """CPU ms of parsing a user agent that is not cached; half of them are browsers', half bots'."""
    from chalicelib.enrich.user_agent import parse_agent

    browsers = {str(browser["userAgent"]) for browser in _packaged("user-agents/dist/user-agents.json")}
    bots = {text for bot in _packaged("crawler-user-agents/crawler-user-agents.json") for text in bot["instances"]}
    count = min(len(browsers), len(bots))
    texts = [*sorted(browsers)[:count], *sorted(bots)[:count]]
    rounds = []
    for _ in range(5):
        cpu = time.process_time()
        for text in texts:
            parse_agent.__wrapped__(text)
        rounds.append((time.process_time() - cpu) * 1000 / len(texts))
    return min(rounds)  # other load on the machine only adds to the time


def _packaged(path: str) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads((_MODULES / path).read_text("utf-8"))
    return read


def _read_back(events: list[Event]) -> float:
    """CPU ms per event for reading the stored events."""
    from chalicelib.config import DAY_HOURS
    from chalicelib.store import hits
    from chalicelib.store.sites import cached_site

    events = _at(events, "read back")
    _store(events, 100)
    site = cached_site(events[0].site)
    assert site is not None
    cpu = time.process_time()
    days = sorted({date.fromisoformat(event.day) for event in events})
    read = sum(
        len(stored.records) for day in days for hour in range(DAY_HOURS) for _, stored in hits.read(site.id, day, hour)
    )
    cpu = time.process_time() - cpu
    assert read == len(events)
    return cpu * 1000 / len(events)


def _at(events: list[Event], name: str) -> list[Event]:
    """The same events for a new site, so that stored items do not change the cost of a write."""
    site = new_site(name)
    return [dataclasses.replace(event, site=site.id) for event in events]


def _store(events: list[Event], size: int) -> tuple[float, float]:
    """Store events with the worker in batches of `size`; gives (CPU ms, elapsed ms)."""
    from chalicelib.collect.event import encode
    from chalicelib.enrich import worker

    batches = [[encode([event]) for event in events[start : start + size]] for start in range(0, len(events), size)]
    cpu, wall = time.process_time(), time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        for batch in batches:
            worker.consume(batch)
    return (time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000
