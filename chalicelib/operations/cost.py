"""The estimated cost of a site in a month, from counted figures, measured units and list prices.

Figures of the site are counted (`store.usage`). What a hit and a build take was measured in November 2026 with
``make bench ARGS=cost``, for hits that are processed one by one, which is the most they cost. A test compares with the
bill of a whole deployment, which docs/limits-and-cost.md shows (bench/bill.py).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

from chalicelib import config
from chalicelib.operations import prices
from chalicelib.store.usage import Usage

# Units that a stored record takes: a page view has two, the view and its leave.
WRITE_UNITS: Final = 1.0
READ_UNITS: Final = 0.0075
RECORD_BYTES: Final = 494
SQS_REQUESTS: Final = 3  # sent, received, deleted
# For how many months a record stays in the table, and what a GB of it costs a month.
STORED_MONTHS: Final = 35 / 30
STORED_GB_MONTH: Final = prices.TABLE_GB_MONTH
# GB-seconds of a function, its memory in GB times its duration in seconds: of a hit that comes in through API Gateway,
# of one at the URL of the function `collect`, and of a batch of the worker.
API_GB_S: Final = 1.0 * 0.012
COLLECT_GB_S: Final = 0.25 * 0.021
WORKER_GB_S: Final = 0.5 * 0.024
WORKER_LOG_BYTES: Final = 100  # a hit that is taken logs nothing else
BUILD_LOG_BYTES: Final = 530  # our own line, and Lambda's START, END and REPORT
SENT_BYTES: Final = 665  # an answer to the browser of a visitor, on average
# What the build of a day takes every five minutes. It reads the new records, so its read units grow with the traffic of
# the site: they are given per record of the month.
BUILD_GB_S: Final = 2.0 * 0.39
BUILD_S3_GETS: Final = 3
BUILD_S3_PUTS: Final = 1
BUILD_WRITE_UNITS: Final = 8
BUILD_READ_UNITS_PER_RECORD: Final = 0.105 / (30 * 24 * 12)
_GB: Final = 1e9
# Dropped by the collector, before the queue.
_BEFORE_QUEUE: Final = frozenset({"dnt", "origin", "ignored_address", "flood_address"})


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars, by service."""

    api_gateway: float = 0.0
    sqs: float = 0.0
    dynamodb: float = 0.0
    logs: float = 0.0
    aggregation: float = 0.0
    collector: float = 0.0
    worker: float = 0.0
    data_transfer: float = 0.0

    @property
    def total(self) -> float:
        """The sum."""
        return float(sum(dataclasses.astuple(self)))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a site took in a month.

    :ivar hits: stored page views and custom events; :ivar excluded: dropped hits.
    :ivar requests: of visitors' browsers. A visit loads the script once.
    :ivar write_units: of DynamoDB; :ivar stored_bytes: of what was stored in this month.
    :ivar cost: with the storage of the month's records for as long as they are kept.
    """

    hits: int
    excluded: int
    requests: int
    write_units: int
    stored_bytes: int
    cost: Cost


def estimate(usage: Usage) -> Estimate:
    """What a site took in a month, and what it costs."""
    records, visits, builds = usage.total("records"), usage.total("visits"), usage.builds
    excluded = sum(usage.dropped.values())
    queued = records + sum(hits for reason, hits in usage.dropped.items() if reason not in _BEFORE_QUEUE)
    requests = records + excluded + visits
    stored_bytes = records * RECORD_BYTES + usage.total("bytes")
    own_url = bool(config.settings().ingest_url)  # pages with an older snippet still send hits through API Gateway
    time = COLLECT_GB_S if own_url else API_GB_S
    cost = Cost(
        api_gateway=0.0 if own_url else requests * prices.REST_API_REQUEST,
        sqs=queued * SQS_REQUESTS * prices.SQS_REQUEST,
        dynamodb=records * (WRITE_UNITS * prices.WRITE_UNIT + READ_UNITS * prices.READ_UNIT)
        + stored_bytes / _GB * STORED_MONTHS * STORED_GB_MONTH,
        logs=(queued * WORKER_LOG_BYTES + builds * BUILD_LOG_BYTES) / _GB * prices.LOG_GB,
        aggregation=builds * _build(records),
        collector=requests * prices.LAMBDA_REQUEST + (requests - visits) * time * prices.LAMBDA_GB_S,
        worker=queued * (prices.LAMBDA_REQUEST + WORKER_GB_S * prices.LAMBDA_GB_S),
        data_transfer=requests * SENT_BYTES / _GB * prices.EGRESS_GB,
    )
    write_units = round(records * WRITE_UNITS + builds * BUILD_WRITE_UNITS)
    return Estimate(usage.total("hits"), excluded, requests, write_units, round(stored_bytes), cost)


def _build(records: int) -> float:
    """The cost of a build, in US dollars, for a site with so many records in the month."""
    return (
        prices.LAMBDA_REQUEST
        + BUILD_GB_S * prices.LAMBDA_GB_S
        + BUILD_S3_PUTS * prices.S3_PUT
        + BUILD_S3_GETS * prices.S3_GET
        + BUILD_WRITE_UNITS * prices.WRITE_UNIT
        + BUILD_READ_UNITS_PER_RECORD * records * prices.READ_UNIT
    )
