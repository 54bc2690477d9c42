"""Filters, breakdowns, realtime figures and CSV over HTTP: their shapes, their errors, and what they leave out."""

from __future__ import annotations

import csv
import io
import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib import config
from chalicelib.aggregate.build_day import refresh
from chalicelib.collect import hit
from chalicelib.collect.event import encode
from chalicelib.collect.urls import Location
from chalicelib.enrich.worker import consume
from chalicelib.report.filters import FIELDS
from chalicelib.store.site_changes import change_site
from chalicelib.store.sites import Site, get_site
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller

_ids = itertools.count()


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture(autouse=True)
def _built_at_once() -> Iterator[None]:
    """Pages build what is new, however recent the last build is."""
    with patch("chalicelib.config.REFRESH_AFTER_S", 0):
        yield


@pytest.fixture
def site(caller: Caller) -> Site:
    """A new site."""
    made = get_site(caller.new_site(timezone="Asia/Kathmandu"))
    assert made is not None
    return made


def visit(site: Site, t: datetime, *pages: str, address: str = "79.192.7.1", referrer: str | None = None) -> None:
    """A visitor views pages, a second each."""
    who = hit.client(address, FIREFOX)
    events = []
    for number, page in enumerate(pages):
        view = hit.View(f"v{next(_ids)}", Location("example.com", page), "script", None if number else referrer)
        events.append(hit.event(site, who, round(t.timestamp() * 1000) + 1000 * number, view))
    consume([encode(events)])


def a_while_ago() -> datetime:
    """An instant of an earlier day."""
    return datetime.now(UTC) - timedelta(days=3)


def ask(caller: Caller, site: Site, what: str, *texts: str, accept: str = "*/*", **query: object) -> Any:
    every = [*(("f", text) for text in texts), *({"period": "7d"} | query).items()]
    return caller.api_pairs("GET", f"/sites/{site.id}/{what}", every, accept=accept)


PATHS = ("stats", "visits", "breakdown", "realtime", "stats.csv", "visits.csv", "breakdown.csv")


@pytest.mark.parametrize("what", PATHS)
def test_an_unknown_dimension_is_rejected_wherever_filters_are_taken(caller: Caller, site: Site, what: str) -> None:
    answer = ask(caller, site, what, "is,nothing,x", dimension="page")
    error = answer.json()["error"]
    assert (answer.status, error["field"]) == (400, "f")
    assert all(name in error["message"] for name in FIELDS)


def test_repeated_filters_arrive_and_are_one_or_the_other(caller: Caller, site: Site) -> None:
    visit(site, a_while_ago(), "/a", "/b")
    visit(site, a_while_ago(), "/c", address="79.192.7.2")
    for texts, visits, views in (
        (("is,page,/a",), 1, 1),
        (("is,page,/a", "is,page,/c"), 2, 2),
        (("is,bounce,no",), 1, 2),
    ):
        metrics = ask(caller, site, "stats", *texts).json()["metrics"]
        assert (metrics["visits"], metrics["pageviews"]) == (visits, views)


def test_a_comparison_has_a_series_of_its_own(caller: Caller, site: Site) -> None:
    then = a_while_ago() - timedelta(days=14)
    visit(site, then, "/a")
    day = then.astimezone(site.zone).date().isoformat()
    for texts in ((), ("is,page,/a",)):
        query = {"compare_from": day, "compare_to": day, "interval": "day"}
        stats = ask(caller, site, "stats", *texts, **query).json()
        assert (stats["compare_from"], stats["compare_to"]) == (day, day)
        assert [point["pageviews"] for point in stats["compare_series"]] == [1]
        assert (stats["compare"]["pageviews"], stats["metrics"]["pageviews"]) == (1, 0)
        alone = ask(caller, site, "stats", *texts, compare="none").json()
        assert (alone["compare"], alone["compare_from"], alone["compare_series"]) == (None, None, [])


def test_a_day_that_is_not_over_is_compared_up_to_the_same_minute_with_filters_too(caller: Caller, site: Site) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    visit(site, yesterday - timedelta(seconds=61), "/a")
    visit(site, yesterday + timedelta(minutes=3), "/a", address="79.192.7.2")
    same_day = (yesterday.astimezone(site.zone) + timedelta(minutes=4)).date() == yesterday.astimezone(site.zone).date()
    same_day &= (yesterday.astimezone(site.zone) - timedelta(minutes=2)).date() == yesterday.astimezone(
        site.zone
    ).date()
    if not same_day:
        pytest.skip("it is midnight there")
    for texts in ((), ("is,page,/a",)):
        stats = ask(caller, site, "stats", *texts, period="today").json()
        assert stats["compare"]["pageviews"] == 1
        assert sum(point["pageviews"] for point in stats["compare_series"]) == 2


