"""The bench's own computations: sizes and units as AWS counts them, the bill, requests for the script, the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bench import bill, bill_tables, hit_to_dashboard, script_requests
from bench.aws_usage import Meter, item_bytes
from bench.bill import MEASURED, Endpoint
from chalicelib import config
from chalicelib.config import SCRIPT_CACHE_S
from chalicelib.operations import cost, prices
from chalicelib.operations.cost import estimate
from chalicelib.store.usage import Day, Usage
from demo.traffic.visits import View
from harness.faults.result import Result
from harness.measurement import Measurement, Section
from tests.unit.dashboard import samples


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "abc"}}, 5),
        ({"pk": {"S": "Größe"}}, 2 + 7),  # UTF-8, not characters
        ({"n": {"N": "1764000000"}}, 1 + 2 + 1),  # two digits a byte without trailing zeros, and one more
        ({"b": {"B": b"12345"}}, 6),
        ({"t": {"BOOL": True}}, 2),
        ({"s": {"SS": ["ab", "cde"]}}, 6),
        ({"l": {"L": [{"S": "ab"}, {"NULL": True}]}}, 1 + 3 + 1 + 2 + 1 + 1),
        ({"m": {"M": {"k": {"S": "v"}}}}, 1 + 3 + 1 + 1 + 1),
        ({}, 0),
    ],
)
def test_an_item_has_the_size_that_aws_counts(item: dict[str, dict[str, object]], size: int):
    assert item_bytes(item) == size


def test_a_write_takes_a_unit_for_each_begun_kilobyte_of_the_larger_item():
    meter = Meter()
    for before, after in ((0, 10), (0, 1024), (1024, 1025), (5000, 100)):
        meter.note("dynamodb", "UpdateItem", {"TableName": "t", "Key": {"pk": {"S": "a"}}}, before, after, {})
    assert meter.writes == 1 + 1 + 2 + 5
    assert meter.total("dynamodb") == 4


def test_a_batch_takes_the_units_of_its_items_but_not_of_those_it_left():
    meter = Meter()
    first, second, left = ({"PutRequest": {"Item": {"sk": {"S": one}, "b": {"B": b"x" * 1500}}}} for one in "123")
    given = {"RequestItems": {"t": [first, second, left]}}
    meter.note("dynamodb", "BatchWriteItem", given, 0, 0, {"UnprocessedItems": {"t": [left]}})
    assert (meter.writes, meter.tables, meter.total("dynamodb")) == (4, {"t": 4}, 1)
    assert sum(meter.stored.values()) == 2 * (3 + 1501)


def test_a_read_takes_half_a_unit_unless_it_must_be_consistent():
    meter = Meter()
    item = {"pk": {"S": "x" * 5000}}
    meter.note("dynamodb", "GetItem", {"TableName": "t"}, 0, 0, {"Item": item})
    meter.note("dynamodb", "GetItem", {"TableName": "t", "ConsistentRead": True}, 0, 0, {})
    meter.note("dynamodb", "Query", {"TableName": "t", "ConsistentRead": True}, 0, 0, {"Items": [item, item]})
    assert meter.reads == 1.0 + 1 + 3


def test_other_services_are_counted_without_units():
    meter = Meter()
    meter.note("sqs", "SendMessage", {}, 0, 0, {})
    assert (meter.calls["sqs.SendMessage"], meter.writes, meter.reads) == (1, 0, 0)


def test_a_figure_over_its_budget_says_so():
    part = Section("Sizes", [Measurement("small", 10, "bytes", 20), Measurement("large", 30, "bytes", 20, "why")])
    small, large, why = part.lines()[2:]
    assert "OVER" not in small
    assert large.endswith("OVER")
    assert why.strip() == "why"
    assert part.measurements[1].as_json()["over"] is True


EXACT = Result(sent=3, counted=3, duplicated=0, lost=0, dead_letters=0, wrong_metrics=(), seconds=1.5)


def test_a_fault_run_that_counts_what_was_sent_is_exact_and_within_budget():
    assert EXACT.exact
    assert not [measurement for measurement in EXACT.section("none").measurements if measurement.over]


@pytest.mark.parametrize(
    "wrong",
    [{"duplicated": 1, "lost": 1}, {"counted": 2, "lost": 1}, {"dead_letters": 1}, {"wrong_metrics": ("visitors",)}],
)
def test_a_fault_run_that_counts_anything_else_says_so(wrong: dict[str, Any]):
    tally = replace(EXACT, **wrong)
    assert not tally.exact
    assert [measurement for measurement in tally.section("some").measurements if measurement.over]


VIEWS = 1_000_000
# A view and its leave each; 2.3 views per visit; a day is built every five minutes.
MILLION = Usage("x", {1: Day(VIEWS, 2 * VIEWS, round(VIEWS / 2.3), 0)}, builds=30 * 24 * 12)
Through = Callable[[Endpoint], None]
DOCUMENT = bill_tables.DOCUMENT.read_text(encoding="utf-8")


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Iterator[Through]:
    """Sets which way hits come in."""

    def choose(endpoint: Endpoint) -> None:
        monkeypatch.setenv("SHYLIGHT_INGEST_URL", "https://hits.example" if endpoint is Endpoint.FUNCTION_URL else "")
        config.settings.cache_clear()

    yield choose
    monkeypatch.undo()
    config.settings.cache_clear()


def test_the_document_shows_the_bill_as_it_is_computed() -> None:
    """If it does not: ``python -m bench.bill_tables``."""
    assert bill_tables.updated(DOCUMENT) == DOCUMENT
    total = sum(bill.per_million(MEASURED, Endpoint.FUNCTION_URL, 100_000).values())
    assert f"**{total:.2f}** |" in DOCUMENT


def test_a_document_without_a_table_is_not_left_as_it_is() -> None:
    with pytest.raises(ValueError, match="one table"):
        bill_tables.updated(DOCUMENT.replace("| Page views a day", "| Views a day"))


@pytest.mark.parametrize("endpoint", Endpoint)
def test_a_site_is_estimated_by_the_rules_of_the_bill(
    endpoint: Endpoint, through: Through, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a million page views a month, each event alone. Only what a site takes itself is estimated."""
    through(endpoint)
    monkeypatch.setattr(prices, "LAMBDA_GB_S", bill.gb_s_price())  # not those of this machine
    found = estimate(MILLION).cost
    billed = bill.per_million(MEASURED, endpoint, round(VIEWS / 30), batch=1)
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
    assert pytest.approx(bill.row_days() / 30) == cost.STORED_MONTHS
    backup = prices.BACKUP_GB_MONTH if bill.rows_have_backups() else 0
    assert pytest.approx(prices.TABLE_GB_MONTH + backup) == cost.STORED_GB_MONTH


