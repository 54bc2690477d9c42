"""The Plausible Events API over HTTP, as server-side clients use it and as Plausible documents it."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from infra.http_client import Answer
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.calls import FIREFOX, Caller, wait_for


@dataclass(frozen=True)
class Site:
    id: str
    domain: str
    caller: Caller

    def send(self, body: object, **headers: str) -> Answer:
        """An event, as a backend sends it: what the names of headers have `_` for `-`."""
        given = {"Content-Type": "application/json", "User-Agent": FIREFOX}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.caller.call("POST", "/api/event", data, given)

    def view(self, page: str = "/", **more: object) -> dict[str, object]:
        return {"name": "pageview", "url": f"https://{self.domain}{page}", "domain": self.domain, **more}


@pytest.fixture(scope="module")
def caller(stack: Deployed, ingest_url: str) -> Caller:
    return Caller(stack.base_url, stack.api_token, ingest_url)


@pytest.fixture
def site(caller: Caller) -> Site:
    domain = f"{uuid.uuid4().hex[:12]}.example"
    return Site(caller.new_site(domain), domain, caller)


def refused(answer: Answer, field: str) -> None:
    assert (answer.status, answer.json()["error"]["field"]) == (400, field), answer.body


@pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's gateway writes an X-Forwarded-For of its own")
def test_a_backend_names_its_visitors_where_the_site_declares_it(site: Site, stack: Deployed, ingest_url: str) -> None:
    if ingest_url != stack.base_url:
        pytest.skip("ministack gives a function URL the first address of X-Forwarded-For only")
    assert site.caller.api("PATCH", f"/sites/{site.id}", {"proxies": "1"}).status == 200
    for number, forwarded in enumerate(["203.0.113.1", "192.0.2.66, 203.0.113.1", "203.0.113.2", "2001:db8::7"]):
        answer = site.send(site.view(f"/{number}"), X_Forwarded_For=forwarded)
        assert (answer.status, answer.body) == (202, b"ok")
    found = wait_for(lambda: site.caller.stats(site.id), lambda stats: stats["metrics"]["pageviews"] == 4)
    assert found["metrics"]["visitors"] == 3
    assert {row["name"] for row in found["tables"]["browsers"]} == {"Firefox"}


def test_what_plausible_documents_is_taken(site: Site) -> None:
    event = site.view("/shop?utm_source=news") | {"name": "Purchase"}
    bodies: list[object] = [
        site.view("/shop?utm_source=news", referrer="https://www.google.com/"),
        {"n": "pageview", "u": f"https://{site.domain}/short", "d": site.domain, "r": None, "w": 1666, "v": 36},
        {"name": "pageview", "url": f"https://www.{site.domain}/by-url"},  # the domain is the URL's
        site.view() | {"url": "app://localhost/login", "screen_width": 1666},
        site.view("/hash#route", hashMode=1),
        site.view("/by-id") | {"domain": site.id.upper()},
        site.view("/twice") | {"domain": f"{site.domain}, {site.domain},"},
        event | {"props": {"plan": "pro", "seats": 3, "trial": False, "none": None}},
        event | {"p": '{"plan": "pro"}', "$": '{"amount": "12.50", "currency": "eur"}'},
        event | {"revenue": {}, "props": {}, "interactive": False},
        event
        | {"revenue": [], "props": [], "domain": f"{site.id},{site.domain},www.{site.domain}"},  # one, all the same
    ]
    for body in bodies:
        answer = site.send(body)
        assert answer.status == 202, (body, answer.body)
    stats = wait_for(
        lambda: site.caller.stats(site.id),
        lambda stats: stats["metrics"]["pageviews"] == 7 and stats["events"] and stats["events"][0]["events"] == 4,
    )
    assert {row["name"] for row in stats["tables"]["pages"]} == {
        "/shop", "/short", "/by-url", "/login", "/hash#route", "/by-id", "/twice",
    }  # fmt: skip
    assert stats["events"][0]["revenue"] == {"EUR": 12.5}


def test_a_site_is_found_by_its_name_as_people_write_it(caller: Caller) -> None:
    name = f"münchen-{uuid.uuid4().hex[:8]}.example"
    site = Site(caller.new_site(name), name, caller)
    assert site.send(site.view("/schön")).status == 202
    wait_for(lambda: caller.visits(site.id), bool)


def test_several_sites_are_all_or_nothing(site: Site, caller: Caller) -> None:
    other = Site(caller.new_site(f"other-{site.domain}"), f"other-{site.domain}", caller)
    assert caller.api("PATCH", f"/sites/{other.id}", {"origins": "https://elsewhere.example"}).status == 200
    both = site.view("/both") | {"domain": f"{site.domain},{other.domain}"}
    assert site.send(both).status == 403
    assert site.send(site.view() | {"domain": f"{site.domain},nowhere.example"}).status == 404
    assert site.send(both, Origin="https://elsewhere.example").status == 202
    for each in (site, other):
        visits = wait_for(lambda each=each: caller.visits(each.id), bool)  # type: ignore[misc]
        assert [hit["page"] for visit in visits for hit in visit["hits"]] == ["/both"]


def test_what_a_site_does_not_want_is_answered_like_the_rest(site: Site) -> None:
    assert site.send(site.view("/tracked"), DNT="1").status == 202
    assert site.send(site.view("/seen")).status == 202
    visits = wait_for(lambda: site.caller.visits(site.id), bool)
    assert [hit["page"] for visit in visits for hit in visit["hits"]] == ["/seen"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"), ({"name": ""}, "name"), ({"name": 5}, "name"), ({"name": "x" * 121}, "name"),
        ({"url": None}, "url"), ({"url": 7}, "url"), ({"url": "/relative"}, "url"),
        ({"url": "data:text/html,x"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"), ({"url": "https://example.com/" + "a" * 8200}, "url"),
        ({"domain": 5}, "domain"), ({"domain": ","}, "domain"), ({"domain": ["a"]}, "domain"),
        ({"domain": ",".join(f"{n}.example" for n in range(11))}, "domain"),
        ({"referrer": 5}, "referrer"), ({"interactive": "no"}, "interactive"), ({"interactive": 0}, "interactive"),
        ({"name": "engagement", "engagement": -1}, "engagement"), ({"scroll": "far"}, "scroll"),
        ({"name": "x", "props": [1]}, "props"), ({"name": "x", "props": {"\ud800": {}}}, "props.?"),
        ({"name": "x", "props": '{"a": [1]}'}, "props.a"), ({"name": "x", "props": "[" * 5000}, "props"),
        ({"name": "x", "props": {"a": "x" * 2001}}, "props"), ({"name": "x", "props": {"a": 1e301}}, "props.a"),
        ({"name": "x", "revenue": 5}, "revenue"), ({"name": "x", "revenue": {"amount": "5"}}, "revenue.currency"),
        ({"name": "x", "revenue": {"amount": "1e999999999", "currency": "EUR"}}, "revenue.amount"),
    ],
)  # fmt: skip
def test_a_wrong_event_is_refused_by_name(site: Site, change: dict[str, Any], field: str) -> None:
    refused(site.send(site.view() | change), field)


def test_a_site_that_is_not_here_is_not_found(site: Site) -> None:
    for domain in ("nowhere.example", "\ud800", f"{{{site.id}}}", f"urn:uuid:{site.id}", site.id.replace("-", "")):
        answer = site.send(site.view() | {"domain": domain})
        assert (answer.status, answer.json()["error"]["code"]) == (404, "not_found")