def test_realtime_is_the_last_half_hour_by_minute(caller: Caller, site: Site) -> None:
    now = datetime.now(UTC)
    visit(site, now - timedelta(minutes=45), "/before")
    visit(site, now - timedelta(minutes=16), "/a", "/b", address="79.192.7.2", referrer="https://www.google.com/")
    visit(site, now, "/a", address="90.0.0.5")
    found = ask(caller, site, "realtime").json()
    assert (found["visitors"], found["pageviews"], found["online"]) == (2, 3, 1)
    assert len(found["series"]) == config.REALTIME_MINUTES
    assert sum(minute["pageviews"] for minute in found["series"]) == 3
    assert found["series"][-1]["t"] >= (now.astimezone(site.zone) - timedelta(minutes=1)).isoformat()[:16]
    assert found["pages"][0] == {"name": "/a", "visitors": 2, "visits": 2, "pageviews": 2}
    assert {row["name"]: row["visitors"] for row in found["sources"]} == {"Google": 1, "Direct": 1}
    assert {row["name"]: row["pageviews"] for row in found["countries"]} == {"DE": 2, "FR": 1}
    only = ask(caller, site, "realtime", "is,country,FR", limit=1).json()
    assert only["pages"] == [{"name": "/a", "visitors": 1, "visits": 1, "pageviews": 1}]
    assert (only["visitors"], len(only["sources"]), only["countries"][0]["name"]) == (1, 1, "FR")


def test_pages_of_a_breakdown_do_not_change_while_hits_arrive(caller: Caller, site: Site) -> None:
    """The second page neither repeats nor misses a row that the first one was built with."""
    now = datetime.now(UTC)
    for number in range(6):
        visit(site, now - timedelta(seconds=1), f"/{number}", address=f"79.192.8.{number}")
    whole = ask(caller, site, "breakdown", dimension="page").json()
    first = ask(caller, site, "breakdown", dimension="page", limit=3).json()
    time.sleep(0.01)
    later = datetime.now(UTC) + timedelta(milliseconds=5)
    for number in (3, 4, 5, 7):
        visit(site, later, f"/{number}", address=f"79.192.9.{number}")
    ask(caller, site, "stats", period="today")
    second = ask(caller, site, "breakdown", dimension="page", cursor=first["next"]).json()
    assert first["rows"] + second["rows"] == whole["rows"]
    assert second["as_of"] == first["as_of"]
    assert len(ask(caller, site, "breakdown", dimension="page").json()["rows"]) == 7


def test_csv_is_given_by_path_and_to_those_who_prefer_it(caller: Caller, site: Site) -> None:
    visit(site, a_while_ago(), "/=1+1", '/"q,', address="79.192.7.3")
    for what, query, head in (
        ("stats", {}, ["t", "visitors", "visits", "pageviews"]),
        ("stats", {"table": "entry_pages"}, ["entry_page", "visitors", "visits", "pageviews"]),
        ("breakdown", {"dimension": "page", "metrics": "visitors"}, ["page", "visitors"]),
        ("visits", {}, ["id", "start"]),
    ):
        by_path = ask(caller, site, f"{what}.csv", **query)
        by_type = ask(caller, site, what, accept="text/csv, */*;q=0.1", **query)
        assert by_path.status == 200
        assert by_path.headers["content-type"] == "text/csv; charset=utf-8"
        assert by_path.headers["content-disposition"].startswith('attachment; filename="example.com-')
        assert by_type.body == by_path.body
        rows = list(csv.reader(io.StringIO(by_path.body.decode("utf-8"), newline="")))
        assert rows[0][: len(head)] == head
        assert ask(caller, site, what, accept="application/json, text/csv", **query).body.startswith(b"{")


