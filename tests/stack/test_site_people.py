"""The people of a site over HTTP: who may add, change and remove whom, and that access follows at once."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.http_client import Answer, request
from tests.conftest import Deployed, needs_transactions
from tests.stack.people import run
from tests.stack.site_roles import ROLES, SharedSite, Someone, make_shared_site

# The membership alone, as it was stored before sites had an item of their people.
FORGET = """
import sys
from chalicelib.store.tables import CoreItem
CoreItem(f"site#{sys.argv[1]}", "people").delete()
"""


class Site:
    """A shared site, and calls by its people."""

    def __init__(self, stack: Deployed) -> None:
        self.stack = stack
        self.made: SharedSite = make_shared_site(stack)

    def of(self, name: str) -> Someone:
        return self.made.people[name]

    def ask(self, who: str, method: str, path: str = "", body: object = None, query: str = "") -> Answer:
        where = f"{self.stack.base_url.rstrip('/')}/api/v1/sites/{self.made.id}{path}{query}"
        headers = {"Authorization": f"Bearer {self.of(who).token}", "Content-Type": "application/json"}
        return request(method, where, None if body is None else json.dumps(body).encode(), headers)

    def change(self, who: str, target: str, role: str) -> int:
        return self.ask(who, "PUT", f"/people/{self.of(target).id}", {"role": role}).status

    def remove(self, who: str, target: str) -> int:
        return self.ask(who, "DELETE", f"/people/{self.of(target).id}").status

    def roles(self, who: str = "administrator") -> dict[str, str]:
        names = {one.id: name for name, one in self.made.people.items()}
        answer = self.ask(who, "GET", "/people")
        assert answer.status == 200, answer.body
        return {names[one["id"]]: one["role"] for one in answer.json()["people"]}


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture
def site(stack: Deployed) -> Site:
    return Site(stack)


def test_admins_see_who_is_in_the_site(site: Site) -> None:
    expected = [
        {"id": one.id, "email": one.email, "name": name.title(), "role": name, "own_role": name, "teams": []}
        for name, one in sorted(site.made.people.items(), key=lambda each: each[1].email)
        if name in ROLES
    ]
    for who in ("admin", "owner", "administrator"):
        assert site.ask(who, "GET", "/people").json() == {"people": expected, "next": None}
    for who, status in (("viewer", 403), ("editor", 403), ("stranger", 404)):
        assert site.ask(who, "GET", "/people").status == status
    first = site.ask("owner", "GET", "/people", query="?limit=3").json()
    rest = site.ask("owner", "GET", "/people", query=f"?limit=3&next={first['next']}").json()
    assert (first["people"] + rest["people"], rest["next"]) == (expected, None)
    assert site.ask("owner", "GET", "/people", query="?limit=0").error["field"] == "limit"


def test_a_changed_role_and_a_removal_count_from_the_next_request_on(site: Site) -> None:
    assert site.ask("editor", "PATCH", "", {"hash_routing": True}).status == 200
    assert site.change("admin", "editor", "viewer") == 200
    assert site.ask("editor", "PATCH", "", {"hash_routing": False}).status == 403
    assert site.remove("admin", "editor") == 204
    assert site.ask("editor", "GET").status == 404
    assert "editor" not in site.roles()
    assert site.remove("admin", "editor") == 404


def test_admins_cannot_touch_owners_nor_become_one(site: Site) -> None:
    assert site.change("admin", "owner", "viewer") == 403
    assert site.remove("admin", "owner") == 403
    assert site.change("admin", "admin", "owner") == 403
    invited = site.ask("admin", "POST", "/people", {"email": site.of("stranger").email, "role": "owner"})
    assert (invited.status, invited.error["field"]) == (400, "role")
    assert site.roles() == {role: role for role in ROLES}


def test_the_last_owner_stays(site: Site) -> None:
    for who in ("owner", "administrator"):
        assert site.change(who, "owner", "admin") == 409
        assert site.remove(who, "owner") == 409
    assert site.change("owner", "admin", "owner") == 403
    assert site.change("administrator", "admin", "owner") == 200
    assert site.remove("owner", "owner") == 204
    assert site.ask("owner", "GET").status == 404
    assert site.remove("admin", "admin") == 409
    assert site.roles() == {"admin": "owner", "editor": "editor", "viewer": "viewer"}


def test_everybody_may_leave(site: Site) -> None:
    for who in ("viewer", "editor", "admin"):
        assert site.remove(who, who) == 204
        assert site.ask(who, "GET").status == 404
    assert site.roles() == {"owner": "owner"}


def test_who_may_not_manage_people_does_not_learn_who_has_an_account(site: Site) -> None:
    """The answer is the same for an account and for none, for an id in the site and for any other."""
    for who in ("viewer", "editor", "stranger"):
        addresses = [site.of("administrator").email, "nobody@example.com", "no address", None]
        bodies = [{"email": address, "role": "viewer"} for address in addresses]
        assert len({(a.status, a.body) for a in (site.ask(who, "POST", "/people", body) for body in bodies)}) == 1
        ids = [site.of("owner").id, site.of("administrator").id, str(uuid.uuid4()), "x"]
        for method, data in (("PUT", {"role": "viewer"}), ("DELETE", None)):
            answers = [site.ask(who, method, f"/people/{one}", data) for one in ids]
            assert len({(answer.status, answer.body) for answer in answers}) == 1
    # An id of somebody elsewhere is no way to their address.
    assert site.change("owner", "administrator", "viewer") == 404


@pytest.mark.parametrize("body", [[], None, {"email": "\ud800@example.com", "role": "viewer"}, {"email": "x" * 300}])
def test_bad_bodies_are_rejected(site: Site, body: Any) -> None:
    assert site.ask("owner", "POST", "/people", body).status == 400
    assert site.ask("owner", "PUT", f"/people/{site.of('viewer').id}", body).status == 400


@needs_transactions
def test_owners_who_remove_each_other_at_once_leave_one(deployed: Deployed) -> None:
    """Of all the people who are made owners, and then remove or demote one another, one stays an owner."""
    site = Site(deployed)
    owners = list(ROLES)
    for name in owners:
        assert site.change("administrator", name, "owner") == 200

    def attack(pair: tuple[str, str]) -> int:
        who, target = pair
        return site.remove(who, target) if owners.index(who) % 2 else site.change(who, target, "viewer")

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(attack, [(who, target) for who in owners for target in owners if who != target]))
    roles = site.roles()
    assert Counter(roles.values())["owner"] >= 1
    assert set(statuses) <= {200, 204, 403, 404, 409}
    for name in owners:  # access and the list say the same
        assert site.ask(name, "GET").status == (200 if name in roles else 404)
        assert site.ask(name, "GET", "/people").status in ({200} if roles.get(name) == "owner" else {403, 404})


def test_a_site_of_before_keeps_its_owner_and_its_people(site: Site) -> None:
    """Sites had no item of their people once: their owner is found by the site, who asks by their membership."""
    run(site.stack, FORGET, site.made.id)
    assert site.roles() == {"owner": "owner"}
    assert site.roles("admin") == {"owner": "owner", "admin": "admin"}
    assert site.remove("administrator", "owner") == 409
    assert site.change("admin", "admin", "editor") == 200
    assert site.roles("owner") == {"owner": "owner", "admin": "editor"}
    assert site.remove("viewer", "viewer") == 204
    assert site.ask("viewer", "GET").status == 404
