"""API tokens over HTTP: what they allow, how they are made and listed, limits of requests, and repeated requests."""

from __future__ import annotations

import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.http_client import Answer
from tests.conftest import Deployed
from tests.stack.people import GOOD_SITE, Browser, run
from tests.stack.site_roles import PASSWORD, SharedSite, make_shared_site

SEND = """
import sys, time
from chalicelib.store import api_requests
person, number = sys.argv[1], int(sys.argv[2])
window = int(time.time()) // 60
for each in range(window, window + 10):  # so that the minute may end meanwhile
    api_requests.count(person, each, int(time.time()) + 3600, number)
"""
EXPIRED = """
import sys, time
from chalicelib.accounts.access import api_tokens
from chalicelib.routing import Access
from chalicelib.store.people import get_person
print(api_tokens.create(get_person(sys.argv[1]), "expired", Access(expires_at=int(time.time()) - 10))[1])
"""
DEMOTE = """
import sys
from chalicelib.store import site_people, sites
site, person = sys.argv[1:]
assert site_people.write(site_people.read(sites.get_site(site)), person, None)
"""
DIE_AFTER_CREATING = """
import hashlib, json, sys, time
from chalicelib.accounts.sites import new_site
from chalicelib.store import idempotency_keys
from chalicelib.store.people import get_person
person, key, body = sys.argv[1:]
request = hashlib.sha256(b"POST /api/v1/sites\\n" + body.encode()).hexdigest()
use = idempotency_keys.begin(person, hashlib.sha256(key.encode()).hexdigest(), request, int(time.time()), -1, 3600)
print(new_site.create_site(get_person(person), json.loads(body), use.creation_id).id)
"""
LIMIT = 1_000_000  # SHYLIGHT_API_REQUESTS of the local stack


@pytest.fixture(scope="module")
def site(stack: Deployed) -> SharedSite:
    return make_shared_site(stack)


