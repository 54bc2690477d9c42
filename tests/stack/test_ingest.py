"""The ingest over HTTP: hits arrive as they were sent, and what is wrong is refused with a reason, whole."""

import http.client
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.http_client import Answer
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, NO_SITE, Caller, wait_for

GOOD = {"idempotency": "first", "location": "https://example.com/", "referrer": None, "loadTime": 420}


@pytest.fixture
def site(caller: Caller) -> str:
    return caller.new_site()


def view(**changes: object) -> dict[str, object]:
    return {**GOOD, "idempotency": uuid.uuid4().hex, **changes}


def only_visit(caller: Caller, site: str, views: int = 1) -> Any:
    visits = wait_for(lambda: caller.visits(site), lambda found: sum(len(visit["hits"]) for visit in found) >= views)
    assert len(visits) == 1
    return visits[0]


def test_a_view_and_its_leave_arrive_as_they_were_sent(caller: Caller, site: str) -> None:
    first = view(location="https://example.com/blog?secret=1#top", referrer="https://www.google.com/search?q=x")
    assert caller.beacon(site, first).status == 204
    leave = {"idempotency": first["idempotency"], "engagement": 5300, "age": 6000}
    assert caller.beacon(site, leave).status == 204
    second = view(location="https://example.com/about", referrer="https://example.com/blog", loadTime=None)
    assert caller.beacon(site, second).status == 204
    visit = wait_for(
        lambda: caller.visits(site),
        lambda found: found and len(found[0]["hits"]) == 2 and found[0]["hits"][0]["engagement"],
    )[0]
    assert [(hit["page"], hit["engagement"], hit["load_time"], hit["tracker"]) for hit in visit["hits"]] == [
        ("/blog", 5.3, 420, "script"),
        ("/about", None, None, "script"),
    ]
    assert (visit["referrer"], visit["source"]) == ("https://www.google.com/search", "Google")
    assert (visit["browser"], visit["system"], visit["device_type"]) == ("Firefox", "Linux", "desktop")
    assert visit["bounce"] is False
    stats = caller.stats(site)
    assert stats["metrics"]["visitors"] == stats["metrics"]["visits"] == stats["online"] == 1
    assert stats["metrics"]["pageviews"] == 2
    assert stats["metrics"]["load_time"] == 420


CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)


def test_what_a_browser_says_beside_its_user_agent_names_it(caller: Caller, site: str) -> None:
    hints = {"Sec-CH-UA": '"Brave";v="141", "Not?A_Brand";v="8", "Chromium";v="141"', "Sec-CH-UA-Mobile": "?0"}
    system = {"Sec-CH-UA-Platform": '"Windows"', "Sec-CH-UA-Platform-Version": '"15.0.0"'}
    headers = {"User-Agent": CHROME, "Content-Type": "text/plain", **hints, **system}
    data = json.dumps(view()).encode()
    assert caller.call("POST", f"/ingress/{site}/script.js", data, headers).status == 204
    visit = only_visit(caller, site)
    assert (visit["browser"], visit["system"], visit["device_type"]) == ("Brave", "Windows 11", "desktop")


def test_the_primary_key_integration_names_the_visitor(caller: Caller, site: str) -> None:
    assert caller.beacon(site, view(), identifier="user%2042").status == 204
    assert only_visit(caller, site)["identifier"] == "user 42"


def test_the_pixel_counts_each_load(caller: Caller, site: str) -> None:
    headers = {"User-Agent": FIREFOX, "Referer": "https://example.com/no-script", "Accept": "image/avif,image/webp,*/*"}
    answer = caller.call("GET", f"/ingress/{site}/pixel.gif", headers=headers)
    assert (answer.status, answer.headers["content-type"], len(answer.body)) == (200, "image/gif", 43)
    assert "no-store" in answer.headers["cache-control"]
    caller.call("GET", f"/ingress/{site}/someone/pixel.gif?location=https%3A%2F%2Fexample.com%2Fq", headers=headers)
    visit = only_visit(caller, site, 2)
    assert sorted(hit["page"] for hit in visit["hits"]) == ["/no-script", "/q"]
    assert visit["identifier"] == "someone"


