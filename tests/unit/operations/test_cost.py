"""The estimated cost of a site, and the bill of a deployment that the document shows, by the same rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import bill, bill_tables
from bench.bill import MEASURED, Door
from chalicelib import config
from chalicelib.operations import cost as rules
from chalicelib.operations import prices
from chalicelib.operations.cost import estimate
from chalicelib.store.usage import Day, Usage

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "limits-and-cost.md").read_text(encoding="utf-8")
VIEWS = 1_000_000
# A view and its leave each; 2.3 views per visit; a day is built every five minutes.
MILLION = Usage("x", {1: Day(VIEWS, 2 * VIEWS, round(VIEWS / 2.3), 0)}, builds=30 * 24 * 12)
Through = Callable[[Door], None]


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Iterator[Through]:
    """Sets which way hits come in."""

    def choose(door: Door) -> None:
        monkeypatch.setenv("SHYLIGHT_INGEST_URL", "https://hits.example" if door is Door.FUNCTION_URL else "")
        config.settings.cache_clear()

    yield choose
    monkeypatch.undo()
    config.settings.cache_clear()


def test_the_document_shows_the_bill_as_it_is_computed() -> None:
    """If it does not: ``python -m bench.bill_tables``."""
    assert bill_tables.updated(DOCUMENT) == DOCUMENT
    total = sum(bill.per_million(MEASURED, Door.FUNCTION_URL, 100_000).values())
    assert f"**{total:.2f}** |" in DOCUMENT


def test_a_document_without_a_table_is_not_left_as_it_is() -> None:
    with pytest.raises(ValueError, match="one table"):
        bill_tables.updated(DOCUMENT.replace("| Page views a day", "| Views a day"))


@pytest.mark.parametrize("door", Door)
def test_a_site_is_estimated_by_the_rules_of_the_bill(door: Door, through: Through) -> None:
    """At a million page views a month, each event alone. Only what a site takes itself is estimated."""
    through(door)
    found = estimate(MILLION).cost
    billed = bill.per_million(MEASURED, door, round(VIEWS / 30), batch=1)
    polls = bill.IDLE_POLLS_A_MINUTE * 60 * 24 * 30 * prices.SQS_REQUEST
    marks = bill.MARKING_CONTAINERS * 60 * 24 * 30 * prices.WRITE_UNIT
    pages = bill.PAGES_A_DAY * 30 * MEASURED.page.sent_bytes / 1e9 * prices.EGRESS_GB
    stored = billed["DynamoDB: writes and reads"] + billed["Storage over the retention, with backups"]
    pairs = {
        "api_gateway": (found.api_gateway, billed["API Gateway: hits and scripts"]),
        "collector": (found.collector, billed["Lambda, collector"]),
        "sqs": (found.sqs, billed["SQS"] - polls),
        "worker": (found.worker, billed["Lambda, worker"]),
        "dynamodb": (found.dynamodb, stored - marks),
        "aggregation": (found.aggregation, billed["Aggregation"]),
        "data_transfer": (found.data_transfer, billed["Data transfer"] - pages),
    }
    for name, (estimated, expected) in pairs.items():
        assert estimated == pytest.approx(expected, rel=0.03), name


def test_storage_is_estimated_for_as_long_as_records_are_kept() -> None:
    assert pytest.approx(bill.row_days() / 30) == rules.STORED_MONTHS
    backup = prices.BACKUP_GB_MONTH if bill.rows_have_backups() else 0
    assert pytest.approx(prices.TABLE_GB_MONTH + backup) == rules.STORED_GB_MONTH


def test_the_bill_grows_with_the_traffic_and_falls_per_view() -> None:
    for door in Door:
        days = [sum(bill.per_day(MEASURED, door, views).values()) for views in (1_000, 10_000, 100_000, 1_000_000)]
        assert days == sorted(days)
        per_view = [day / views for day, views in zip(days, (1_000, 10_000, 100_000, 1_000_000), strict=True)]
        assert per_view == sorted(per_view, reverse=True)


def test_the_functions_url_saves_the_requests_of_api_gateway_and_memory() -> None:
    rest, url = (bill.per_million(MEASURED, door, 100_000) for door in Door)
    differing = {item for item in rest if rest[item] != url[item]}
    assert differing == {"API Gateway: hits and scripts", "Lambda, collector"}
    assert rest["API Gateway: hits and scripts"] == pytest.approx(3.50 * (2 + MEASURED.script_requests))
    assert url["API Gateway: hits and scripts"] == 0
    assert url["Lambda, collector"] < rest["Lambda, collector"]


def test_a_slower_processor_takes_longer_and_waiting_does_not() -> None:
    assert bill.gb_s("collect", 0, 1) == pytest.approx(0.25 * 0.008)
    assert bill.gb_s("collect", 1, 0) == pytest.approx(0.25 * 0.007)  # a seventh of a processor
    assert bill.gb_s("aggregate", 10, 0) == pytest.approx(2 * 0.010)  # one thread has no use for more than one


def test_the_document_names_region_and_month_of_the_prices() -> None:
    assert f"list prices of {prices.REGION}" in DOCUMENT
    assert "in November 2026" in DOCUMENT
    assert prices.MONTH == "2026-11"
    assert f"{prices.REGION}, list prices of {prices.MONTH}" in prices.as_text()


def test_what_is_counted_is_added_over_the_days() -> None:
    found = estimate(Usage("x", {1: Day(10, 18, 5, 1000), 30: Day(1, 2, 1, 1000)}, 3, {"dnt": 7, "robot_declared": 2}))
    assert (found.hits, found.excluded, found.requests) == (11, 9, 20 + 9 + 6)
    assert found.write_units == round(20 * rules.WRITE_UNITS + 3 * 6)
    assert found.stored_bytes == 20 * rules.RECORD_BYTES + 2000


@pytest.mark.parametrize(("reason", "queued"), [("dnt", False), ("flood_address", False), ("robot_declared", True)])
def test_hits_that_are_dropped_cost_requests_and_some_of_them_the_worker(reason: str, queued: bool) -> None:
    cost = estimate(Usage("x", dropped={reason: VIEWS})).cost
    assert cost.api_gateway == pytest.approx(3.50)
    assert cost.dynamodb == 0
    assert (cost.worker > 0) is (cost.sqs > 0) is queued


def test_a_site_that_nobody_visits_costs_nothing() -> None:
    assert estimate(Usage("x")).cost.total == 0
