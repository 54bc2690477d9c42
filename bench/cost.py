"""The cost of a page view on AWS: measured calls, units and times, multiplied by list prices (bench/bill.py)."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Mapping
from dataclasses import replace
from unittest.mock import patch

from bench import bill
from bench.aws_usage import Meter, metered
from bench.bill import Build, Endpoint, Units
from bench.collector import Collected
from bench.worker import Stored
from chalicelib.config import Settings
from chalicelib.operations import prices
from harness.measurement import Measurement, Section
from harness.sample_day import events_of_today, new_site

SESSIONS = Settings().table("sessions")
BUDGET_WRITES = 3.0
# USD per million page views, all counted, at this many a day.
BUDGET_USD = {Endpoint.REST_API: 10.0, Endpoint.FUNCTION_URL: 6.0}
BUDGET_AT = 100_000
SIZES = (10_000, 100_000, 1_000_000)


def measure(
    stored: Mapping[int, Stored],
    collected: Collected,
    script_requests: float,
    refresh_ms: Mapping[int, float],
    parquet_bytes: float,
) -> Section:
    """Units and calls per page view, and the bill per day and per million page views, for both ways in.

    :param stored: the worker's usage, by batch size.
    :param script_requests: per page view.
    :param refresh_ms: the time to aggregate a day of which one hour has changed, by its page views.
    :param parquet_bytes: per event.
    """
    found = list(_counted(stored))
    build = _build(refresh_ms)
    units = _units(stored, collected, script_requests, build, parquet_bytes)
    for endpoint in Endpoint:
        for views in SIZES:
            usd = sum(bill.per_day(units, endpoint, views).values())
            found.append(Measurement(f"{endpoint.value}: a day of {views:,} page views", usd, "USD"))
        for item, usd in bill.per_million(units, endpoint, BUDGET_AT).items():
            found.append(Measurement(f"{endpoint.value}: a million, {item}", usd, "USD"))
        for views in SIZES:
            total = sum(bill.per_million(units, endpoint, views).values())
            budget = BUDGET_USD[endpoint] if views == BUDGET_AT else None
            found.append(Measurement(f"{endpoint.value}: a million, in all, at {views:,} a day", total, "USD", budget))
        alone = sum(bill.per_million(units, endpoint, BUDGET_AT, batch=1).values())
        found.append(Measurement(f"{endpoint.value}: a million, if each event is processed alone", alone, "USD"))
    found.append(
        Measurement(
            "a million GB-seconds", bill.gb_s_price() * prices.MILLION, "USD", note=prices.as_text(bill.gb_s_price())
        )
    )
    return Section("Units, calls and cost, everything counted", found)


def _counted(stored: Mapping[int, Stored]) -> list[Measurement]:
    found = []
    for size, one in stored.items():
        name, views = f"batches of {size}", one.pageviews
        budget = BUDGET_WRITES if size == 1 else None
        found.append(Measurement(f"write units per page view, {name}", one.meter.writes / views, "WCU", budget))
        found.append(Measurement(f"read units per page view, {name}", one.meter.reads / views, "RCU"))
        calls = sum(one.meter.calls.values()) / views
        found.append(
            Measurement(f"AWS calls of the worker per page view, {name}", calls, "calls", note=_calls_text(one.meter))
        )
    return found


def _units(
    stored: Mapping[int, Stored], collected: Collected, script_requests: float, build: Build, parquet_bytes: float
) -> Units:
    alone, most = stored[1], stored[max(stored)]
    size = max(stored)
    # The time of a batch is a straight line in its number of events.
    cpu_alone, cpu_most = alone.cpu_ms / alone.events, most.cpu_ms / most.events * size
    event_cpu_ms = max(0.0, (cpu_most - cpu_alone) / (size - 1))
    return Units(
        script_requests=script_requests,
        script_cpu_ms=collected.script_cpu_ms,
        script_bytes=collected.script_bytes + bill.OWN_HEADERS_BYTES,
        beacon_cpu_ms=collected.beacon_cpu_ms,
        beacon_bytes=collected.beacon_bytes + bill.OWN_HEADERS_BYTES,
        batch_cpu_ms=cpu_alone - event_cpu_ms,
        event_cpu_ms=event_cpu_ms,
        worker_log_bytes=100.0,
        write_units={size: one.meter.tables[SESSIONS] / one.events for size, one in stored.items()},
        read_units=alone.meter.reads / alone.events,
        row_bytes=(sum(alone.meter.stored.values()) + len(alone.meter.stored) * bill.ITEM_BYTES) / alone.events,
        parquet_bytes=parquet_bytes,
        build=build,
    )


def _build(refresh_ms: Mapping[int, float]) -> Build:
    """Store a day's events and build the day, then update it after one hour got more, and measure that."""
    from chalicelib import config, days
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
    # By other visitors: the same hits would be known already.
    new = [replace(event, visitor=event.visitor[::-1]) for event in events_of_today(site, 400) if event.hour == middle]
    time.sleep(1.1)  # into the next second, from which the update reads
    with contextlib.redirect_stdout(io.StringIO()):
        worker.consume([encode(new)])
    with metered() as meter, patch.object(config, "WRITE_OVERLAP_S", -1):
        refresh(site, day)
    calls = meter.calls
    return Build(
        cpu_ms=dict(refresh_ms),
        write_units=meter.writes,
        read_units=meter.reads / max(1, len(new)),  # most are of the new hits' items
        gets=calls["s3.GetObject"] + calls["s3.HeadObject"],
        puts=calls["s3.PutObject"] + calls["s3.ListObjectsV2"],  # a listing is priced like a PUT
    )


def _calls_text(meter: Meter) -> str:
    return ", ".join(f"{name} × {count:,}" for name, count in sorted(meter.calls.items()))
