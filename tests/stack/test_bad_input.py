"""What no client should send, over HTTP: a 4xx in the one shape, never a 5xx, and nothing of it is stored."""

import gzip
import json
import uuid
from typing import Any
from urllib.parse import quote, unquote

import pytest

from infra.http_client import Answer
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.calls import FIREFOX, Caller, wait_for

VIEW: dict[str, Any] = {"location": "https://example.com/", "loadTime": 420}
BODY = json.dumps(VIEW).encode()


@pytest.fixture(scope="module")
def caller(stack: Deployed, ingest_url: str) -> Caller:
    return Caller(stack.base_url, stack.api_token, ingest_url)


@pytest.fixture(scope="module")
def site(caller: Caller) -> str:
    return caller.new_site()


def refused(answer: Answer, status: int) -> None:
    assert answer.status == status, answer.body
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "field"}
    assert len(error["message"]) > 10


def only_page(caller: Caller, site: str, page: str) -> None:
    """Of all that was sent to the site, this page alone is stored."""
    assert caller.beacon(site, {**VIEW, "location": f"https://example.com{page}"}).status == 204
    visits = wait_for(lambda: caller.visits(site), bool)
    assert [hit["page"] for visit in visits for hit in visit["hits"]] == [page]


NUMBERS = ["1" * 5000, "-" + "9" * 4000, "1e400", "NaN", "Infinity", "-Infinity", "true", '"1"', "[]", "{}"]


def test_numbers_that_are_none_are_refused(caller: Caller) -> None:
    site = caller.new_site()
    for number in NUMBERS:
        for name in ("loadTime", "engagement", "age", "scroll"):
            fields = {"idempotency": '"a"', "location": '"https://example.com/"', "engagement": "1", name: number}
            if name == "loadTime":
                del fields["engagement"]
            body = "{" + ",".join(f'"{key}":{value}' for key, value in fields.items()) + "}"
            refused(caller.beacon(site, body.encode()), 400)
        event = f'{{"event":"sale","revenue":{{"amount":{number},"currency":"EUR"}}}}'
        if number != '"1"':
            refused(caller.beacon(site, event.encode()), 400)
    only_page(caller, site, "/good")


def test_half_characters_and_nul_are_refused_or_cleaned_wherever_they_are(caller: Caller) -> None:
    site = caller.new_site()
    for bad in ("\ud800", "\udfff", "\x00"):
        refused(caller.beacon(site, {"event": bad}), 400)
        refused(caller.beacon(site, {"event": "x", "props": {bad: {}}}), 400)
        refused(caller.beacon(site, {**VIEW, "idempotency": bad}), 400)
        refused(caller.beacon(site, {"event": "x", "revenue": {"amount": bad, "currency": bad}}), 400)
        refused(caller.api("PATCH", f"/sites/{site}", {bad: 1}), 400)
        refused(caller.api("POST", f"/sites/{site}/hits", {"hits": [{bad: 1, "event": bad}]}), 400)
        assert caller.beacon(site, {"event": "kept", "props": {f"a{bad}": f"b{bad}"}}).status == 204
        assert caller.beacon(site, {**VIEW, "referrer": f"https://x.example/{bad}"}, address="192.0.2.9").status == 204
    stats = wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == 3 and found["events"])
    assert [row["name"] for row in stats["events"]] == ["kept"]


def test_the_last_of_a_field_that_is_there_twice_counts(caller: Caller, site: str) -> None:
    refused(caller.beacon(site, b'{"location":"https://example.com/","location":5}'), 400)


NO_FORMS = pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's gateway takes forms apart before it hands them on")


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "application/json; charset=latin-1", "text/plain", "image/png", "; ;", "x" * 500,
     pytest.param("multipart/form-data", marks=NO_FORMS),
     pytest.param("application/x-www-form-urlencoded", marks=NO_FORMS)],
)  # fmt: skip
def test_a_body_is_json_whatever_it_is_called(caller: Caller, content_type: str) -> None:
    site = caller.new_site()
    headers = {"Content-Type": content_type, "User-Agent": FIREFOX}
    for body in (BODY, b"\xef\xbb\xbf" + BODY):
        assert caller.call("POST", f"/ingress/{site}/script.js", body, headers).status == 204
    refused(caller.call("POST", f"/ingress/{site}/script.js", BODY[:-1], headers), 400)


@pytest.mark.parametrize(
    "body", [gzip.compress(BODY, mtime=0), BODY.decode().encode("utf-16"), b"\x1f\x8b", b"\xff" * 100]
)
def test_what_is_not_utf8_is_refused(caller: Caller, site: str, body: bytes) -> None:
    """(The real gateway unpacks gzip, where a header says it is; no emulator does.)"""
    refused(caller.beacon(site, body), 400)


def test_a_client_without_any_header_is_answered(caller: Caller, site: str) -> None:
    for method, path, body, status in [
        ("POST", f"/ingress/{site}/script.js", BODY, 204),
        ("GET", f"/ingress/{site}/pixel.gif", None, 200),
        ("POST", "/api/event", b"{}", 400),
        ("GET", "/api/v1/sites", None, 401),
    ]:
        connection = caller.client.connection
        connection.putrequest(method, caller.client.prefix + path, skip_accept_encoding=True)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status, path


def test_chunked_bodies_are_read(caller: Caller) -> None:
    site = caller.new_site()
    connection = caller.client.connection
    headers = {"User-Agent": FIREFOX, "Transfer-Encoding": "chunked"}
    path = f"{caller.client.prefix}/ingress/{site}/script.js"
    connection.request("POST", path, iter([BODY[:9], BODY[9:]]), headers, encode_chunked=True)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 204


