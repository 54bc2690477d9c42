"""The bill of a deployment per day: what page views take, as measured, times list prices. Everything is counted.

Free tiers and taxes are left out, and so are cold starts: 200 a day would cost less than a cent.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from chalice.app import SQSEventConfig

from chalicelib import config
from chalicelib.operations import prices
from chalicelib.store.sites import Site

ROOT: Final = Path(__file__).resolve().parent.parent
MONTH_DAYS: Final = 30
RETENTION_DAYS: Final = Site("", "", "").retention_days
EVENTS_PER_VIEW: Final = 2  # the view and its leave
RECEIVED_MAX: Final = 10  # messages that Lambda receives, or deletes, with one request
IDLE_POLLS_A_MINUTE: Final = 15  # of a queue without messages; Lambda makes 6 to 15
ITEM_BYTES: Final = 100  # that DynamoDB adds to each stored item
# Containers of the worker that write a mark for the current hour once a minute each.
MARKING_CONTAINERS: Final = 5
# Assumed: how long a function waits for a call of SQS or DynamoDB within the region.
CALL_MS: Final = 8.0
VCPU_MB: Final = 1769  # memory at which a function has one vCPU: its CPU is in proportion to its memory
# Per invocation: START, END and REPORT. Functions that receive hits do not write them (infra/function_logs.py).
LAMBDA_LOG_BYTES: Final = 330
JOB_LOG_BYTES: Final = 200  # the line that a job writes
OWN_HEADERS_BYTES: Final = 350  # what API Gateway, or Lambda, adds to the headers of an answer
PAGES_A_DAY: Final = 100  # of the dashboard that are looked at
ALARMS: Final = 14
METRICS: Final = 3
SECRET_READS_A_DAY: Final = 200  # one for each container that starts


class Endpoint(Enum):
    """How hits come in."""

    REST_API = "REST API"
    FUNCTION_URL = "function URL"


# The function behind each.
_FUNCTIONS: Final = {Endpoint.REST_API: "api_handler", Endpoint.FUNCTION_URL: "collect"}


@dataclass(frozen=True, slots=True)
class Build:
    """What an update of the current day takes.

    :ivar cpu_ms: by page views of the day. :ivar read_units: per event of the changed hour.
    """

    cpu_ms: Mapping[int, float]
    write_units: float
    read_units: float
    gets: float
    puts: float


@dataclass(frozen=True, slots=True)
class Page:
    """What a page of the dashboard takes."""

    cpu_ms: float = 60.0
    calls: int = 4
    read_units: float = 40.0
    sent_bytes: int = 30_000


@dataclass(frozen=True, slots=True)
class Units:
    """What parts of the program take, as measured. Bytes are sent, stored or logged.

    :ivar script_requests: per page view; :ivar script_bytes: of an answer, on average, with headers.
    :ivar batch_cpu_ms: of the worker per batch, beside `event_cpu_ms` for each event.
    :ivar write_units: per event, by the size of the worker's batches, without marks; :ivar read_units: per event.
    :ivar row_bytes: of an event in DynamoDB; :ivar parquet_bytes: in the bucket.
    """

    script_requests: float
    script_cpu_ms: float
    script_bytes: float
    beacon_cpu_ms: float
    beacon_bytes: float
    batch_cpu_ms: float
    event_cpu_ms: float
    worker_log_bytes: float
    write_units: Mapping[int, float]
    read_units: float
    row_bytes: float
    parquet_bytes: float
    build: Build
    page: Page = field(default_factory=Page)


# Measured in November 2026 with ``make bench ARGS=cost``, under Python 3.13. The table in docs/limits-and-cost.md is
# computed from these, and chalicelib/operations/cost.py estimates the cost of sites with them; tests compare.
MEASURED: Final = Units(
    script_requests=0.436,
    script_cpu_ms=0.07,
    script_bytes=1370,
    beacon_cpu_ms=1.8,
    beacon_bytes=511,
    batch_cpu_ms=2.0,
    event_cpu_ms=0.25,
    worker_log_bytes=100,
    write_units={1: 1.0, 10: 0.992, 100: 0.942},
    read_units=0.0075,
    row_bytes=494,
    parquet_bytes=35,
    build=Build({10_000: 290, 100_000: 340, 1_000_000: 830}, write_units=8, read_units=0.093, gets=3, puts=1),
)


def per_day(units: Units, endpoint: Endpoint, views: int, *, batch: float | None = None) -> dict[str, float]:
    """US dollars per day by item, for a site with so many page views a day.

    :param batch: messages that the worker gets at a time; by default, what arrives while it waits.
    """
    events = views * EVENTS_PER_VIEW
    size = batch or batch_size(events)
    scripts = views * units.script_requests
    hits = events + scripts
    gateway = prices.REST_API_REQUEST if endpoint is Endpoint.REST_API else 0.0
    function = _FUNCTIONS[endpoint]
    time = events * gb_s(function, units.beacon_cpu_ms, 1) + scripts * gb_s(function, units.script_cpu_ms, 0)
    sent = events * units.beacon_bytes + scripts * units.script_bytes + PAGES_A_DAY * units.page.sent_bytes
    writes = events * _write_units(units, size) + min(events / size, MARKING_CONTAINERS * 60 * 24)
    return {
        "API Gateway: hits and scripts": hits * gateway,
        "Lambda, collector": hits * prices.LAMBDA_REQUEST + time * gb_s_price(),
        "SQS": _sqs(events, size) * prices.SQS_REQUEST,
        "Lambda, worker": _worker(units, events, size),
        "DynamoDB: writes and reads": writes * prices.WRITE_UNIT + events * units.read_units * prices.READ_UNIT,
        "Storage over the retention, with backups": _storage(units, events),
        "Aggregation": _aggregation(units, views, events),
        "Dashboards": PAGES_A_DAY * _page(units.page),
        "Other schedules": _schedules(),
        "Logs": _logs(units, events / size),
        "Data transfer": sent / 1e9 * prices.EGRESS_GB,
        "Secret, KMS": prices.SECRET_MONTH / MONTH_DAYS + SECRET_READS_A_DAY * 2 * prices.KMS_REQUEST,
        "Alarms, metrics, CloudWatch dashboard": (
            ALARMS * prices.ALARM_MONTH + METRICS * prices.METRIC_MONTH + prices.DASHBOARD_MONTH
        )
        / MONTH_DAYS,
    }


def per_million(units: Units, endpoint: Endpoint, views: int, *, batch: float | None = None) -> dict[str, float]:
    """US dollars per million page views by item, at so many page views a day."""
    factor = prices.MILLION / views
    return {item: usd * factor for item, usd in per_day(units, endpoint, views, batch=batch).items()}


def batch_size(events: float) -> float:
    """Messages that the worker gets at a time at so many events a day: one, and those that arrive while it waits."""
    from app import app

    (queue,) = [source for source in app.event_sources if isinstance(source, SQSEventConfig)]
    return float(min(queue.batch_size, 1 + events / 86_400 * queue.maximum_batching_window_in_seconds))


def gb_s(function: str, cpu_ms: float, calls: float) -> float:
    """GB-seconds of an invocation that computes for `cpu_ms` on a whole vCPU and waits for `calls` of AWS."""
    memory = memory_mb(function)
    ms = math.ceil(cpu_ms * max(1.0, VCPU_MB / memory) + calls * CALL_MS)
    return memory / 1024 * ms / 1000


def gb_s_price() -> float:
    """The price of a GB-second on the processors that .chalice/config.json chooses, by default arm64."""
    return prices.LAMBDA_GB_S_X86 if _chalice().get("lambda_architecture") == "x86_64" else prices.LAMBDA_GB_S_ARM


def memory_mb(function: str) -> int:
    """The memory of a function in .chalice/config.json."""
    return int(_chalice()["lambda_functions"][function]["lambda_memory_size"])


@cache
def _chalice() -> dict[str, Any]:
    """.chalice/config.json."""
    read: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text("utf-8"))
    return read


def _sqs(events: float, size: float) -> float:
    """Requests: each event is sent, and received and deleted in groups; and the queue is polled while it is empty."""
    return events * (1 + 2 / min(RECEIVED_MAX, size)) + IDLE_POLLS_A_MINUTE * 60 * 24


def _worker(units: Units, events: float, size: float) -> float:
    calls = math.ceil(size / 25) + 1  # writes of 25 items each, and the mark
    time = gb_s("worker", units.batch_cpu_ms + size * units.event_cpu_ms, calls)
    return events / size * (prices.LAMBDA_REQUEST + time * gb_s_price())


def _write_units(units: Units, size: float) -> float:
    """Per event. What a batch takes besides is shared by its events, so it is a straight line in ``1 / size``."""
    (small, most), (large, least) = min(units.write_units.items()), max(units.write_units.items())
    return least + (most - least) * max(0.0, 1 / size - 1 / large) / (1 / small - 1 / large)


def _storage(units: Units, events: float) -> float:
    """A day of storage once the retention is reached: each day adds and removes as much."""
    rows = events * units.row_bytes * row_days() / 1e9
    backup = prices.BACKUP_GB_MONTH if rows_have_backups() else 0.0
    parquet = events * units.parquet_bytes * RETENTION_DAYS / 1e9
    return (rows * (prices.TABLE_GB_MONTH + backup) + parquet * prices.S3_GB_MONTH) / MONTH_DAYS


def row_days() -> int:
    """How many days the rows of hits stay in DynamoDB."""
    return config.Settings().hot_days


def rows_have_backups() -> bool:
    """Whether the table of hits has point-in-time recovery (infra/template.yaml)."""

    class Loader(yaml.SafeLoader):
        """Reads the template without its intrinsic functions."""

    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    template: dict[str, Any] = yaml.load((ROOT / "infra" / "template.yaml").read_text("utf-8"), Loader)  # noqa: S506 (a SafeLoader)
    table = template["Resources"]["SessionsTable"]["Properties"]
    return bool(table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"))


def _aggregation(units: Units, views: int, events: float) -> float:
    """An update whenever the schedule runs, around the clock."""
    build = units.build
    runs = 24 * 60 / config.AGGREGATE_EVERY_MIN
    time = gb_s("aggregate", _interpolated(build.cpu_ms, views), 8)
    # Each event is read once, and again if it was written shortly before the newest one of an update.
    again = config.WRITE_OVERLAP_S / (config.AGGREGATE_EVERY_MIN * 60)
    reads = build.read_units * events * (1 + again) / runs
    return runs * (
        prices.LAMBDA_REQUEST
        + time * gb_s_price()
        + build.gets * prices.S3_GET
        + build.puts * prices.S3_PUT
        + build.write_units * prices.WRITE_UNIT
        + reads * prices.READ_UNIT
    )


def _interpolated(by_views: Mapping[int, float], views: int) -> float:
    """The value at `views`, on straight lines between the measured ones; beyond the last, in proportion to it."""
    known = sorted(by_views.items())
    for (below, low), (above, high) in itertools.pairwise(known):
        if views <= above:
            return max(low, low + (high - low) * (views - below) / (above - below))
    most, value = known[-1]
    return value * max(1.0, views / most)


def _page(page: Page) -> float:
    return (
        prices.REST_API_REQUEST
        + prices.LAMBDA_REQUEST
        + gb_s("api_handler", page.cpu_ms, page.calls) * gb_s_price()
        + page.read_units * prices.READ_UNIT
    )


def _runs() -> dict[str, float]:
    """Runs a day of the schedules besides the aggregation."""
    return {
        "expire_salts": 24 * 60 / config.EXPIRE_SALTS_EVERY_MIN,
        "delete_sites": 24 * 60 / config.DELETE_SITES_EVERY_MIN,
        "update_geoip": 1 / config.UPDATE_GEOIP_EVERY_DAYS,
    }


def _schedules() -> float:
    """Each run reads what there is to do, and writes that it has run."""
    return sum(
        runs * (prices.LAMBDA_REQUEST + gb_s(job, 30, 4) * gb_s_price() + prices.WRITE_UNIT + prices.READ_UNIT)
        for job, runs in _runs().items()
    )


def _logs(units: Units, batches: float) -> float:
    """Hits log nothing, a batch logs a line; jobs and pages log a line of their own besides Lambda's."""
    jobs = sum(_runs().values()) + 24 * 60 / config.AGGREGATE_EVERY_MIN
    lines = jobs * (LAMBDA_LOG_BYTES + JOB_LOG_BYTES) + PAGES_A_DAY * JOB_LOG_BYTES
    return (batches * units.worker_log_bytes + lines) / 1e9 * prices.LOG_GB