def test_the_bill_grows_with_the_traffic_and_falls_per_view() -> None:
    for endpoint in Endpoint:
        days = [sum(bill.per_day(MEASURED, endpoint, views).values()) for views in (1_000, 10_000, 100_000, 1_000_000)]
        assert days == sorted(days)
        per_view = [day / views for day, views in zip(days, (1_000, 10_000, 100_000, 1_000_000), strict=True)]
        assert per_view == sorted(per_view, reverse=True)


def test_the_functions_url_saves_the_requests_of_api_gateway_and_memory() -> None:
    rest, url = (bill.per_million(MEASURED, endpoint, 100_000) for endpoint in Endpoint)
    differing = {item for item in rest if rest[item] != url[item]}
    assert differing == {"API Gateway: hits and scripts", "Lambda, collector"}
    assert rest["API Gateway: hits and scripts"] == pytest.approx(3.50 * (2 + MEASURED.script_requests))
    assert url["API Gateway: hits and scripts"] == 0
    assert url["Lambda, collector"] < rest["Lambda, collector"]


def test_time_on_x86_costs_a_quarter_more(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = bill.per_million(MEASURED, Endpoint.FUNCTION_URL, 100_000)
    chalice = bill._chalice()
    monkeypatch.setattr(bill, "_chalice", lambda: chalice | {"lambda_architecture": "x86_64"})
    x86 = bill.per_million(MEASURED, Endpoint.FUNCTION_URL, 100_000)
    changed = {item for item in x86 if x86[item] > arm[item]}
    assert {"Lambda, collector", "Lambda, worker", "Aggregation"} <= changed
    assert bill.gb_s_price() == pytest.approx(1.25 * prices.LAMBDA_GB_S_ARM, rel=0.001)


def test_a_slower_processor_takes_longer_and_waiting_does_not() -> None:
    assert bill.gb_s("collect", 0, 1) == pytest.approx(0.25 * 0.008)
    assert bill.gb_s("collect", 1, 0) == pytest.approx(0.25 * 0.007)  # a seventh of a processor
    assert bill.gb_s("aggregate", 10, 0) == pytest.approx(2 * 0.010)  # one thread has no use for more than one


WEEK = script_requests.week()
ONE = next(view for view in WEEK if not view.person.is_bot)


def after(*seconds: int) -> list[View]:
    """Views of one visitor, that long after their first."""
    return [replace(ONE, id=str(number), t=ONE.t + second * 1000) for number, second in enumerate(seconds)]


@pytest.mark.parametrize(
    ("seconds", "requests"), [((0,), 1), ((0, 29), 1), ((0, 30), 2), ((0, 29, 31), 2), ((0, 20, 40, 60), 2)]
)
def test_a_script_is_asked_for_again_once_it_is_older_than_the_cache_allows(
    seconds: tuple[int, ...], requests: int
) -> None:
    assert script_requests.per_view(after(*seconds), 30) == requests / len(seconds)


def test_each_browser_has_a_cache_of_its_own_and_bots_load_no_script() -> None:
    other = replace(ONE, person=replace(ONE.person, address="192.0.2.200"))
    bot = next(view for view in WEEK if view.person.is_bot)
    assert script_requests.per_view([*after(0, 1), other, bot], 30) == 2 / 3


def test_the_bill_counts_as_many_as_the_demos_traffic_has() -> None:
    assert script_requests.per_view(WEEK, SCRIPT_CACHE_S) == pytest.approx(MEASURED.script_requests, abs=0.001)


def test_an_open_page_is_read_as_it_is_written() -> None:
    """The number of page views on the overview, and how often its script asks for it again."""
    page = samples.overview(samples.empty()).body
    text = page if isinstance(page, str) else page.decode()
    shown, refresh = hit_to_dashboard._PAGEVIEWS.search(text), hit_to_dashboard._REFRESH.search(text)
    assert shown is not None
    assert shown[1] == "0"
    assert refresh is not None
    assert int(refresh[1]) == config.OPEN_PAGE_REFRESH_S
