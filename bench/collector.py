"""The time per request to the collector, called in this process as Lambda calls it, sending to SQS."""

from __future__ import annotations

import contextlib
import io
import json
import time
from random import Random
from typing import Any

from demo.traffic.audience import Audience
from harness.lambda_requests import Context, event
from harness.measurement import Measurement, Section
from harness.sample_day import new_site

_REQUESTS = 300
_RESOURCE = "/ingress/{site}/script.js"
BEACON_TIME = "a beacon: time"


def beacon(site: str, number: int, audience: Audience) -> dict[str, Any]:
    """The Lambda event of a view's beacon by a new visitor."""
    who = audience.person()
    body = {
        "idempotency": f"0.bench{number}",
        "location": "https://lighthouse-journal.example/guides/how-a-fresnel-lens-works",
        "referrer": "https://www.google.com/",
        "loadTime": 812,
    }
    headers = {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": who.agent.text}
    return event("POST", _RESOURCE, {"site": site}, body=json.dumps(body), headers=headers, address=who.address)


def measure() -> Section:
    """CPU time and elapsed time per request to a warm function."""
    from app import app

    site, audience = new_site("collector").id, Audience(Random(1))
    beacons = [beacon(site, number, audience) for number in range(_REQUESTS + 20)]
    scripts = [event("GET", _RESOURCE, {"site": site})] * (_REQUESTS + 20)
    with contextlib.redirect_stdout(io.StringIO()):
        beacon_cpu, beacon_wall = _warm(app, beacons)
        script_cpu, _ = _warm(app, scripts)
    return Section(
        "Collector (warm, per request, including the call to SQS)",
        [
            Measurement("a beacon: CPU", beacon_cpu, "ms"),
            Measurement(BEACON_TIME, beacon_wall, "ms", note="with the local SQS"),
            Measurement("the tracker: CPU", script_cpu, "ms"),
        ],
    )


def _warm(app: Any, events: list[dict[str, Any]]) -> tuple[float, float]:
    """(CPU ms, elapsed ms) per event, after the first 20."""
    for given in events[:20]:
        if app(given, Context())["statusCode"] >= 400:
            raise RuntimeError("the collector rejected a request")
    cpu, wall = time.process_time(), time.perf_counter()
    for given in events[20:]:
        app(given, Context())
    count = len(events) - 20
    return (time.process_time() - cpu) * 1000 / count, (time.perf_counter() - wall) * 1000 / count
