"""What a page view costs on AWS: calls and units counted at the botocore seam, times list prices, line by line."""

from __future__ import annotations

import contextlib
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path

from bench import prices
from bench.aws_usage import Meter, metered
from bench.worker import Stored
from harness.measurement import Figure, Part
from harness.sample_day import events_of_today, new_site, pageviews

CONFIG = Path(__file__).resolve().parent.parent / ".chalice" / "config.json"
BUDGET_WRITES = 3.0
VIEWS = prices.MILLION
_VIEWS_PER_VISIT = 2.3
_EVENTS_PER_VIEW = 2  # the view and its leave
_REFRESHES = 30 * 24 * 12  # a month of them, one in five minutes, as if somebody were always there
_POLLED = 10  # messages that Lambda's poller takes, and deletes, with one call
_LOG_BYTES = 450  # a line of ours, and Lambda's own START, END and REPORT


@dataclass(frozen=True, slots=True)
class Refresh:
    """What bringing a running day up to date took, one hour of it having changed.

    :ivar ms: of the function; :ivar reads: DynamoDB units for a day of a million page views a month.
    """

    meter: Meter
    reads: float
    ms: float


def measure(stored: dict[int, Stored], beacon_ms: float, refresh_ms: float) -> Part:
    """Units and calls per page view, and the cost of a million.

    :param stored: what the worker took, by batch size.
    :param beacon_ms: the collector's time for a beacon.
    :param refresh_ms: the time to aggregate a changed hour of a day of that size.
    """
    figures: list[Figure] = []
    for size, one in stored.items():
        views = one.pageviews
        budget = BUDGET_WRITES if size == 1 else None
        name = f"batches of {size}"
        figures.append(Figure(f"write units per page view, {name}", one.meter.writes / views, "WCU", budget))
        figures.append(Figure(f"read units per page view, {name}", one.meter.reads / views, "RCU"))
        calls = sum(one.meter.calls.values()) / views
        figures.append(Figure(f"AWS calls of the worker per page view, {name}", calls, "calls", note=_told(one.meter)))
    figures.append(Figure("AWS calls of the collector per page view", _EVENTS_PER_VIEW, "calls", note="SendMessage"))
    refresh = _refresh(refresh_ms)
    figures.append(
        Figure("AWS calls of a refresh", sum(refresh.meter.calls.values()), "calls", note=_told(refresh.meter))
    )
    lines = _lines(stored[1], 1, beacon_ms, refresh)
    figures += [Figure(f"a million page views: {name}", usd, "USD") for name, usd in lines.items()]
    figures.append(Figure("a million page views, in all", sum(lines.values()), "USD", note=prices.told()))
    for size in (size for size in stored if size > 1):
        total = sum(_lines(stored[size], size, beacon_ms, refresh).values())
        figures.append(Figure(f"the same where batches of {size} come together", total, "USD"))
    return Part("Units, calls and cost (view and leave; a million page views in a month)", figures)


def _lines(stored: Stored, size: int, beacon_ms: float, refresh: Refresh) -> dict[str, float]:
    events = VIEWS * _EVENTS_PER_VIEW
    requests = events + VIEWS / _VIEWS_PER_VISIT  # the tracker itself, once a visit; it is cached
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
        "DynamoDB storage, a month of it": VIEWS * item_bytes / 1e9 * prices.TABLE_GB_MONTH,
        "aggregation: Lambda": _REFRESHES
        * (prices.LAMBDA_REQUEST + _gb_s("aggregate", refresh.ms) * prices.LAMBDA_GB_S),
        "aggregation: S3": _REFRESHES * (puts * prices.S3_PUT + gets * prices.S3_GET),
        "aggregation: DynamoDB": _REFRESHES
        * (refresh.meter.writes * prices.WRITE_UNIT + refresh.reads * prices.READ_UNIT),
        "logs": (requests + batches + _REFRESHES) * _LOG_BYTES / 1e9 * prices.LOG_GB,
    }


def _gb_s(function: str, ms: float) -> float:
    """GB-seconds of an invocation, which is charged by the begun ms."""
    functions = json.loads(CONFIG.read_text(encoding="utf-8"))["lambda_functions"]
    return float(functions[function]["lambda_memory_size"]) / 1024 * math.ceil(ms) / 1000


def _refresh(ms: float) -> Refresh:
    """Store a day's events, bring it up to date, change one hour of it, and bring it up to date again."""
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
    queried = VIEWS / 30 / pageviews(events)  # a day of a million a month, in days like this one
    items = meter.reads  # mostly the changed hour's items, which grow with the traffic
    return Refresh(meter, items * queried, ms)


def _told(meter: Meter) -> str:
    return ", ".join(f"{name} × {count:,}" for name, count in sorted(meter.calls.items()))