def test_no_cell_of_a_file_is_a_formula(caller: Caller, site: Site) -> None:
    location = Location("example.com", "/", utm_source="=cmd()", source_tag="=cmd()")
    view = hit.View("v", location, "script")
    t = round(a_while_ago().timestamp() * 1000)
    consume([encode([hit.event(site, hit.client("79.192.7.4", FIREFOX), t, view)])])
    for what, query in (
        ("breakdown.csv", {"dimension": "source"}), ("stats.csv", {"table": "sources"}), ("visits.csv", {}),
    ):  # fmt: skip
        text = ask(caller, site, what, **query).body.decode()
        assert "'=cmd()" in text
        assert ",=cmd()" not in text
        assert "\n=cmd()" not in text


def test_the_next_page_of_a_file_is_in_its_header(caller: Caller, site: Site) -> None:
    for number in range(3):
        visit(site, a_while_ago(), f"/{number}", address=f"79.192.7.{number + 1}")
    for what, query in (("breakdown.csv", {"dimension": "page"}), ("visits.csv", {})):
        lines = []
        answer = ask(caller, site, what, "is,bounce,yes", limit=2, **query)
        link = answer.headers["link"]
        assert link.endswith('>; rel="next"')
        lines += answer.body.decode().splitlines()[1:]
        target = link.removeprefix("<").partition(">")[0]
        following = caller.api("GET", f"/sites/{site.id}/{what}{target}")
        assert "link" not in following.headers
        lines += following.body.decode().splitlines()[1:]
        assert lines == ask(caller, site, what, "is,bounce,yes", **query).body.decode().splitlines()[1:]


def test_hidden_referrers_are_in_no_breakdown(caller: Caller, site: Site) -> None:
    visit(site, a_while_ago(), "/", referrer="https://www.google.com/")
    visit(site, a_while_ago(), "/", address="79.192.7.2", referrer="https://duckduckgo.com/")
    assert change_site(site.id, {"hide_referrer_regex": "google"}) is not None
    for query in ({"dimension": "referrer"}, {"dimension": "page,referrer"}):
        rows = ask(caller, site, "breakdown", **query).json()["rows"]
        assert [row["referrer"] for row in rows] == ["https://duckduckgo.com/"]


@pytest.mark.parametrize("what", ["stats", "breakdown", "realtime", "visits"])
def test_a_question_past_its_budget_is_refused_with_what_to_narrow(caller: Caller, site: Site, what: str) -> None:
    visit(site, datetime.now(UTC), "/")
    refresh(site, datetime.now(UTC).astimezone(site.zone).date())
    with patch("chalicelib.config.QUERY_BUDGET_S", -1.0):
        answer = ask(caller, site, what, "is,page,/", dimension="page")
    assert (answer.status, answer.json()["error"]["code"]) == (503, "query_too_large")
    assert "shorter period" in answer.json()["error"]["message"]
    assert ask(caller, site, what, "is,page,/", dimension="page").status == 200


def test_visits_that_take_long_to_find_come_in_parts(caller: Caller, site: Site) -> None:
    for number in range(3):
        visit(site, a_while_ago() + timedelta(days=number), "/a")
    with patch("chalicelib.report.visits._SHARE_OF_DAYS", 0):
        found, cursor, answers = [], "", 0
        while True:
            part = ask(caller, site, "visits", "is,page,/a", **({"cursor": cursor} if cursor else {})).json()
            found += part["visits"]
            cursor, answers = part["next"], answers + 1
            if not cursor:
                break
    assert len(found) == 3
    assert answers >= 3


@pytest.mark.parametrize(
    ("what", "query", "field"),
    [
        ("breakdown", {}, "dimension"),
        ("breakdown", {"dimension": "page", "cursor": "x"}, "cursor"),
        ("breakdown", {"dimension": "page", "next": "WzEsMiwzXQ"}, "next"),
        ("breakdown", {"dimension": "page", "period": "x"}, "period"),
        ("stats", {"interval": "year"}, "interval"),
        ("stats", {"interval": "minute"}, "interval"),
        ("stats", {"compare": "x"}, "compare"),
        ("stats", {"compare_from": "x"}, "compare_from"),
        ("stats.csv", {"table": "x"}, "table"),
        ("realtime", {"limit": "1000"}, "limit"),
    ],
)
def test_a_wrong_parameter_is_rejected_naming_it(
    caller: Caller, site: Site, what: str, query: dict[str, str], field: str
) -> None:
    answer = ask(caller, site, what, **query)
    assert (answer.status, answer.json()["error"]["field"]) == (400, field)
