"""Requests at the URL of the function `collect`: events of payload format 2.0, answered by the collector's routes."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import app
from chalicelib import config
from chalicelib.collect import function_url, rate_limit
from chalicelib.collect.routes import ROUTES
from chalicelib.dispatch import ROUTES as ALL_ROUTES
from chalicelib.store import hit_queue, salts
from chalicelib.store.sites import Site
from harness.lambda_requests import Context, url_event

SITE = Site("5f1d2a6e-0000-4000-8000-000000000000", "Test", "example.com")
SCRIPT = f"/ingress/{SITE.id}/script.js"
PIXEL = f"/ingress/{SITE.id}/pixel.gif"
BODY = '{"idempotency": "a", "location": "https://example.com/"}'
# What a browser's beacon gives Lambda, with all fields that AWS documents for a function URL:
# https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
BEACON: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": SCRIPT,
    "rawQueryString": "",
    "cookies": ["a=1", "b=2"],
    "headers": {
        "accept": "*/*",
        "content-type": "text/plain;charset=UTF-8",
        "host": "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
        "x-forwarded-for": "198.51.100.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    },
    "requestContext": {
        "accountId": "anonymous",
        "apiId": "abcdefghijklmnopqrstuvwxyz012345",
        "authentication": None,
        "authorizer": None,
        "domainName": "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws",
        "domainPrefix": "abcdefghijklmnopqrstuvwxyz012345",
        "http": {
            "method": "POST",
            "path": SCRIPT,
            "protocol": "HTTP/1.1",
            "sourceIp": "198.51.100.7",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
        },
        "requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599",
        "routeKey": "$default",
        "stage": "$default",
        "time": "26/Nov/2026:19:03:58 +0000",
        "timeEpoch": 1795719838000,
    },
    "body": BODY,
    "isBase64Encoded": False,
}


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The messages that were queued."""
    messages: list[str] = []
    monkeypatch.setattr(hit_queue, "send", messages.append)
    monkeypatch.setattr(salts, "salt", lambda *_: b"s" * 32)
    monkeypatch.setattr("chalicelib.collect.site_rules.cached_site", {SITE.id: SITE}.get)
    rate_limit._buckets.clear()
    yield messages
    config.settings.cache_clear()


def call(event: dict[str, Any]) -> dict[str, Any]:
    """What the function answers; its invocation goes through the middleware, as in Lambda."""
    answer: dict[str, Any] = app.collect(event, Context())
    assert set(answer) <= {"statusCode", "headers", "body", "isBase64Encoded", "cookies"}
    assert isinstance(answer["body"], str)
    assert all(isinstance(value, str) for value in answer["headers"].values())
    json.dumps(answer)
    return answer


def test_a_documented_event_is_a_hit(queued: list[str]) -> None:
    answer = call(BEACON)
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["headers"]["Access-Control-Allow-Origin"] == "*"
    assert answer["headers"]["Strict-Transport-Security"]
    (message,) = queued
    assert '"address":"198.51.100.0"' in message
    assert '"https://example.com/"' in message or '"page":"/"' in message


def test_a_body_in_base64_is_the_same_hit(queued: list[str]) -> None:
    answer = call({**BEACON, "body": base64.b64encode(BODY.encode()).decode(), "isBase64Encoded": True})
    assert answer["statusCode"] == 204
    assert len(queued) == 1


def test_a_body_that_is_not_base64_is_an_error_of_the_client(queued: list[str]) -> None:
    answer = call({**BEACON, "body": "?", "isBase64Encoded": True})
    assert answer["statusCode"] == 400
    assert queued == []


def test_a_request_without_any_optional_field_is_answered(queued: list[str]) -> None:
    """No headers, body, query or cookies, as AWS leaves out what a request does not have."""
    least = {"version": "2.0", "rawPath": SCRIPT, "requestContext": {"http": {"method": "GET", "path": SCRIPT}}}
    answer = call(least)
    assert answer["statusCode"] == 200
    assert "idempotency" in answer["body"]
    assert "Content-Encoding" not in answer["headers"]  # nobody said that gzip is accepted
    least["requestContext"] = {"http": {"method": "POST", "path": SCRIPT}}
    assert call(least)["statusCode"] == 400


def test_the_script_is_compressed_has_an_etag_and_is_not_sent_twice() -> None:
    asked = url_event("GET", SCRIPT, headers={"Accept-Encoding": "gzip, br"})
    answer = call(asked)
    assert answer["isBase64Encoded"] is True
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert b"idempotency" in gzip.decompress(base64.b64decode(answer["body"]))
    known = {"Accept-Encoding": "gzip, br", "If-None-Match": answer["headers"]["ETag"]}
    again = call(url_event("GET", SCRIPT, headers=known))
    assert (again["statusCode"], again["body"]) == (304, "")