def test_the_tracker_is_served_with_a_cache_that_is_revalidated(caller: Caller, site: str) -> None:
    answer = caller.call("GET", f"/ingress/{site}/script.js", headers={"Accept": "*/*"})
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert len(answer.body) < 1500
    again = caller.call("GET", f"/ingress/{site}/script.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_a_repeated_beacon_counts_once(caller: Caller, site: str) -> None:
    body = view()
    assert [caller.beacon(site, body).status for _ in range(3)] == [204] * 3
    caller.beacon(site, view())
    assert len(only_visit(caller, site, 2)["hits"]) == 2


BAD_BODIES: list[tuple[str, bytes, int]] = [
    ("empty", b"", 400),
    ("not json", b"hello", 400),
    ("binary", bytes(range(256)), 400),
    ("not utf-8", b'{"location":"https://example.com/\xff"}', 400),
    ("array", b"[]", 400),
    ("string", b'"x"', 400),
    ("null", b"null", 400),
    ("nested", b"[" * 8000 + b"]" * 8000, 400),
    ("nested objects", b'{"a":' * 2500 + b"1" + b"}" * 2500, 400),
    ("no location", b'{"idempotency":"a"}', 400),
    ("huge", json.dumps(view(padding="x" * 16_384)).encode(), 413),
]
BAD_FIELDS: list[tuple[dict[str, object], str]] = [
    ({"location": None}, "location"),
    ({"location": 5}, "location"),
    ({"location": ["https://example.com/"]}, "location"),
    ({"location": ""}, "location"),
    ({"location": "/relative"}, "location"),
    ({"location": "javascript:alert(1)"}, "location"),
    ({"location": "https://"}, "location"),
    ({"location": "https://example.com/" + "a" * 8200}, "location"),
    ({"referrer": 5}, "referrer"),
    ({"referrer": {}}, "referrer"),
    ({"loadTime": "420"}, "loadTime"),
    ({"loadTime": True}, "loadTime"),
    ({"loadTime": []}, "loadTime"),
    ({"loadTime": float("nan")}, "loadTime"),
    ({"loadTime": 10**400}, "loadTime"),
    ({"idempotency": True}, "idempotency"),
    ({"idempotency": "with space"}, "idempotency"),
    ({"idempotency": "x" * 65}, "idempotency"),
    ({"engagement": "5"}, "engagement"),
    ({"engagement": -1}, "engagement"),
    ({"engagement": 5, "age": -1}, "age"),
    ({"engagement": 5, "age": "1"}, "age"),
    ({"engagement": 5, "idempotency": None}, "idempotency"),
]


def refused(answer: Answer, status: int, field: str | None = None) -> None:
    """It is an error of the one shape, with a message for a person."""
    assert answer.status == status, answer.body
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "field"}
    assert len(error["message"]) > 10
    if field is not None:
        assert error["field"] == field


def test_bad_input_is_refused_with_a_reason_and_nothing_of_it_is_stored(caller: Caller, site: str) -> None:
    for _name, body, status in BAD_BODIES:
        refused(caller.beacon(site, body), status)
    for change, field in BAD_FIELDS:
        refused(caller.beacon(site, view(**change)), 400, field)
    for identifier in ("x" * 129, "%00", "a%0Ab"):
        refused(caller.beacon(site, view(), identifier=identifier), 400, "identifier")
    refused(
        caller.call("GET", f"/ingress/{site}/pixel.gif?location=nowhere", headers={"Accept": "*/*"}), 400, "location"
    )
    assert caller.beacon(site, view(location="https://example.com/good")).status == 204
    assert [hit["page"] for hit in only_visit(caller, site)["hits"]] == ["/good"]


@pytest.mark.parametrize("wrong", [NO_SITE, "x", "0", "%00", "%F0%9F%98%80", "a" * 500, "../sites"])
def test_a_site_that_is_not_there_is_not_found(caller: Caller, wrong: str) -> None:
    for answer in (caller.beacon(wrong, GOOD), caller.call("GET", f"/ingress/{wrong}/script.js")):
        assert answer.status in (403, 404)  # what does not even reach a route, the gateway itself refuses with 403
        if "/" not in wrong:
            refused(answer, 404)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:password@example.com/page",
        "https://example.com/page?" + "q" * 8000,
        "https://EXAMPLE.com:443/page#frag",
    ],
)
def test_of_a_url_only_the_page_is_kept(caller: Caller, site: str, url: str) -> None:
    assert caller.beacon(site, view(location=url)).status == 204
    assert only_visit(caller, site)["hits"][0]["page"] == "/page"


def test_pages_with_emoji_controls_and_half_surrogates_are_stored(caller: Caller, site: str) -> None:
    for path in ("😀", "a\x00b", "\ud800", "a\u2028b", "%F0%9F%98%80"):
        assert caller.beacon(site, view(location=f"https://example.com/{path}")).status == 204
    pages = {hit["page"] for hit in only_visit(caller, site, 5)["hits"]}
    assert pages == {"/😀", "/a%00b", "/\ufffd", "/a%E2%80%A8b"}


