"""The script and what it sends, over HTTP through the gateway."""

import base64
import gzip
import hashlib
import uuid
from typing import Any

import pytest

from infra.http_client import Answer
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.calls import FIREFOX, Caller, wait_for

compressed = pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack overlooks that */* is binary")
BROWSER = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate, br, zstd", "User-Agent": FIREFOX}


@pytest.fixture(scope="module")
def caller(stack: Deployed, ingest_url: str) -> Caller:
    return Caller(stack.base_url, stack.api_token, ingest_url)


@pytest.fixture(scope="module")
def site(caller: Caller) -> str:
    """A site whose settings stay as they are."""
    return caller.new_site()


def script(caller: Caller, site: str, query: str = "", **headers: str) -> Answer:
    return caller.call("GET", f"/ingress/{site}/script.js{query}", headers={**BROWSER, **headers})


@compressed
@pytest.mark.parametrize("query", ["", "?options"])
def test_the_script_comes_compressed_to_who_takes_that(caller: Caller, site: str, query: str) -> None:
    packed = script(caller, site, query)
    plain = script(caller, site, query, **{"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert int(packed.headers["content-length"]) == len(packed.body)
    for answer in (packed, plain):
        assert answer.status == 200
        assert answer.headers["vary"].lower() == "accept-encoding"
        assert answer.headers["cache-control"] == "public, max-age=3600"  # as documented in docs/settings.md
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["access-control-allow-origin"] == "*"
    assert packed.headers["etag"] != plain.headers["etag"]
    again = script(caller, site, query, **{"If-None-Match": packed.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["vary"].lower() == "accept-encoding"
    assert script(caller, site, query, **{"If-None-Match": plain.headers["etag"]}).status == 200


@compressed
def test_the_default_is_750_bytes_over_the_wire(caller: Caller, site: str) -> None:
    assert len(script(caller, site).body) <= 750


def test_options_come_to_who_asks_for_them(caller: Caller, site: str) -> None:
    asked, not_asked = (script(caller, site, query, **{"Accept-Encoding": "identity"}) for query in ("?options", ""))
    assert b"Outbound Link" in asked.body
    assert asked.body.startswith(not_asked.body)
    assert b"Outbound Link" not in not_asked.body


def test_who_does_not_say_what_it_accepts_gets_it_plain(caller: Caller, site: str) -> None:
    answer = caller.call("GET", f"/ingress/{site}/script.js", headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert b"idempotency" in answer.body


def test_the_api_tells_the_integrity_of_the_script_as_the_settings_make_it(caller: Caller) -> None:
    site = caller.new_site()
    changed = caller.api("PATCH", f"/sites/{site}", {"hash_routing": True})
    told = changed.json()["script_integrity"]
    assert told == caller.api("GET", f"/sites/{site}").json()["script_integrity"]
    body = wait_for(
        lambda: script(caller, site, **{"Accept-Encoding": "identity"}).body, lambda found: b'"hash":true' in found, 90
    )
    assert told == "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()


def hits(caller: Caller, site: str, count: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The only visit and its hits, once there are `count`, all of them left."""

    def complete(visits: list[dict[str, Any]]) -> bool:
        found = [hit for visit in visits for hit in visit["hits"]]
        return len(found) >= count and all(hit["engagement"] is not None for hit in found)

    (visit,) = wait_for(lambda: caller.visits(site), complete)
    return visit, visit["hits"]


def test_a_view_told_again_by_its_leave_counts_once_and_one_that_was_lost_counts_too(caller: Caller) -> None:
    site = caller.new_site()
    kept = {"idempotency": uuid.uuid4().hex, "location": "https://example.com/kept", "referrer": "", "age": 0}
    lost = {**kept, "idempotency": uuid.uuid4().hex, "location": "https://example.com/lost", "age": 4000}
    assert caller.beacon(site, kept).status == 204
    assert caller.beacon(site, {**kept, "engagement": 900, "scroll": 40, "loadTime": 300, "age": 1000}).status == 204
    assert caller.beacon(site, {**lost, "engagement": 2000, "scroll": 60}).status == 204
    _, found = hits(caller, site, 2)
    # The lost one began before the other.
    assert [(hit["page"], hit["engagement"], hit["load_time"]) for hit in found] == [
        ("/lost", 2.0, None),
        ("/kept", 0.9, 300),
    ]


def test_the_load_time_may_come_with_the_leave(caller: Caller) -> None:
    site = caller.new_site()
    view = {"idempotency": uuid.uuid4().hex, "location": "https://example.com/", "referrer": "", "age": 0.1}
    assert caller.beacon(site, view).status == 204
    assert caller.beacon(site, {**view, "location": "", "engagement": 5, "loadTime": 640.2, "age": 900}).status == 204
    _, (hit,) = hits(caller, site, 1)
    assert hit["load_time"] == 640
    assert wait_for(lambda: caller.stats(site)["metrics"]["load_time"], bool) == 640


def test_a_visitor_named_by_a_call_is_named_in_their_visit(caller: Caller) -> None:
    site = caller.new_site()
    view = {"idempotency": uuid.uuid4().hex, "location": "https://example.com/", "identifier": "user-4711"}
    assert caller.beacon(site, view).status == 204
    assert caller.beacon(site, {**view, "location": "", "engagement": 5, "age": 9}).status == 204
    visit, _ = hits(caller, site, 1)
    assert visit["identifier"] == "user-4711"


@pytest.mark.parametrize("signal", ["DNT", "Sec-GPC"])
def test_the_pixel_respects_who_asks_not_to_be_tracked(caller: Caller, signal: str) -> None:
    site = caller.new_site()
    where = f"/ingress/{site}/pixel.gif?location=https%3A%2F%2Fexample.com%2F"
    image = {**BROWSER, "Accept": "image/avif,image/webp,*/*"}
    asked = caller.call("GET", f"{where}no", headers={**image, signal: "1"})
    assert (asked.status, len(asked.body)) == (200, 43)
    caller.call("GET", f"{where}yes&referrer=https%3A%2F%2Fduckduckgo.com%2F", headers=BROWSER)
    (visit,) = wait_for(lambda: caller.visits(site), bool)
    assert [hit["page"] for hit in visit["hits"]] == ["/yes"]
    assert visit["source"] == "DuckDuckGo"