HEADERS = [
    ("Referer", "about:blank"), ("Referer", "http://[bad"), ("Referer", "x" * 3000), ("Referer", "android-app://a.b/"),
    ("Origin", "null"), ("Origin", "http://[::1"), ("Cookie", "a=b; ;;; =; \x01"), ("Accept", "application/pdf"),
    ("If-None-Match", '"' + "x" * 2000), ("X-Forwarded-For", "unknown, [::1]:80,,"), ("X-Forwarded-Proto", "gopher"),
    ("Accept-Encoding", "zstd"), ("Authorization", "Basic \xff\xfe"), ("Sec-Purpose", ";;"), ("Content-Type", "text/x"),
    ("DNT", "maybe"), ("User-Agent", "\x7f\x01ü"), ("Host", "evil.example"),
]  # fmt: skip


def test_odd_headers_cost_nobody_a_hit(caller: Caller) -> None:
    site = caller.new_site()
    for name, value in HEADERS:
        headers = {"User-Agent": FIREFOX, name: value}
        if name == "Host" and caller.client.connection.host not in value:
            continue  # the emulator finds the API by it
        assert caller.call("GET", f"/ingress/{site}/pixel.gif", headers=headers).status == 200, (name, value)
        assert caller.call("POST", f"/ingress/{site}/script.js", BODY, headers).status == 204, (name, value)
        assert caller.call("GET", f"/ingress/{site}/script.js", headers=headers).status == 200, (name, value)


def test_a_site_has_one_id_in_any_case(caller: Caller, site: str) -> None:
    assert caller.call("GET", f"/ingress/{site.upper()}/script.js").status == 200
    other_forms = [f"%7B{site}%7D", f"urn:uuid:{site}", site.replace("-", ""), f"{site}%20", f"{site}%00", site[:-1],
                   "%D9%A1" * 36, str(uuid.uuid4())]  # fmt: skip
    for form in other_forms:
        for answer in (
            caller.call("GET", f"/ingress/{form}/script.js"),
            caller.call("GET", f"/ingress/{form}/pixel.gif"),
            caller.beacon(form, VIEW),
            caller.api("GET", f"/sites/{form}"),
        ):
            refused(answer, 404)


@pytest.mark.parametrize("identifier", ["a%00b", "a%0d%0aX-Evil:%201", "%ff%00", "x" * 129, "%7f", "%E2%80%A8"])
def test_an_identifier_that_cannot_be_printed_is_refused(caller: Caller, site: str, identifier: str) -> None:
    for answer in (
        caller.beacon(site, VIEW, identifier=identifier),
        caller.call("GET", f"/ingress/{site}/{identifier}/pixel.gif"),
        caller.call("GET", f"/ingress/{site}/{identifier}/script.js"),
    ):
        refused(answer, 400)
        assert "x-evil" not in answer.headers


@pytest.mark.parametrize("identifier", ["..%2e", "%F0%9F%98%80", "<script>", "a'b\"c", "{site}", "%25"])
def test_an_identifier_that_can_be_printed_is_kept_as_it_is(caller: Caller, identifier: str) -> None:
    site = caller.new_site()
    quoted = quote(identifier, safe="%")
    assert caller.beacon(site, VIEW, identifier=quoted).status == 204
    (visit,) = wait_for(lambda: caller.visits(site), bool)
    assert visit["identifier"] == unquote(quoted)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "FOO"])
def test_what_no_route_takes_the_gateway_refuses(caller: Caller, site: str, method: str) -> None:
    for path in (f"/ingress/{site}/script.js", f"/ingress/{site}/pixel.gif", "/api/event", "/api/v1/openapi.json"):
        assert caller.call(method, path).status in (403, 404, 405), path


@pytest.mark.parametrize(
    "path",
    ["/ingress", "/ingress/{site}", "/ingress/{site}/a/b/script.js", "/ingress/{site}/a%2Fb/x", "/api", "/api/v2/sites",
     "/ingress/{site}/../../healthz", "/ingress/%2e%2e%2f{site}/script.js", "/api/v1/sites/{site}/nothing"],
)  # fmt: skip
def test_a_path_that_is_none_is_no_fault_of_the_server(caller: Caller, site: str, path: str) -> None:
    assert 400 <= caller.call("GET", path.format(site=site)).status < 500


@pytest.mark.parametrize(
    "query",
    ["period=%00", "period=%F0%9F%98%80", "from=%ff", "from=2026-13-01", "from=0001-01-01", "limit=-1",
     "limit=" + "9" * 5000, "limit=%D9%A1", "next=%F0%9F%98%80", "cursor=x", "next=" + "A" * 3000,
     "from=2026-11-02&to=2026-11-01", "from=2026-11-02&to=9999-12-31", "next=WyIyMDI2LTExLTI0Iiw1LCJcdWQ4MDAiXQ"],
)  # fmt: skip
def test_a_wrong_query_is_refused_by_name(caller: Caller, site: str, query: str) -> None:
    answer = caller.call(
        "GET", f"/api/v1/sites/{site}/visits?{query}", headers={"Authorization": f"Bearer {caller._token}"}
    )
    refused(answer, 400)
    assert answer.json()["error"]["field"] in query


@pytest.mark.parametrize("name", ["*", "a.b", 'quo"te', "a/b~c", "[0]", "😀", "$"])
def test_a_property_of_any_name_can_be_asked_for(caller: Caller, name: str) -> None:
    site = caller.new_site()
    assert caller.beacon(site, VIEW).status == 204
    assert caller.beacon(site, {"event": "sale", "props": {name: "value", "other": 1}}).status == 204
    wait_for(lambda: caller.stats(site), lambda found: found["events"])
    answer = caller.api("GET", f"/sites/{site}/events", name="sale", property=name)
    assert [(row["value"], row["events"]) for row in answer.json()["rows"]] == [("value", 1)]