@pytest.mark.parametrize("agent", ["", "x" * 10_240, "\x01\x7f", FIREFOX + "ü"])
def test_odd_user_agents_are_taken(caller: Caller, site: str, agent: str) -> None:
    assert caller.beacon(site, view(), agent=agent).status == 204


def test_a_missing_user_agent_is_a_robots(caller: Caller, site: str) -> None:
    assert caller.beacon(site, view(), agent=None).status == 204
    assert caller.beacon(site, view()).status == 204
    only_visit(caller, site)
    assert caller.stats(site)["metrics"]["visitors"] == 1


@pytest.mark.parametrize(
    "address", ["2001:db8::1", "[2001:db8::1]:443", "198.51.100.1, 10.0.0.1", "unknown", "<script>", "1.2.3.4.5", ","]
)
def test_odd_forwarding_headers_are_taken(caller: Caller, site: str, address: str) -> None:
    assert caller.beacon(site, view(), address=address).status == 204
    assert only_visit(caller, site)["hits"]


def test_a_client_without_an_accept_header_is_answered(caller: Caller, site: str) -> None:
    connection = caller.client.connection
    connection.putrequest("GET", f"{caller.client.prefix}/ingress/{site}/script.js", skip_accept_encoding=True)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200


def bodies_of_dead_letters(stack: Deployed) -> dict[str, str]:
    """Body -> reason of the messages now on the dead-letter queue; they stay there."""
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName=f"shylight-{stack.stage}-hits-dead")["QueueUrl"]
    found: dict[str, str] = {}
    while True:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=2, MessageAttributeNames=["All"]
        )
        if not answer.get("Messages"):
            return found
        for message in answer["Messages"]:
            reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")
            found[message["Body"]] = reason


def test_a_poison_message_reaches_the_dead_letters_with_its_reason_and_the_rest_is_stored(
    caller: Caller, site: str, stack: Deployed
) -> None:
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName=f"shylight-{stack.stage}-hits")["QueueUrl"]
    mark = uuid.uuid4().hex
    poison = {
        f"not json {mark}": "not_json",
        json.dumps({"v": 99, "events": [], "mark": mark}): "unknown_version",
        json.dumps({"v": 1, "events": [{"mark": mark}]}): "not_an_event",
        json.dumps([mark]): "not_an_event",
    }
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(poison)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert caller.beacon(site, view(location="https://example.com/good")).status == 204
    assert only_visit(caller, site)["hits"][0]["page"] == "/good"
    seen: dict[str, str] = {}

    def collected() -> dict[str, str]:
        seen.update(bodies_of_dead_letters(stack))
        return {body: reason for body, reason in seen.items() if mark in body}

    wait_for(collected, lambda found: len(found) == len(poison))
    assert collected() == poison


@pytest.mark.volume
def test_ten_thousand_hits_of_three_thousand_visitors_are_all_counted(stack: Deployed, caller: Caller) -> None:
    site = caller.new_site()
    hits, visitors, senders = 10_000, 3_000, 8

    def send(sender: int) -> int:
        mine = Caller(stack.base_url)
        sent = 0
        for number in range(sender, hits, senders):
            who = number % visitors
            body = {"idempotency": f"h{number}", "location": f"https://example.com/{number % 7}"}
            address = f"203.{who // 65536}.{who // 256 % 256}.{who % 256}"
            try:
                answer = mine.beacon(site, body, address=address)
            except (http.client.HTTPException, ConnectionError):  # a kept connection that the server had closed
                answer = mine.beacon(site, body, address=address)
            sent += answer.status == 204
        return sent

    with ThreadPoolExecutor(senders) as pool:
        assert sum(pool.map(send, range(senders))) == hits
    stats = wait_for(
        lambda: caller.stats(site, period="7d"), lambda found: found["metrics"]["pageviews"] >= hits, seconds=180
    )
    assert stats["metrics"]["pageviews"] == hits
    # A visitor whose hits fall on both sides of midnight is one of each day.
    assert visitors <= stats["metrics"]["visitors"] <= visitors + sum(p["visitors"] for p in stats["series"][:-1])
    assert {row["name"]: row["pageviews"] for row in stats["tables"]["pages"]} == {
        f"/{page}": len(range(page, hits, 7)) for page in range(7)
    }
    assert not [body for body in bodies_of_dead_letters(stack) if site in body]
