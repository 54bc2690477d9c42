"""The estimated cost of a site. `tests/unit/tools/test_bench.py` compares it with the bill of a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import config
from chalicelib.operations import cost as rules
from chalicelib.operations import prices
from chalicelib.operations.cost import estimate
from chalicelib.store.usage import Day, Usage

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "limits-and-cost.md").read_text(encoding="utf-8")
VIEWS = 1_000_000


@pytest.fixture
def own_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hits come in at a URL of their own."""
    monkeypatch.setenv("SHYLIGHT_INGEST_URL", "https://hits.example")
    config.settings.cache_clear()
    yield
    monkeypatch.undo()
    config.settings.cache_clear()


@pytest.mark.usefixtures("own_url")
def test_hits_at_a_url_of_their_own_cost_no_request_to_api_gateway() -> None:
    cost = estimate(Usage("x", {1: Day(10, 18, 5, 1000)})).cost
    assert cost.api_gateway == 0
    assert cost.collector > 0


def test_the_document_names_region_and_month_of_the_prices() -> None:
    assert f"list prices of {prices.REGION}" in DOCUMENT
    assert "in November 2026" in DOCUMENT
    assert prices.MONTH == "2026-11"
    assert f"{prices.REGION}, list prices of {prices.MONTH}" in prices.as_text()


def test_what_is_counted_is_added_over_the_days() -> None:
    found = estimate(Usage("x", {1: Day(10, 18, 5, 1000), 30: Day(1, 2, 1, 1000)}, 3, {"dnt": 7, "robot_declared": 2}))
    assert (found.hits, found.excluded, found.requests) == (11, 9, 20 + 9 + 6)
    assert found.write_units == round(20 * rules.WRITE_UNITS + 3 * rules.BUILD_WRITE_UNITS)
    assert found.stored_bytes == 20 * rules.RECORD_BYTES + 2000


@pytest.mark.parametrize(("reason", "queued"), [("dnt", False), ("flood_address", False), ("robot_declared", True)])
def test_hits_that_are_dropped_cost_requests_and_some_of_them_the_worker(reason: str, queued: bool) -> None:
    cost = estimate(Usage("x", dropped={reason: VIEWS})).cost
    assert cost.api_gateway == pytest.approx(3.50)
    assert cost.dynamodb == 0
    assert (cost.worker > 0) is (cost.sqs > 0) is queued


def test_a_site_that_nobody_visits_costs_nothing() -> None:
    assert estimate(Usage("x")).cost.total == 0
