"""The time to answer a question about visits from the files of 30 days, and to show a large day that is being built."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from bench.aggregation import VIEWS_PER_VISIT, visitor_hours
from bench.day_without_aws import DayWithoutAws
from bench.overview import ask, signed_in
from harness.lambda_requests import event
from harness.measurement import Measurement, Section
from harness.sample_day import site_in

if TYPE_CHECKING:
    from chalicelib.store.sites import Site

_DAYS = 30
# Page views in 30 days, and the budget for their filtered overview, CPU ms.
_SIZES = {100_000: 200, 1_000_000: 700, 3_000_000: 1_600}
_LARGE_DAY = 1_000_000
_LARGE_DAY_MS = 300
_RUNS = 5
_PORTION = 60_000
_FILTER = "is,country,DE"


def measure() -> Section:
    """CPU time and bytes read of a filtered overview, and the server time of a page on a large day with new hits."""
    cookie = signed_in()
    found = []
    for views, budget in _SIZES.items():
        site = site_in("UTC", "Questions")
        _store_days(site, views // _DAYS)
        found += _filtered(site, views, budget, cookie)
    large = site_in("UTC", "Questions")
    _store_large_today(large)
    today = {"from": _today(large).isoformat(), "to": _today(large).isoformat()}
    page = event("GET", "/sites/{site}", {"site": large.id}, query=today, headers={"Cookie": cookie})
    ms, cpu, _ = ask(page)
    note = "its rollup, while its aggregation is due"
    found.append(Measurement(f"page on a day of {_LARGE_DAY:,} views: server time", ms, "ms", _LARGE_DAY_MS, note))
    found.append(Measurement(f"page on a day of {_LARGE_DAY:,} views: CPU", cpu, "ms"))
    return Section(f"Questions about visits ({_DAYS} days, signed in, warm; with the local S3 and DynamoDB)", found)


def _filtered(site: Site, views: int, budget: float, cookie: str) -> list[Measurement]:
    last = _today(site) - timedelta(days=1)
    query = {"from": (last - timedelta(days=_DAYS - 1)).isoformat(), "to": last.isoformat(), "f": _FILTER}
    asked = event("GET", "/api/v1/sites/{site}/stats", {"site": site.id}, query=query, headers={"Cookie": cookie})
    with _bytes_read() as read:  # only at first: then the parts are in memory
        ms, cpu, body = ask(asked, _RUNS)
    kept = json.loads(body)["metrics"]["pageviews"]
    note = f"{_FILTER}: {kept / views:.0%} of the views; {read[0] / 1e6:.1f} MB read; {ms:,.0f} ms in all"
    return [Measurement(f"filtered overview, {views:,} views: CPU", cpu, "ms", budget, note)]


@contextmanager
def _bytes_read() -> Iterator[list[int]]:
    """A list with the number of bytes that are read from the bucket in the context."""
    from chalicelib.store import segments

    read, get = [0], segments._get

    def counted(*arguments: Any) -> bytes | None:
        data = get(*arguments)
        read[0] += len(data or b"")
        return data

    with patch.object(segments, "_get", counted):
        yield read


def _today(site: Site) -> date:
    return datetime.now(site.zone).date()


def _store_days(site: Site, views: int) -> None:
    """Store the last 30 days before today, each built of so many page views."""
    from chalicelib.store import rollups, segments

    visits, today = round(views / VIEWS_PER_VISIT), _today(site)
    for number in range(1, _DAYS + 1):
        with DayWithoutAws(today - timedelta(days=number)) as built:
            built.build(visitor_hours(visits, built.day, built.start, random.Random(number)), _PORTION)
        parts = {key: data for key, data in built.objects.items() if key.endswith(".zip")}  # questions read no others
        for key, data in parts.items():
            name = key.rpartition("/")[2].removesuffix(".zip")
            segments._put(segments.part_key(site.id, built.day, name), data, "application/zip")
        rollups.put(site.id, built.rollup, None)


def _store_large_today(site: Site) -> None:
    """Store a rollup of today that says it is of many hits, and a mark that there are new ones."""
    from bench.aggregation import day_rollup
    from chalicelib.store import dirty_hours, rollups
    from chalicelib.store.segments import Manifest

    day = _today(site)
    start = round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    _, packed, _ = day_rollup(20_000, day, start, random.Random(7))
    built = rollups.StoredRollup(day, packed, 1, uuid.uuid4().hex, Manifest(records=2 * _LARGE_DAY))
    rollups.put(site.id, built, None)
    dirty_hours.mark(site.id, day, 0)
