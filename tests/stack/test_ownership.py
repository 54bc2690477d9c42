"""Sites change hands, are copied from, put in order and deleted, over HTTP."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.config import OFFERS_PER_DAY
from infra.http_client import Answer, request
from localstack import mail
from tests.conftest import Deployed
from tests.stack.calls import Caller, wait_for
from tests.stack.people import Browser, run
from tests.stack.site_roles import PASSWORD, SharedSite, Someone, make_shared_site

ADD = """
import json, sys, uuid
from chalicelib.accounts import passwords
from chalicelib.accounts.access import api_tokens
from chalicelib.store import people
hashed = passwords.hash_password(sys.argv[2])
person = people.add_person(people.Person(str(uuid.uuid4()), sys.argv[1], password_hash=hashed))
print(json.dumps({"id": person.id, "email": person.email, "token": api_tokens.issue(person, "test")}))
"""
EXPIRE = """
import dataclasses, sys, time
from chalicelib.store import site_transfers
offer = site_transfers.get(sys.argv[1])
assert site_transfers.put(dataclasses.replace(offer, expires=int(time.time()) - 1), offer)
"""
# What the function does after the functions of before have ended.
FINISH = """
import time
from unittest.mock import patch
from chalicelib import config
from chalicelib.accounts.sites import deletion_work
from harness.lambda_requests import Context
config.DELETION_SETTLE_S = 0
deletion_work.run(Context())
"""
CREATORS = """
import sys
from chalicelib.accounts import installation
installation.change(None, {"site_creators": sys.argv[1]})
"""
DUMP = """
import json, sys
from chalicelib.config import settings
from chalicelib.store import aws, tables
client = aws.client("dynamodb")
for name in sorted({model.Meta.table_name for model in tables.MODELS}):
    for page in client.get_paginator("scan").paginate(TableName=name):
        for item in page["Items"]:
            line = json.dumps(item, default=str)
            if any(text in line for text in sys.argv[1:]):
                print(name, line)
for page in aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=settings().bucket):
    for one in page.get("Contents", []):
        if any(text in one["Key"] for text in sys.argv[1:]):
            print(one["Key"])
