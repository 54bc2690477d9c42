"""The time per request to the collector, called in this process as Lambda calls it, sending to SQS."""

from __future__ import annotations

import base64
import contextlib
import io
import time
from dataclasses import dataclass
from random import Random
from typing import Any

from demo.traffic.audience import Audience
from harness.beacons import SCRIPT, at_url, beacon
from harness.lambda_requests import Context, event
from harness.measurement import Measurement, Section
from harness.sample_day import new_site

_REQUESTS = 300


@dataclass(frozen=True, slots=True)
class Collected:
    """What a request takes. Bytes are those of the answer: its body, and the headers that the program writes."""

    beacon_cpu_ms: float
    script_cpu_ms: float
    beacon_bytes: int
    script_bytes: int


def measure() -> tuple[Section, Collected]:
    """CPU time and elapsed time per request to a warm function, through both ways in."""
    import app

    site, audience = new_site("collector").id, Audience(Random(1))
    beacons = [beacon(site, number, audience) for number in range(_REQUESTS + 20)]
    of_url = [at_url(one) for one in beacons]
    scripts = [event("GET", SCRIPT, {"site": site}, headers={"Accept-Encoding": "gzip"})] * (_REQUESTS + 20)
    with contextlib.redirect_stdout(io.StringIO()):
        beacon_cpu, beacon_wall = _warm(app.app, beacons)
        url_cpu, _ = _warm(app.collect, of_url)
        script_cpu, _ = _warm(app.app, scripts)
        collected = Collected(
            max(beacon_cpu, url_cpu),
            script_cpu,
            _size(app.app(beacons[0], Context())),
            _size(app.app(scripts[0], Context())),
        )
    section = Section(
        "Collector (warm, per request, including the call to SQS)",
        [
            Measurement("a beacon: CPU", beacon_cpu, "ms"),
            Measurement("a beacon at the function's URL: CPU", url_cpu, "ms"),
            Measurement("a beacon: time", beacon_wall, "ms", note="with the local SQS"),
            Measurement("the tracker: CPU", script_cpu, "ms"),
            Measurement("a beacon's answer", collected.beacon_bytes, "bytes", note="without AWS's own headers"),
            Measurement("the tracker: answer", collected.script_bytes, "bytes", note="without AWS's own headers"),
        ],
    )
    return section, collected


def _size(answer: dict[str, Any]) -> int:
    """The bytes of an answer, with the headers that the program writes."""
    body = len(base64.b64decode(answer["body"])) if answer["isBase64Encoded"] else len(answer["body"])
    return body + sum(len(f"{name}: {value}\r\n") for name, value in answer["headers"].items())


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
