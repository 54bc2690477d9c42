"""The estimated cost of a site, and the document that shows the cost of a million page views by the same rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.operations import prices
from chalicelib.operations.cost import estimate
from chalicelib.store.usage import Day, Usage

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "limits-and-cost.md").read_text(encoding="utf-8")
VIEWS = 1_000_000
# A view and its leave each; 2.3 views per visit; a day is built every five minutes.
MILLION = Usage("x", {1: Day(VIEWS, 2 * VIEWS, round(VIEWS / 2.3), 0)}, builds=30 * 24 * 12)


def documented() -> dict[str, float]:
    """The rows of the document's table of costs, in US dollars."""
    section = DOCUMENT[DOCUMENT.index("## Cost") :]
    table = section[section.index("| | USD |") : section.index("Measured in")]
    rows = re.findall(r"^\| \**(.+?)\** \| \**([\d.]+)\** \|$", table, re.MULTILINE)
    return {title: float(usd) for title, usd in rows}


def test_a_million_page_views_cost_what_the_document_says() -> None:
    cost, rows = estimate(MILLION).cost, documented()
    by_title = {
        "API Gateway": cost.api_gateway,
        "SQS": cost.sqs,
        "DynamoDB": cost.dynamodb,
        "Logs": cost.logs,
        "Aggregation": cost.aggregation,
        "Lambda, collector": cost.collector,
        "Lambda, worker": cost.worker,
        "In all, if each event is processed alone": cost.total,
    }
    for beginning, usd in by_title.items():
        (shown,) = [value for title, value in rows.items() if title.startswith(beginning)]
        assert round(usd, 2) == shown, beginning


def test_the_document_names_region_and_month_of_the_prices() -> None:
    assert f"list prices of {prices.REGION}" in DOCUMENT
    assert "in November 2026" in DOCUMENT
    assert prices.MONTH == "2026-11"
    assert f"{prices.REGION}, list prices of {prices.MONTH}" in prices.as_text()


def test_what_is_counted_is_added_over_the_days() -> None:
    found = estimate(Usage("x", {1: Day(10, 18, 5, 1000), 30: Day(1, 2, 1, 1000)}, 3, {"dnt": 7, "robot_declared": 2}))
    assert (found.hits, found.excluded, found.requests) == (11, 9, 20 + 9 + 6)
    assert found.write_units == round(20 * 1.05 + 3 * 6)
    assert found.stored_bytes == 20 * 272.5 + 2000


@pytest.mark.parametrize(("reason", "queued"), [("dnt", False), ("flood_address", False), ("robot_declared", True)])
def test_hits_that_are_dropped_cost_requests_and_some_of_them_the_worker(reason: str, queued: bool) -> None:
    cost = estimate(Usage("x", dropped={reason: VIEWS})).cost
    assert cost.api_gateway == pytest.approx(3.50)
    assert cost.dynamodb == 0
    assert (cost.worker > 0) is (cost.sqs > 0) is queued


def test_a_site_that_nobody_visits_costs_nothing() -> None:
    assert estimate(Usage("x")).cost.total == 0