"""


class Site:
    """A shared site, and calls by its people."""

    def __init__(self, stack: Deployed) -> None:
        self.stack = stack
        self.made: SharedSite = make_shared_site(stack)
        self.id = self.made.id

    def of(self, name: str) -> Someone:
        return self.made.people[name]

    def ask(self, who: str | Someone, method: str, path: str, body: object = None) -> Answer:
        token = (self.of(who) if isinstance(who, str) else who).token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return request(method, f"{self.stack.base_url.rstrip('/')}/api/v1{path}", data, headers)

    def offer(self, email: str, who: str = "owner") -> Answer:
        return self.ask(who, "PUT", f"/sites/{self.id}/transfer", {"email": email})

    def roles(self) -> dict[str, str]:
        listed = self.ask("administrator", "GET", f"/sites/{self.id}/people").json()["people"]
        return {one["id"]: one["role"] for one in listed}

    def browser(self, who: str) -> Browser:
        browser = Browser(self.stack.base_url)
        assert browser.sign_in(self.of(who).email, PASSWORD).status == 303
        return browser


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture
def site(stack: Deployed) -> Site:
    return Site(stack)


def csrf_in(answer: Answer) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def new_person(stack: Deployed, email: str = "") -> Someone:
    made = json.loads(run(stack, ADD, email or f"next-{uuid.uuid4()}@example.com", PASSWORD))
    return Someone(**made)


# ── transfer ──


def test_a_site_is_offered_and_accepted(site: Site) -> None:
    owner, stranger = site.of("owner"), site.of("stranger")
    offered = site.offer(stranger.email.upper())
    assert offered.status == 200
    assert offered.json()["url"].endswith(f"/transfers/{site.id}")
    assert offered.json()["mailed"] is True
    (sent,) = [one for one in mail.sent(site.stack.cloud) if offered.json()["url"] in one.text]
    assert [one.casefold() for one in sent.recipients] == [stranger.email]
    assert owner.email in sent.subject
    assert site.ask("owner", "GET", f"/sites/{site.id}/transfer").json()["email"] == stranger.email.upper()
    assert site.roles()[owner.id] == "owner"
    assert site.ask("stranger", "GET", f"/sites/{site.id}").status == 404
    (found,) = site.ask("stranger", "GET", "/transfers").json()["transfers"]
    assert (found["site"], found["owner"]["email"]) == (site.id, owner.email)
    accepted = site.ask("stranger", "PUT", f"/transfers/{site.id}")
    assert (accepted.status, accepted.json()["id"]) == (200, site.id)
    assert (site.roles()[stranger.id], site.roles()[owner.id]) == ("owner", "admin")
    assert site.ask("stranger", "GET", "/transfers").json() == {"transfers": []}
    assert site.ask("stranger", "GET", f"/sites/{site.id}/transfer").status == 404
    assert site.ask("stranger", "PUT", f"/transfers/{site.id}").status == 404
    assert site.ask("owner", "PUT", f"/sites/{site.id}/transfer", {"email": "x@example.com"}).status == 403
    # The domain went along.
    new = {"name": "Same", "domain": site.made.domain, "timezone": "UTC"}
    assert site.ask("owner", "POST", "/sites", new).status == 409
    assert site.ask("stranger", "POST", "/sites", new).status == 201


def test_the_answer_does_not_tell_whether_there_is_an_account(site: Site) -> None:
    """Neither to owners, nor is the offer lost: whoever gets an account with the address can accept it."""
    address = f"nobody-{uuid.uuid4()}@example.com"
    unknown, known = site.offer(address), Site(site.stack).offer(site.of("stranger").email)
    assert set(unknown.json()) == set(known.json())
    assert (unknown.status, unknown.json()["mailed"]) == (known.status, known.json()["mailed"])
    someone = new_person(site.stack, address)
    assert site.ask(someone, "PUT", f"/transfers/{site.id}").status == 200
    assert site.roles()[someone.id] == "owner"


@pytest.mark.parametrize("who", ["viewer", "editor", "admin", "owner", "administrator", "stranger"])
def test_an_offer_is_for_one_person(site: Site, who: str) -> None:
    site.offer(f"somebody-{uuid.uuid4()}@example.com")
    for method in ("PUT", "DELETE"):
        assert site.ask(who, method, f"/transfers/{site.id}").status == 404
    assert site.ask(who, "GET", "/transfers").json()["transfers"] == []
    assert site.browser(who).get(f"/transfers/{site.id}").status == 404


def test_an_offer_can_be_declined_taken_back_replaced_and_expires(site: Site) -> None:
    stranger, viewer = site.of("stranger"), site.of("viewer")
    site.offer(stranger.email)
    assert site.ask("stranger", "DELETE", f"/transfers/{site.id}").status == 204
    assert site.ask("owner", "GET", f"/sites/{site.id}/transfer").status == 404
    site.offer(stranger.email)
    assert site.ask("owner", "DELETE", f"/sites/{site.id}/transfer").status == 204
    assert site.ask("owner", "DELETE", f"/sites/{site.id}/transfer").status == 404
    assert site.ask("stranger", "PUT", f"/transfers/{site.id}").status == 404
    site.offer(stranger.email)
    site.offer(viewer.email)
    assert site.ask("stranger", "GET", "/transfers").json()["transfers"] == []
    assert site.ask("stranger", "PUT", f"/transfers/{site.id}").status == 404
    run(site.stack, EXPIRE, site.id)
    assert site.ask("viewer", "PUT", f"/transfers/{site.id}").status == 404
    assert site.ask("viewer", "GET", "/transfers").json()["transfers"] == []
    site.offer(viewer.email)
    assert site.ask("viewer", "PUT", f"/transfers/{site.id}").status == 200
    assert site.roles()[viewer.id] == "owner"


def test_what_cannot_be_offered(site: Site) -> None:
    for email, field in ((site.of("owner").email, "email"), ("nonsense", "email"), (5, "email")):
        answer = site.offer(email)  # type: ignore[arg-type]
        assert (answer.status, answer.error["field"]) == (400, field)
    unknown = site.ask("owner", "PUT", f"/sites/{site.id}/transfer", {"email": "a@example.com", "role": "owner"})
    assert (unknown.status, unknown.error["field"]) == (400, "role")
    for _ in range(OFFERS_PER_DAY):
        assert site.offer("next@example.com").status == 200
    slowed = site.offer("next@example.com")
    assert slowed.status == 429
    assert int(slowed.headers["retry-after"]) > 0


def test_an_offer_is_void_once_its_giver_does_not_own_the_site(site: Site) -> None:
    stranger, viewer, owner = site.of("stranger"), site.of("viewer"), site.of("owner")
    site.offer(stranger.email)
    assert site.ask("administrator", "PUT", f"/sites/{site.id}/people/{viewer.id}", {"role": "owner"}).status == 200
    assert site.ask("administrator", "PUT", f"/sites/{site.id}/people/{owner.id}", {"role": "editor"}).status == 200
    assert site.ask("stranger", "PUT", f"/transfers/{site.id}").status == 409
    assert site.roles()[owner.id] == "editor"


def test_of_two_owners_one_gives_away_and_the_other_keeps_the_domain(site: Site) -> None:
    second, stranger = site.of("viewer"), site.of("stranger")
    assert site.ask("administrator", "PUT", f"/sites/{site.id}/people/{second.id}", {"role": "owner"}).status == 200
    assert site.offer(stranger.email, "viewer").status == 200
    assert site.ask("stranger", "PUT", f"/transfers/{site.id}").status == 200
    roles = site.roles()
    assert [roles[site.of(name).id] for name in ("owner", "viewer", "stranger")] == ["owner", "admin", "owner"]
    new = {"name": "Same", "domain": site.made.domain, "timezone": "UTC"}
    assert site.ask("owner", "POST", "/sites", new).status == 201


def test_a_domain_of_several_active_sites_does_not_change_hands(site: Site) -> None:
    new = {"name": "Same", "domain": f"www.{site.made.domain}", "timezone": "UTC"}
    twin = site.ask("owner", "POST", "/sites", new).json()["id"]
    site.offer(site.of("stranger").email)
    refused = site.ask("stranger", "PUT", f"/transfers/{site.id}")
    assert refused.status == 409
    assert site.made.domain in refused.error["message"]
    assert site.ask("owner", "PATCH", f"/sites/{twin}", {"status": "archived"}).status == 200
    assert site.ask("stranger", "PUT", f"/transfers/{site.id}").status == 200
    assert site.ask("owner", "PATCH", f"/sites/{twin}", {"status": "active"}).status == 409


def test_an_administrator_offers_a_site_for_its_owner(site: Site) -> None:
    assert site.offer(site.of("stranger").email, "administrator").status == 200
    assert site.ask("stranger", "PUT", f"/transfers/{site.id}").status == 200
    roles = site.roles()
    assert (roles[site.of("stranger").id], roles[site.of("owner").id]) == ("owner", "admin")
    assert site.of("administrator").id not in roles


def test_a_site_is_transferred_by_pages(site: Site) -> None:
    owner, stranger = site.browser("owner"), site.browser("stranger")
    page = f"/sites/{site.id}/ownership"
    wrong = owner.post(page, csrf=csrf_in(owner.get(page)), action="offer", email="nonsense")
    assert wrong.status == 400
    assert 'aria-invalid="true"' in wrong.text
    sent = owner.post(page, csrf=csrf_in(owner.get(page)), action="offer", email=site.of("stranger").email)
    assert owner.where(page, sent) == f"{page}?done=offered"
    assert f"/transfers/{site.id}" in owner.get(page).text
    assert f"transfers/{site.id}" in stranger.get("/sites").text
    offer = f"/transfers/{site.id}"
    assert stranger.get(offer).status == 200  # and changes nothing
    assert site.of("owner").id in [one for one, role in site.roles().items() if role == "owner"]
    assert stranger.post(offer, csrf=csrf_in(stranger.get(offer)), answer="perhaps").status == 400
    accepted = stranger.post(offer, csrf=csrf_in(stranger.get(offer)), answer="accept")
    assert stranger.where(offer, accepted) == f"/sites/{site.id}"
    assert stranger.get(page).status == 200
    assert owner.get(page).status == 403


# ── settings, order, creation ──


def test_settings_are_copied(site: Site) -> None:
    assert site.ask("owner", "PATCH", f"/sites/{site.id}", {"origins": "a.example", "retention_days": 9}).status == 200
    new = {"name": "Like", "domain": f"{uuid.uuid4().hex}.example", "settings_from": site.id}
    made = site.ask("editor", "POST", "/sites", new).json()
    assert (made["origins"], made["retention_days"], made["timezone"]) == ("a.example", 9, "UTC")
    assert site.ask("viewer", "POST", "/sites", new).error["field"] == "settings_from"
    other = site.ask("editor", "POST", "/sites", {**new, "settings_from": site.id}).json()
    assert site.ask("editor", "PATCH", f"/sites/{other['id']}", {"origins": "b.example", "max_day": 500}).status == 200
    copied = site.ask("editor", "PUT", f"/sites/{site.id}/settings", {"from": other["id"], "settings": ["max_day"]})
    assert (copied.json()["max_day"], copied.json()["origins"], copied.json()["name"]) == (500, "a.example", "Shared")
    page = f"/sites/{site.id}/settings"
    browser = site.browser("editor")
    form = {"csrf": csrf_in(browser.get(page)), "from": other["id"]}
    assert browser.post(f"{page}/copy", None, **form).status == 400
    answer = browser.post(f"{page}/copy", None, **form, **{"copy-what-counts": "1", "copy-privacy": "1"})
    assert browser.where(f"{page}/copy", answer) == f"{page}?done=copied"
    now = site.ask("editor", "GET", f"/sites/{site.id}").json()
    assert (now["origins"], now["retention_days"], now["max_day"]) == ("b.example", 9, 500)


def test_everybody_has_an_order_of_their_own(site: Site) -> None:
    ids = [site.id]
    for name in ("Alpha", "Beta"):
        new = {"name": name, "domain": f"{uuid.uuid4().hex}.example", "timezone": "UTC"}
        ids.append(site.ask("viewer", "POST", "/sites", new).json()["id"])
    shared, alpha, beta = ids
    assert site.ask("viewer", "GET", "/site-order").json() == {"favourites": [], "others": [alpha, beta, shared]}
    browser = site.browser("viewer")
    csrf = csrf_in(browser.get("/sites"))
    assert browser.post("/arrange", csrf=csrf, site=beta, move="favourite", back="home").status == 303
    assert browser.post("/arrange", csrf=csrf, site=shared, move="up").status == 303
    assert site.ask("viewer", "GET", "/site-order").json() == {"favourites": [beta], "others": [shared, alpha]}
    shown = browser.get("/sites").text
    places = [shown.index(f'href="sites/{one}') for one in (beta, shared, alpha)]
    assert places == sorted(places)
    of_owner = site.ask("owner", "GET", "/site-order").json()
    assert not of_owner["favourites"]
    assert shared in of_owner["others"]
    assert not {alpha, beta} & set(of_owner["others"])
    foreign = site.ask("owner", "PUT", "/site-order", {"favourites": [alpha]})
    assert (foreign.status, foreign.error["field"]) == (400, "favourites")
    chosen = {"favourites": [shared], "others": [beta, alpha]}
    assert site.ask("viewer", "PUT", "/site-order", chosen).json() == chosen


def test_only_administrators_create_sites_if_the_installation_says_so(site: Site) -> None:
    new = {"name": "New", "domain": f"{uuid.uuid4().hex}.example", "timezone": "UTC"}
    run(site.stack, CREATORS, "administrators")
    try:
        refused = wait_for(
            lambda: site.ask("owner", "POST", "/sites", new | {"domain": ""}), lambda it: it.status == 403
        )
        assert "administrator" in refused.error["message"]
        browser = site.browser("owner")
        shown = browser.get("/sites")
        assert 'name="domain"' not in shown.text
        assert browser.post("/sites", None, csrf=csrf_in(shown), **new).status == 403
        assert site.ask("administrator", "POST", "/sites", new).status == 201
    finally:
        run(site.stack, CREATORS, "everybody")
    wait_for(lambda: site.ask("owner", "POST", "/sites", new | {"domain": ""}), lambda it: it.status == 400)


# ── deletion ──


def deletion(site: Site, who: str = "owner") -> dict[str, Any]:
    answer = site.ask(who, "GET", f"/deletions/{site.id}")
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


def test_a_site_is_deleted_by_the_functions_of_the_deployment(deployed: Deployed) -> None:
    site = Site(deployed)
    caller = Caller(site.stack.base_url, site.of("owner").token)
    page = f"https://{site.made.domain}/"
    for identifier in ("", "user-1"):
        assert caller.beacon(site.id, {"location": page}, identifier=identifier).status == 204
    wait_for(lambda: caller.stats(site.id), lambda stats: stats["metrics"]["pageviews"] == 2)
    wrong = site.ask("owner", "DELETE", f"/sites/{site.id}?name=Other")
    assert (wrong.status, wrong.error["field"]) == (400, "name")
    assert site.ask("owner", "DELETE", f"/sites/{site.id}").status == 400
    begun = site.ask("owner", "DELETE", f"/sites/{site.id}?name={quote('Shared')}")
    assert begun.status == 202
    assert begun.json()["url"].endswith(f"/api/v1/deletions/{site.id}")
    assert begun.headers["location"].endswith(f"/deletions/{site.id}")
    assert site.ask("owner", "GET", f"/sites/{site.id}").status == 404
    assert site.ask("owner", "DELETE", f"/sites/{site.id}?name=Shared").status == 404
    waiting = wait_for(lambda: deletion(site), lambda found: found["state"] == "waiting")
    assert waiting["removed"]["hits"] >= 1
    browser = site.browser("owner")
    assert "In about" in browser.get(f"/deletions/{site.id}").text
    assert f"deletions/{site.id}" in browser.get("/sites").text
    wait_for(lambda: caller.beacon(site.id, {"location": page}).status, lambda status: status == 404)
    run(site.stack, FINISH)
    receipt = deletion(site)
    assert (receipt["state"], receipt["percent"], receipt["name"]) == ("done", 100, "Shared")
    assert receipt["finished_at"]
    lines = run(site.stack, DUMP, site.id, site.made.domain).splitlines()
    others = f"other.{site.made.domain}"  # a site that `make_shared_site` made besides
    lines = [line for line in lines if site.id in line or others not in line]
    assert [line for line in lines if '"deletion"' not in line and '"audit#' not in line] == []
    assert len([line for line in lines if '"deletion"' in line]) == 1
    assert "this receipt" in browser.get(f"/deletions/{site.id}").text


def test_a_deletion_is_seen_by_those_who_owned_the_site(site: Site) -> None:
    browser = site.browser("owner")
    page = f"/sites/{site.id}/ownership"
    wrong = browser.post(page, csrf=csrf_in(browser.get(page)), action="delete", name="shared")
    assert wrong.status == 400
    assert site.ask("owner", "GET", f"/sites/{site.id}").status == 200
    begun = browser.post(page, csrf=csrf_in(browser.get(page)), action="delete", name=" Shared ")
    assert browser.where(page, begun) == f"/deletions/{site.id}"
    for who in ("owner", "administrator"):
        assert deletion(site, who)["site"] == site.id
        assert site.id in [one["site"] for one in site.ask(who, "GET", "/deletions").json()["deletions"]]
    for who in ("admin", "editor", "viewer", "stranger"):
        assert site.ask(who, "GET", f"/deletions/{site.id}").status == 404
        assert site.ask(who, "GET", "/deletions").json() == {"deletions": [], "next": None}
        assert site.browser(who).get(f"/deletions/{site.id}").status == 404
    assert site.ask("owner", "GET", f"/deletions/{uuid.uuid4()}").status == 404
    assert site.ask("owner", "GET", "/deletions/nonsense").status == 404
