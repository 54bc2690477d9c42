"""API tokens, making sites, and whose sites they are."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from infra.http_client import Answer
from tests.stack.calls import NO_SITE
from tests.stack.people import GOOD_SITE, GRANT, Browser, create, run


@pytest.fixture(scope="module")
def site(stack: Any, made: dict[str, Any]) -> str:
    answer = create(Browser(stack.base_url), made["token"], GOOD_SITE)
    assert answer.status == 201
    return str(answer.json()["id"])


def ask_api(browser: Browser, token: str, path: str) -> Answer:
    return browser.ask("GET", path, None, {"Authorization": f"Bearer {token}"})


def test_the_printed_token_works(stack: Any, browser: Browser) -> None:
    assert ask_api(browser, stack.api_token, "/api/v1/sites").status == 200


def test_a_revoked_token_does_not(browser: Browser, made: dict[str, Any]) -> None:
    assert ask_api(browser, made["revoked"], "/api/v1/sites").status == 401


def test_a_new_site_is_its_makers(browser: Browser, made: dict[str, Any]) -> None:
    before = int(time.time())
    answer = create(browser, made["plain_token"], {**GOOD_SITE, "name": " Mine ", "domain": "https://Bücher.example/"})
    assert answer.status == 201
    site = answer.json()
    assert str(uuid.UUID(site["id"])) == site["id"]
    expected = {"name": "Mine", "domain": "xn--bcher-kva.example", "timezone": "Europe/Berlin", "active": True}
    assert {name: site[name] for name in expected} == expected
    assert site["created_at"].endswith("+00:00")
    assert before <= time.time()
    assert site in ask_api(browser, made["plain_token"], "/api/v1/sites").json()["sites"]
    assert site in ask_api(browser, made["token"], "/api/v1/sites").json()["sites"]  # administrators see all


def test_somebody_elses_site_is_not_there_until_it_is_shared(
    stack: Any, browser: Browser, made: dict[str, Any], site: str
) -> None:
    stats = f"/api/v1/sites/{site}/stats?period=today"
    sent = json.dumps(
        {"hits": [{"t": int(time.time() * 1000), "url": "https://blog.example/", "user_agent": "x", "ip": "192.0.2.1"}]}
    )
    headers = {"Authorization": f"Bearer {made['plain_token']}"}
    assert ask_api(browser, made["token"], stats).status == 200
    assert ask_api(browser, made["plain_token"], stats).status == 404
    assert browser.ask("POST", f"/api/v1/sites/{site}/hits", sent.encode(), headers).status == 404
    run(stack, GRANT, made["plain_id"], site)
    assert ask_api(browser, made["plain_token"], stats).status == 200
    assert browser.ask("POST", f"/api/v1/sites/{site}/hits", sent.encode(), headers).status == 403


@pytest.mark.parametrize("site_id", [NO_SITE, "x", "..", "%00", "%ff", "{}", "a" * 3000, "site#1", "-"])
def test_unknown_and_malformed_sites_are_not_found(admin: Browser, made: dict[str, Any], site_id: str) -> None:
    quoted = quote(site_id, safe="%")
    assert ask_api(admin, made["token"], f"/api/v1/sites/{quoted}/stats").status == 404
    assert admin.get(f"/sites/{quoted}").status == 404


WRONG = [1, 1.5, True, None, [], ["x"], {}, {"a": "b"}, "", " ", "\x00", "\ud800", "x" * 5000]


@pytest.mark.parametrize("field", ["name", "domain", "timezone"])
@pytest.mark.parametrize("value", WRONG, ids=lambda value: ascii(value)[:12])
def test_a_wrong_field_is_named(browser: Browser, made: dict[str, Any], field: str, value: object) -> None:
    answer = create(browser, made["token"], {**GOOD_SITE, field: value})
    assert (answer.status, answer.error["code"], answer.error["field"]) == (400, "bad_request", field)


@pytest.mark.parametrize("field", ["name", "domain", "timezone"])
def test_a_missing_field_is_named(browser: Browser, made: dict[str, Any], field: str) -> None:
    answer = create(browser, made["token"], {name: value for name, value in GOOD_SITE.items() if name != field})
    assert (answer.status, answer.error["field"]) == (400, field)


@pytest.mark.parametrize("field", ["id", "Name", "\ud800", "x" * 5000, ""])
def test_an_unknown_field_is_named(browser: Browser, made: dict[str, Any], field: str) -> None:
    answer = create(browser, made["token"], {**GOOD_SITE, field: "x"})
    assert answer.status == 400
    assert "field" in answer.error


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"{", 400),
        (b'{"name": NaN}', 400),
        (b"\xff\xfe\x00", 400),
        (b"[" * 10_000, 400),
        (b'{"a":' * 3000, 400),
        (b" " * 20_000, 413),
    ],
    ids=lambda value: ascii(value)[:12],
)
def test_malformed_bodies_are_refused(browser: Browser, made: dict[str, Any], body: bytes, status: int) -> None:
    answer = create(browser, made["token"], body)
    assert answer.status == status
    assert answer.error["message"]
