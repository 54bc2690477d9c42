"""Hits with a time: the import, through the same queue and worker as any other."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller, wait_for


@pytest.fixture
def site(caller: Caller) -> str:
    return caller.new_site(timezone="Asia/Kathmandu")


@pytest.fixture(scope="module")
def caller_here(in_process: Deployed) -> Caller:
    """For what is refused before anything is sent to the queue."""
    return Caller(in_process.base_url, in_process.api_token)


@pytest.fixture(scope="module")
def site_here(caller_here: Caller) -> str:
    return caller_here.new_site()


def noon(days_ago: int) -> datetime:
    return datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)


def hit(t: object, **more: object) -> dict[str, object]:
    return {"t": t, "url": "https://example.com/", "user_agent": FIREFOX, "ip": "198.51.100.9", **more}


def test_hits_of_past_days_are_counted_on_their_days(caller: Caller, site: str) -> None:
    hits = [
        hit(noon(3).isoformat(), id="a", engagement=30_000, load_time=500, referrer="https://www.bing.com/"),
        hit(round(noon(3).timestamp() * 1000) + 60_000, id="b", url="https://example.com/two", engagement=10_000),
        hit(noon(2).isoformat(), id="c", identifier="someone"),
    ]
    answer = caller.api("POST", f"/sites/{site}/hits", {"hits": hits})
    assert (answer.status, answer.json()) == (202, {"accepted": 3})
    stats = wait_for(lambda: caller.stats(site, period="7d"), lambda found: found["metrics"]["pageviews"] == 3)
    assert stats["metrics"] == {
        "visitors": 2, "visits": 2, "pageviews": 3, "views_per_visit": 1.5, "bounce_rate": 0.5, "visit_duration": 35.0,
        "load_time": 500.0, "engagement_time": 20.0, "scroll_depth": None,
    }  # fmt: skip
    by_day = {point["t"][:10]: point["pageviews"] for point in stats["series"]}
    assert by_day[noon(3).date().isoformat()] == 2
    newest, older = caller.visits(site)
    assert (newest["identifier"], older["source"], older["duration"]) == ("someone", "Bing", 70.0)
    assert [(h["page"], h["engagement"]) for h in older["hits"]] == [("/", 30.0), ("/two", 10.0)]


def test_an_archived_site_takes_no_hits_of_a_backend_either(caller: Caller, site: str) -> None:
    assert caller.api("PATCH", f"/sites/{site}", {"status": "archived"}).status == 200
    answer = wait_for(
        lambda: caller.api("POST", f"/sites/{site}/hits", {"hits": [hit(noon(1).isoformat())]}),
        lambda answer: answer.status != 202,
    )
    assert (answer.status, answer.json()["error"]["code"]) == (409, "conflict")


def test_hits_of_addresses_that_a_site_ignores_are_in_its_ledger_instead(caller: Caller, site: str) -> None:
    assert caller.api("PATCH", f"/sites/{site}", {"ignored_ips": "192.0.2.0/24, 2001:db8::/32"}).status == 200
    addresses = ("192.0.2.9", "2001:db8::9", "198.51.100.9")
    hits = [hit(noon(1).isoformat(), id=f"i{number}", ip=ip) for number, ip in enumerate(addresses)]
    wait_for(
        lambda: caller.api("POST", f"/sites/{site}/hits", {"hits": hits}).json(), lambda found: found == {"accepted": 1}
    )
    wait_for(lambda: caller.stats(site, period="7d")["metrics"]["pageviews"], lambda found: found >= 1)
    ledger = caller.api("GET", f"/sites/{site}/ledger", period="7d").json()["dropped"]
    assert sum(line["hits"] for line in ledger if line["reason"] == "ignored_address") >= 2


def test_an_import_sent_twice_counts_once(caller: Caller, site: str) -> None:
    hits = [hit(noon(2).isoformat(), id=f"h{number}", ip=f"198.51.100.{number}") for number in range(30)]
    for _ in range(2):
        assert caller.api("POST", f"/sites/{site}/hits", {"hits": hits}).status == 202
    last = hit((noon(2) + timedelta(seconds=1)).isoformat(), id="last", ip="203.0.113.1")
    caller.api("POST", f"/sites/{site}/hits", {"hits": [last]})
    stats = wait_for(lambda: caller.stats(site, period="7d"), lambda found: found["metrics"]["pageviews"] >= 31)
    assert stats["metrics"]["pageviews"] == stats["metrics"]["visitors"] == 31


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"t": "yesterday"}, "t"),
        ({"t": "2026-11-20T10:00:00"}, "t"),
        ({"t": True}, "t"),
        ({"t": "9999-01-01T00:00:00+00:00"}, "t"),
        ({"t": 10**15}, "t"),
        ({"t": 0}, "t"),
        ({"t": -(10**18)}, "t"),
        ({"t": "0001-01-01T00:00:00+14:00"}, "t"),
        ({"url": None}, "url"),
        ({"url": 7}, "url"),
        ({"url": "nowhere"}, "url"),
        ({"ip": "localhost"}, "ip"),
        ({"ip": 7}, "ip"),
        ({"user_agent": []}, "user_agent"),
        ({"referrer": 1}, "referrer"),
        ({"load_time": "fast"}, "load_time"),
        ({"engagement": -5}, "engagement"),
        ({"id": "not an id"}, "id"),
        ({"identifier": "x" * 200}, "identifier"),
        ({"scroll": "far"}, "scroll"),
        ({"event": ""}, "event"),
        ({"event": 5}, "event"),
        ({"event": "x", "url": "nowhere"}, "url"),
        ({"event": "x", "props": {"a": []}}, "props.a"),
        ({"event": "x", "props": {"a": "x" * 2001}}, "props"),
        ({"event": "x", "props": {str(n): "x" * 2000 for n in range(9)}}, "props"),
        ({"event": "x", "revenue": {"amount": "1e999999999", "currency": "EUR"}}, "revenue.amount"),
        ({"event": "x", "interactive": "yes"}, "interactive"),
        ({"event": "x", "t": "9999-01-01T00:00:00+00:00"}, "t"),
    ],
)
def test_one_wrong_hit_refuses_all_and_is_named(
    caller_here: Caller, site_here: str, change: dict[str, Any], field: str
) -> None:
    hits = [hit(noon(1).isoformat()), {**hit(noon(1).isoformat()), **change}]
    answer = caller_here.api("POST", f"/sites/{site_here}/hits", {"hits": hits})
    assert answer.status == 400, answer.body
    assert answer.json()["error"]["field"] == f"hits[1].{field}"


def test_a_backend_sends_views_and_events_of_now_in_one_batch(caller: Caller, site: str) -> None:
    who = {"user_agent": FIREFOX, "ip": "2001:db8::7", "identifier": "user-4711"}
    batch = [
        {**who, "url": "https://example.com/shop", "id": "v1", "engagement": 3000, "scroll": 70},
        {**who, "event": "purchase", "props": {"plan": "pro", "seats": 3}, "id": "e1",
         "revenue": {"amount": "49.90", "currency": "EUR"}, "url": "https://example.com/checkout?card=4711"},
        {**who, "event": "signup", "id": "e2", "interactive": True},
        {**who, "ip": "2001:db8::8", "url": "https://example.com/", "id": "v2", "t": None},
    ]  # fmt: skip
    for _ in range(2):  # an id makes sending it again harmless
        answer = caller.api("POST", f"/sites/{site}/hits", {"hits": batch})
        assert (answer.status, answer.json()) == (202, {"accepted": 4})
    found = wait_for(
        lambda: caller.visits(site), lambda visits: len(visits) == 2 and any(len(v["events"]) == 2 for v in visits)
    )
    visit = next(visit for visit in found if visit["events"])
    assert [(hit["page"], hit["engagement"], hit["scroll"], hit["tracker"]) for hit in visit["hits"]] == [
        ("/shop", 3.0, 70, "api")
    ]
    assert {(event["name"], event["page"]) for event in visit["events"]} == {
        ("purchase", "/checkout"),
        ("signup", None),
    }
    assert (visit["identifier"], visit["bounce"]) == ("user-4711", False)
    assert [other["bounce"] for other in found if other is not visit] == [True]
    stats = caller.stats(site)
    assert stats["metrics"]["pageviews"] == 2
    assert {row["name"]: row["revenue"] for row in stats["events"]} == {"purchase": {"EUR": 49.9}, "signup": {}}


def test_a_batch_is_only_as_large_as_its_bytes_not_as_its_messages(caller: Caller, site: str) -> None:
    props = {f"property {number}": "ü" * 1000 for number in range(16)}
    batch = [
        {"event": "large", "props": props, "user_agent": FIREFOX, "ip": f"198.51.100.{n}", "id": "e"} for n in range(40)
    ]
    assert caller.api("POST", f"/sites/{site}/hits", {"hits": batch}).status == 202
    stats = wait_for(lambda: caller.stats(site), lambda found: found["events"] and found["events"][0]["events"] == 40)
    assert stats["events"][0]["visitors"] == 40


@pytest.mark.parametrize("body", [{}, {"hits": []}, {"hits": {}}, {"hits": [5]}, {"hits": None}, [], "x"])
def test_what_is_no_list_of_hits_is_refused(caller: Caller, site: str, body: object) -> None:
    answer = caller.api("POST", f"/sites/{site}/hits", body)
    assert answer.status == 400
    assert answer.json()["error"]["code"] == "bad_request"


def test_too_many_hits_are_refused(caller: Caller, site: str) -> None:
    answer = caller.api("POST", f"/sites/{site}/hits", {"hits": [hit(noon(1).isoformat())] * 1001})
    assert answer.status == 400


def test_an_import_needs_a_token_and_a_site(caller: Caller, site: str) -> None:
    assert caller.call("POST", f"/api/v1/sites/{site}/hits", b"{}", {"Accept": "*/*"}).status == 401
    assert caller.api("POST", f"/sites/{uuid.uuid4()}/hits", {"hits": []}).status == 404