class Program:
    """A program with a token."""

    def __init__(self, stack: Deployed, token: str) -> None:
        self._browser = Browser(stack.base_url)
        self._token = token

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        sent = {"Authorization": f"Bearer {self._token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = None if body is None else json.dumps(body).encode()
        return self._browser.ask(method, f"/api/v1{path}", data, sent)


@pytest.fixture
def owner(stack: Deployed, site: SharedSite) -> Program:
    return Program(stack, site.people["owner"].token)


def new_token(program: Program, **fields: object) -> Any:
    answer = program.ask("POST", "/tokens", {"name": "new", "scopes": ["stats:read"], **fields})
    assert answer.status == 201, answer.text
    return answer.json()


def test_a_token_is_made_listed_used_and_revoked(stack: Deployed, site: SharedSite, owner: Program) -> None:
    made = new_token(owner, sites=[site.id], expires_at="2099-01-01T01:00:00+01:00")
    token = made.pop("token")
    assert token.startswith(made["prefix"])
    assert (made["scopes"], made["sites"]) == (["stats:read"], [site.id])
    assert (made["expires_at"], made["last_used_at"]) == ("2099-01-01T00:00:00+00:00", None)
    assert Program(stack, token).ask("GET", f"/sites/{site.id}/stats").status == 200
    listed = {one["id"]: one for one in owner.ask("GET", "/tokens").json()["tokens"]}
    used = listed[made["id"]].pop("last_used_at")
    assert used is not None
    made.pop("last_used_at")
    assert listed[made["id"]] == made
    assert token not in owner.ask("GET", "/tokens").text
    assert owner.ask("DELETE", f"/tokens/{made['id']}").status == 204
    assert Program(stack, token).ask("GET", f"/sites/{site.id}/stats").status == 401


def test_tokens_are_listed_in_pages(owner: Program) -> None:
    for _ in range(3):
        new_token(owner)
    every = [one["id"] for one in owner.ask("GET", "/tokens").json()["tokens"]]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page: Any = owner.ask("GET", f"/tokens?limit=2&cursor={cursor}").json()
        found += [one["id"] for one in page["tokens"]]
        cursor = page["next"]
    assert found == every


def test_a_missing_scope_is_named(stack: Deployed, site: SharedSite, owner: Program) -> None:
    program = Program(stack, new_token(owner)["token"])
    refused = program.ask("PATCH", f"/sites/{site.id}", {"hash_routing": True})
    assert (refused.status, refused.error["code"]) == (403, "forbidden")
    assert "sites:write" in refused.error["message"]


def test_a_token_without_an_expiry_cannot_be_made_by_one_that_expires(stack: Deployed, owner: Program) -> None:
    scopes = ["stats:read", "tokens:write"]
    program = Program(stack, new_token(owner, scopes=scopes, expires_at="2098-01-01T00:00:00Z")["token"])
    for fields, field in (
        ({}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "expires_at"),
        ({"scopes": ["sites:read"]}, "scopes"),
    ):
        refused = program.ask("POST", "/tokens", {"name": "more", "scopes": ["stats:read"], **fields})
        assert (refused.status, refused.error["field"]) == (403, field)
    assert new_token(program, expires_at="2097-01-01T00:00:00Z")


def test_a_token_that_is_limited_to_a_site_sees_no_other(stack: Deployed, owner: Program) -> None:
    mine = owner.ask("POST", "/sites", {**GOOD_SITE, "domain": f"{uuid.uuid4().hex}.example"}).json()["id"]
    scopes = ["sites:read", "sites:write", "tokens:read"]
    program = Program(stack, new_token(owner, scopes=scopes, sites=[mine])["token"])
    assert [one["id"] for one in program.ask("GET", "/sites").json()["sites"]] == [mine]
    assert program.ask("POST", "/sites", GOOD_SITE).status == 403
    assert all(one["sites"] == [mine] for one in program.ask("GET", "/tokens").json()["tokens"])


def test_a_token_gives_no_more_than_its_person_has_by_now(stack: Deployed) -> None:
    site = make_shared_site(stack)
    program = Program(stack, site.people["admin"].token)
    assert program.ask("GET", f"/sites/{site.id}/people").status == 200
    run(stack, DEMOTE, site.id, site.people["admin"].id)
    assert program.ask("GET", f"/sites/{site.id}/people").status == 404


def test_a_site_of_somebody_else_cannot_be_named(stack: Deployed, site: SharedSite) -> None:
    stranger = Program(stack, site.people["stranger"].token)
    refused = stranger.ask("POST", "/tokens", {"name": "x", "scopes": ["stats:read"], "sites": [site.id]})
    assert (refused.status, refused.error["field"]) == (404, "sites")


def test_an_expired_token_is_refused_and_listed(stack: Deployed, site: SharedSite) -> None:
    person = site.people["viewer"]
    expired = Program(stack, run(stack, EXPIRED, person.id).strip()).ask("GET", "/sites")
    assert (expired.status, expired.error["code"]) == (401, "unauthorized")
    assert "expired" in expired.error["message"]
    listed = Program(stack, person.token).ask("GET", "/tokens").json()["tokens"]
    assert "expired" in {one["name"] for one in listed}


def test_requests_are_limited_per_person_and_every_answer_says_how_many_are_left(stack: Deployed) -> None:
    site = make_shared_site(stack)
    person, other = (site.people[name] for name in ("editor", "viewer"))
    program = Program(stack, person.token)
    for method, path in (("GET", "/sites"), ("GET", f"/sites/{uuid.uuid4()}"), ("POST", "/sites")):
        headers = program.ask(method, path).headers
        assert headers["ratelimit-policy"] == f'"person";q={LIMIT};w=60'
        assert headers["ratelimit"].startswith('"person";r=999')
    run(stack, SEND, person.id, str(LIMIT))
    refused = program.ask("GET", "/sites")
    assert (refused.status, refused.error["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit"] == f'"person";r=0;t={refused.headers["retry-after"]}'
    assert Program(stack, other.token).ask("GET", "/sites").status == 200


def test_pages_that_read_the_api_are_counted_too(stack: Deployed, site: SharedSite) -> None:
    browser = Browser(stack.base_url)
    browser.sign_in(site.people["administrator"].email, PASSWORD)
    assert "ratelimit" in browser.get("/api/v1/sites").headers


def test_requests_without_a_token_have_no_limit_to_tell(stack: Deployed) -> None:
    answer = Program(stack, "shy_wrong").ask("GET", "/sites")
    assert answer.status == 401
    assert "ratelimit" not in answer.headers


def test_a_site_is_created_once_however_often_the_request_is_sent(stack: Deployed, owner: Program) -> None:
    body, key = {**GOOD_SITE, "name": "Only once", "domain": f"{uuid.uuid4().hex}.example"}, f'"{uuid.uuid4()}"'
    first, again = (owner.ask("POST", "/sites", body, Idempotency_Key=key) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert "ratelimit" in again.headers
    other = owner.ask("POST", "/sites", {**body, "name": "Other"}, Idempotency_Key=key)
    assert (other.status, other.error["code"], other.error["field"]) == (422, "unprocessable", "Idempotency-Key")
    names = [one["name"] for one in owner.ask("GET", "/sites").json()["sites"]]
    assert (names.count("Only once"), names.count("Other")) == (1, 0)


def test_of_many_requests_at_once_one_is_carried_out(stack: Deployed, site: SharedSite) -> None:
    body, key = {**GOOD_SITE, "name": "At once", "domain": f"{uuid.uuid4().hex}.example"}, str(uuid.uuid4())

    def send(_number: int) -> Answer:
        return Program(stack, site.people["owner"].token).ask("POST", "/sites", body, Idempotency_Key=key)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert {answer.status for answer in answers} <= {201, 409}
    created = {answer.json()["id"] for answer in answers if answer.status == 201}
    assert len(created) == 1
    sites = Program(stack, site.people["owner"].token).ask("GET", "/sites").json()["sites"]
    assert {one["id"] for one in sites if one["name"] == "At once"} == created


def test_a_site_is_not_created_twice_after_a_function_died(stack: Deployed, site: SharedSite, owner: Program) -> None:
    """It had created the site, but not stored the answer, and its lease is over."""
    body, key = {**GOOD_SITE, "name": "Survivor", "domain": f"{uuid.uuid4().hex}.example"}, str(uuid.uuid4())
    created = run(stack, DIE_AFTER_CREATING, site.people["owner"].id, key, json.dumps(body)).strip()
    answer = owner.ask("POST", "/sites", body, Idempotency_Key=key)
    assert (answer.status, answer.json()["id"]) == (201, created)
    sites = owner.ask("GET", "/sites").json()["sites"]
    assert [one["id"] for one in sites if one["name"] == "Survivor"] == [created]


def test_a_request_that_was_refused_can_be_mended_under_the_same_key(owner: Program) -> None:
    key = str(uuid.uuid4())
    wrong = owner.ask("POST", "/sites", {**GOOD_SITE, "timezone": "Mars"}, Idempotency_Key=key)
    assert wrong.status == 400
    right = {**GOOD_SITE, "domain": f"{uuid.uuid4().hex}.example"}
    assert owner.ask("POST", "/sites", right, Idempotency_Key=key).status == 201


def test_a_key_of_one_token_gives_nothing_to_another(stack: Deployed, owner: Program) -> None:
    other = Program(stack, new_token(owner, scopes=["tokens:write"])["token"])
    body, key = {"name": "secret", "scopes": ["tokens:write"]}, str(uuid.uuid4())
    assert owner.ask("POST", "/tokens", body, Idempotency_Key=key).status == 201
    refused = other.ask("POST", "/tokens", body, Idempotency_Key=key)
    assert (refused.status, refused.error["field"]) == (409, "Idempotency-Key")


def test_nothing_of_the_answer_can_be_read_in_the_table(stack: Deployed, owner: Program) -> None:
    """Neither a new token nor the name of what was created, which may be deleted before the answer expires."""
    name, key = uuid.uuid4().hex, str(uuid.uuid4())
    made = owner.ask("POST", "/tokens", {"name": name, "scopes": ["stats:read"]}, Idempotency_Key=key).json()
    again = owner.ask("POST", "/tokens", {"name": name, "scopes": ["stats:read"]}, Idempotency_Key=key).json()
    assert again == made
    assert owner.ask("DELETE", f"/tokens/{made['id']}").status == 204
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=f"shylight-{stack.stage}-core")
    dump = repr([item for page in pages for item in page["Items"]])
    assert "idempotency#" in dump
    assert all(secret not in dump for secret in (name, key, made["token"], made["token"].removeprefix("shy_")))


def test_what_is_no_route_is_answered_in_the_shape_of_all_errors(stack: Deployed, site: SharedSite) -> None:
    program = Program(stack, site.people["owner"].token)
    lost = program.ask("GET", "/none/at/all")
    assert (lost.status, lost.error["code"]) == (404, "not_found")
    for method, path, allowed in (
        ("DELETE", "/sites", "GET, HEAD, POST"),
        ("PUT", f"/sites/{site.id}", "DELETE, GET, HEAD, PATCH"),
        ("OPTIONS", "/sites", "GET, HEAD, POST"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ):
        refused = program.ask(method, path, {})
        assert (refused.status, refused.error["code"]) == (405, "method_not_allowed")
        assert refused.headers["allow"] == allowed
    told = program.ask("HEAD", "/sites")
    assert (told.status, told.body) == (200, b"")


def test_the_last_use_is_exact_to_the_hour(stack: Deployed, owner: Program) -> None:
    made = new_token(owner, scopes=["tokens:read"])
    program = Program(stack, made["token"])
    seen = set()
    for _ in range(3):
        shown = program.ask("GET", "/tokens").json()["tokens"]
        seen.add(next(one["last_used_at"] for one in shown if one["id"] == made["id"]))
    assert len(seen) == 1


def test_a_token_is_made_and_revoked_on_its_page(stack: Deployed, site: SharedSite) -> None:
    browser = Browser(stack.base_url)
    browser.sign_in(site.people["editor"].email, PASSWORD)
    csrf = re.findall(r'name="csrf" value="([^"]+)"', browser.get("/account/tokens").text)[0]
    form = {"csrf": csrf, "name": "By hand", "scope stats:read": "on", f"site {site.id}": "on", "life": "30"}
    made = browser.post("/account/tokens", **form)
    assert made.status == 200
    (secret,) = re.findall(r"shy_[A-Za-z0-9_-]{72}", made.text)
    other = Program(stack, secret)
    assert other.ask("GET", f"/sites/{site.id}/stats").status == 200
    assert other.ask("GET", "/sites").status == 403
    again = browser.get("/account/tokens")
    assert "By hand" in again.text
    assert secret not in again.text
    token = re.findall(r'name="token" value="([^"]+)"', again.text)[0]  # the newest is the first
    revoked = browser.post("/account/tokens/revoke", csrf=csrf, token=token)
    assert (revoked.status, browser.where("/account/tokens/revoke", revoked)) == (303, "/account/tokens?done=revoked")
    assert "The token is revoked." in browser.get("/account/tokens?done=revoked").text
    assert other.ask("GET", f"/sites/{site.id}/stats").status == 401
    assert browser.post("/account/tokens/revoke", csrf=csrf, token="of-somebody-else").status == 404