def test_the_pixel_is_binary_and_a_view(queued: list[str]) -> None:
    answer = call(
        url_event("GET", f"{PIXEL}?location=https%3A%2F%2Fexample.com%2Fa%3Fq%3D1&referrer=https%3A%2F%2Fx.org")
    )
    assert answer["headers"]["Content-Type"] == "image/gif"
    assert base64.b64decode(answer["body"]).startswith(b"GIF89a")
    (message,) = queued
    assert '"/a"' in message
    assert "x.org" in message


def test_the_last_of_repeated_parameters_counts_and_commas_are_kept(queued: list[str]) -> None:
    call(url_event("GET", f"{PIXEL}?location=https%3A%2F%2Fexample.com%2Fno&location=https%3A%2F%2Fexample.com%2Fa,b"))
    (message,) = queued
    assert '"/a,b"' in message


def test_repeated_headers_come_joined_with_commas(monkeypatch: pytest.MonkeyPatch, queued: list[str]) -> None:
    monkeypatch.setattr("chalicelib.collect.site_rules.cached_site", {SITE.id: replace(SITE, proxies="2")}.get)
    headers = BEACON["headers"] | {"x-forwarded-for": "203.0.113.9, 192.0.2.1, 198.51.100.7"}
    assert call({**BEACON, "headers": headers})["statusCode"] == 204
    assert '"address":"203.0.113.0"' in queued[0]  # the last entry is the peer, which is no proxy of the site


def test_cookies_are_read_as_one_header() -> None:
    seen: list[Any] = []

    def program(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        seen.append(event)
        return {"statusCode": 204, "headers": {}, "multiValueHeaders": {}, "body": ""}

    function_url.answer(program, BEACON, Context())
    assert seen[0]["headers"]["cookie"] == "a=1; b=2"


def test_cookies_and_repeated_headers_of_an_answer_are_kept() -> None:
    many = {"Set-Cookie": ["a=1", "b=2"], "Vary": ["Accept", "Origin"], "X": ["1"]}

    def program(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return {"statusCode": 200, "headers": {"Vary": "Accept-Encoding"}, "multiValueHeaders": many, "body": "x"}

    answer = function_url.answer(program, BEACON, Context())
    assert answer["cookies"] == ["a=1", "b=2"]
    assert answer["headers"] == {"Vary": "Accept-Encoding, Accept, Origin", "X": "1"}


def test_a_percent_encoded_identifier_is_decoded_once(queued: list[str]) -> None:
    answer = call(url_event("POST", f"/ingress/{SITE.id}/user%2525%2F7/script.js", body=BODY))
    assert answer["statusCode"] == 204
    assert '"identifier":"user%25/7"' in queued[0]


def test_a_preflight_is_answered_by_the_program() -> None:
    answer = call(url_event("OPTIONS", "/api/event", headers={"Origin": "https://example.com"}))
    assert answer["statusCode"] == 204
    assert answer["headers"]["Access-Control-Allow-Methods"] == "GET, POST"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    ("path", "allowed"), [(SCRIPT, "GET, HEAD, OPTIONS, POST"), (PIXEL, "GET, HEAD"), ("/api/event", "OPTIONS, POST")]
)
def test_another_method_is_refused_with_those_that_there_are(
    method: str, path: str, allowed: str, queued: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(url_event(method, path))
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, allowed)
    assert json.loads(answer["body"])["error"]["code"] == "method_not_allowed"
    assert queued == []
    assert f'"method":"{method}"' in capsys.readouterr().out


@pytest.mark.parametrize(
    "path", ["", "/", "/ingress//script.js", "/ingress/a/b/c/script.js", "/favicon.ico", f"{SCRIPT}/"]
)
def test_an_unknown_path_is_refused(path: str) -> None:
    answer = call(url_event("GET", path))
    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["error"]["code"] == "not_found"
    assert answer["headers"]["Access-Control-Allow-Origin"] == "*"


def test_pages_and_api_cannot_be_reached() -> None:
    others = [route for route in ALL_ROUTES if route not in ROUTES]
    paths = {route: route.path.replace("{", "").replace("}", "") for route in others}
    assert {call(url_event(route.method, path))["statusCode"] for route, path in paths.items()} <= {404, 405}


def test_an_unknown_site_has_the_answer_of_the_api() -> None:
    path = "/ingress/00000000-0000-4000-8000-000000000000/script.js"
    answer = call(url_event("GET", path))
    assert answer["statusCode"] == 404
    assert "no such site" in answer["body"]
