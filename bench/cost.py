"""The cost of a page view on AWS: measured calls and units, multiplied by list prices."""

from __future__ import annotations

import contextlib
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path

from bench.aws_usage import Meter, metered
from bench.worker import Stored
from chalicelib.operations import prices
from harness.measurement import Measurement, Section
from harness.sample_day import events_of_today, new_site, pageviews

CONFIG = Path(__file__).resolve().parent.parent / ".chalice" / "config.json"
BUDGET_WRITES = 3.0
VIEWS = prices.MILLION
_VIEWS_PER_VISIT = 2.3
_EVENTS_PER_VIEW = 2  # the view and its leave
_REFRESHES = 30 * 24 * 12  # per month: one every five minutes, the maximum
_POLLED = 10  # messages that Lambda's poller receives, and deletes, per call
_LOG_BYTES = 450  # our own log line, and Lambda's START, END and REPORT


@dataclass(frozen=True, slots=True)
class RefreshCost:
    """The usage of updating the current day after one hour of it has changed.

    :ivar ms: the function's duration; :ivar reads: DynamoDB units for a day at a million page views per month.
    """

    meter: Meter
    reads: float
    ms: float


def measure(stored: dict[int, Stored], beacon_ms: float, refresh_ms: float) -> Section:
    """Units and calls per page view, and the cost of a million page views.

    :param stored: the worker's usage, by batch size.
    :param beacon_ms: the collector's time per beacon.
    :param refresh_ms: the time to aggregate a day of that size after one hour has changed.
    """
    measurements: list[Measurement] = []
    for size, one in stored.items():
        views = one.pageviews
        budget = BUDGET_WRITES if size == 1 else None
        name = f"batches of {size}"
        measurements.append(Measurement(f"write units per page view, {name}", one.meter.writes / views, "WCU", budget))
        measurements.append(Measurement(f"read units per page view, {name}", one.meter.reads / views, "RCU"))
        calls = sum(one.meter.calls.values()) / views
        measurements.append(
            Measurement(f"AWS calls of the worker per page view, {name}", calls, "calls", note=_calls_text(one.meter))
        )
    measurements.append(
        Measurement("AWS calls of the collector per page view", _EVENTS_PER_VIEW, "calls", note="SendMessage")
    )
    refresh = _refresh(refresh_ms)
    measurements.append(
        Measurement(
            "AWS calls of an update of the current day",
            sum(refresh.meter.calls.values()),
            "calls",
            note=_calls_text(refresh.meter),
        )
    )
    lines = _lines(stored[1], 1, beacon_ms, refresh)
    measurements += [Measurement(f"a million page views: {name}", usd, "USD") for name, usd in lines.items()]
    measurements.append(Measurement("a million page views: total", sum(lines.values()), "USD", note=prices.as_text()))
    for size in (size for size in stored if size > 1):
        total = sum(_lines(stored[size], size, beacon_ms, refresh).values())
        measurements.append(Measurement(f"a million page views: total, in batches of {size}", total, "USD"))
    return Section("Units, calls and cost (view and leave; a million page views per month)", measurements)


def _lines(stored: Stored, size: int, beacon_ms: float, refresh: RefreshCost) -> dict[str, float]:
    events = VIEWS * _EVENTS_PER_VIEW
    requests = events + VIEWS / _VIEWS_PER_VISIT  # browsers cache the tracker, so it is requested once per visit
    batches = events / size
    per_view = 1 / stored.pageviews
    batch_ms = stored.wall_ms / stored.invocations
    calls = refresh.meter.calls
    gets = calls["s3.GetObject"] + calls["s3.HeadObject"]
    puts = calls["s3.PutObject"] + calls["s3.ListObjectsV2"]  # a listing is priced like a PUT
    item_bytes = sum(stored.meter.stored.values()) * per_view
    return {
        "REST API requests": requests * prices.REST_API_REQUEST,
        "Lambda, collect: requests": requests * prices.LAMBDA_REQUEST,
        "Lambda, collect: time": requests * _gb_s("api_handler", beacon_ms) * prices.LAMBDA_GB_S,
        "SQS": events * (1 + 2 / min(_POLLED, size)) * prices.SQS_REQUEST,
        "Lambda, worker: requests": batches * prices.LAMBDA_REQUEST,
        "Lambda, worker: time": batches * _gb_s("worker", batch_ms) * prices.LAMBDA_GB_S,
        "DynamoDB writes": VIEWS * stored.meter.writes * per_view * prices.WRITE_UNIT,
        "DynamoDB reads": VIEWS * stored.meter.reads * per_view * prices.READ_UNIT,
        "DynamoDB storage for one month": VIEWS * item_bytes / 1e9 * prices.TABLE_GB_MONTH,
        "aggregation: Lambda": _REFRESHES
        * (prices.LAMBDA_REQUEST + _gb_s("aggregate", refresh.ms) * prices.LAMBDA_GB_S),
        "aggregation: S3": _REFRESHES * (puts * prices.S3_PUT + gets * prices.S3_GET),
        "aggregation: DynamoDB": _REFRESHES
        * (refresh.meter.writes * prices.WRITE_UNIT + refresh.reads * prices.READ_UNIT),
        "logs": (requests + batches + _REFRESHES) * _LOG_BYTES / 1e9 * prices.LOG_GB,
    }


def _gb_s(function: str, ms: float) -> float:
    """GB-seconds of an invocation, which is billed per ms, rounded up."""
    functions = json.loads(CONFIG.read_text(encoding="utf-8"))["lambda_functions"]
    return float(functions[function]["lambda_memory_size"]) / 1024 * math.ceil(ms) / 1000


def _refresh(ms: float) -> RefreshCost:
    """Store a day's events and build the day, then update it after one hour has changed, and measure that."""
    from chalicelib import days
    from chalicelib.aggregate.build_day import refresh
    from chalicelib.collect.event import encode
    from chalicelib.enrich import worker
    from chalicelib.store import dirty_hours

    site = new_site("refreshed")
    events = events_of_today(site, 400)
    with contextlib.redirect_stdout(io.StringIO()):
        worker.consume([encode(events[start : start + 20]) for start in range(0, len(events), 20)])
    day = days.day_of(days.now_ms(), site.zone)
    refresh(site, day)
    found = [mark for mark in dirty_hours.of_day(site.id, day) if mark.hour is not None]
    middle = sorted(mark.hour for mark in found if mark.hour is not None)[len(found) // 2]
    for mark in found:
        if mark.hour != middle:
            dirty_hours.clear(mark)
    with metered() as meter:
        refresh(site, day)
    factor = VIEWS / 30 / pageviews(events)  # from this day's traffic to a million page views per month
    # Most reads are of the changed hour's items, whose number grows with the traffic.
    return RefreshCost(meter, meter.reads * factor, ms)


def _calls_text(meter: Meter) -> str:
    return ", ".join(f"{name} × {count:,}" for name, count in sorted(meter.calls.items()))
