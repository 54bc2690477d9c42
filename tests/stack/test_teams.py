"""Teams over HTTP: what they give, to whom, and that it ends at once."""

from __future__ import annotations

import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.http_client import Answer, request
from tests.conftest import Deployed, needs_transactions
from tests.stack.people import Browser, run
from tests.stack.site_roles import PASSWORD, SharedSite, Someone, make_shared_site

JOIN = """
import sys
from chalicelib.store import teams
team, person, role = sys.argv[1:]
assert teams.write_member(teams.read(team), person, role)
"""
FORGET = """
import sys
from chalicelib.accounts.membership import teams
teams.forget_person(sys.argv[1])
"""
DUMP = """
from chalicelib.store.tables import CoreItem
for item in CoreItem.scan():
    print(item.pk, item.sk, item.body)
"""


class Shared:
    """A shared site and team, and calls by their people."""

    def __init__(self, stack: Deployed) -> None:
        self.stack = stack
        self.made: SharedSite = make_shared_site(stack)
        self.site, self.team = f"/sites/{self.made.id}", f"/teams/{self.made.team}"

    def of(self, name: str) -> Someone:
        return self.made.people[name]

    def ask(self, who: str, method: str, path: str, body: object = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.of(who).token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return request(method, f"{self.stack.base_url.rstrip('/')}/api/v1{path}", data, headers)

    def give(self, role: str, who: str = "owner") -> int:
        return self.ask(who, "PUT", f"{self.site}/teams/{self.made.team}", {"role": role}).status

    def join(self, who: str, role: str = "member") -> None:
        run(self.stack, JOIN, self.made.team, self.of(who).id, role)

    def can_view(self, who: str) -> bool:
        """Whether the site answers somebody, and is in their list."""
        listed = {one["id"] for one in self.ask(who, "GET", "/sites").json()["sites"]}
        answers = self.ask(who, "GET", self.site).status == 200
        assert answers == (self.made.id in listed)
        return answers


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture
def shared(stack: Deployed) -> Shared:
    return Shared(stack)


def test_a_team_gives_its_members_access_until_they_are_removed(shared: Shared) -> None:
    shared.join("stranger")
    assert not shared.can_view("stranger")
    assert shared.give("editor") == 200
    assert shared.can_view("stranger")
    assert shared.ask("stranger", "PATCH", shared.site, {"hash_routing": True}).status == 200
    assert shared.ask("stranger", "GET", f"{shared.site}/people").status == 403
    member = f"{shared.team}/members/{shared.of('stranger').id}"
    assert shared.ask("admin", "DELETE", member).status == 204
    assert not shared.can_view("stranger")
    assert shared.ask("stranger", "GET", shared.team).status == 404


def test_the_higher_of_both_roles_counts(shared: Shared) -> None:
    assert shared.give("admin") == 200
    assert shared.ask("viewer", "GET", f"{shared.site}/people").status == 200
    listed = {one["id"]: one for one in shared.ask("owner", "GET", f"{shared.site}/people").json()["people"]}
    viewer, owner = (listed[shared.of(name).id] for name in ("viewer", "owner"))
    assert (viewer["role"], viewer["own_role"]) == ("admin", "viewer")
    assert viewer["teams"] == [{"id": shared.made.team, "name": "Shared team", "role": "admin"}]
    assert (owner["role"], owner["own_role"]) == ("owner", "owner")
    assert shared.give("viewer") == 200
    assert shared.ask("viewer", "GET", f"{shared.site}/people").status == 403


def test_a_site_is_taken_from_a_team_by_either_side(shared: Shared) -> None:
    shared.join("stranger")
    held = f"{shared.site}/teams/{shared.made.team}"
    for who, path in (("owner", held), ("admin", f"{shared.team}/sites/{shared.made.id}")):
        assert shared.give("viewer") == 200
        assert [one["id"] for one in shared.ask("viewer", "GET", f"{shared.team}/sites").json()["sites"]] == [
            shared.made.id
        ]
        assert shared.can_view("stranger")
        assert shared.ask(who, "DELETE", path).status == 204
        assert not shared.can_view("stranger")
        assert shared.ask(who, "DELETE", path).status == 404
        assert shared.ask("viewer", "GET", f"{shared.team}/sites").json()["sites"] == []
        assert shared.ask("owner", "GET", f"{shared.site}/teams").json()["teams"] == []


def test_a_site_is_given_only_to_teams_that_one_is_in(shared: Shared, stack: Deployed) -> None:
    """Otherwise a guessed id of a team would be a way to its members, and to their lists of sites."""
    other = Shared(stack)
    path = f"{shared.site}/teams/{other.made.team}"
    given = shared.ask("owner", "PUT", path, {"role": "viewer"})
    unknown = shared.ask("owner", "PUT", f"{shared.site}/teams/{uuid.uuid4()}", {"role": "viewer"})
    assert (given.status, given.body) == (unknown.status, unknown.body) == (404, given.body)
    for role in ("owner", "member", "", None):
        assert shared.ask("owner", "PUT", f"{shared.site}/teams/{shared.made.team}", {"role": role}).status == 400


def test_deleting_a_team_ends_its_access_at_once(shared: Shared) -> None:
    shared.join("stranger")
    shared.give("admin")
    invited = {"email": f"{uuid.uuid4().hex}@example.com", "role": "member"}
    assert shared.ask("owner", "POST", f"{shared.team}/members", invited).status == 201
    for who, name, status in (("viewer", "Shared team", 403), ("owner", "Shared", 400), ("owner", "", 400)):
        query = f"?name={name.replace(' ', '%20')}"
        assert shared.ask(who, "DELETE", f"{shared.team}{query}").status == status
    assert shared.can_view("stranger")
    assert shared.ask("owner", "DELETE", f"{shared.team}?name=Shared%20team").status == 204
    assert not shared.can_view("stranger")
    assert shared.can_view("viewer")
    assert shared.ask("owner", "GET", shared.team).status == 404
    audit = ("audit#", "person#")  # an entry that it was deleted stays, and an attempt's counters
    left = [line for line in run(shared.stack, DUMP).splitlines() if shared.made.team in line]
    assert not [line for line in left if not line.startswith(audit)]
    assert not [line for line in left if line.startswith("person#") and "invitation#" not in line]


def test_everybody_leaves_a_team_but_its_last_owner(shared: Shared) -> None:
    def leave(who: str) -> int:
        return shared.ask(who, "DELETE", f"{shared.team}/members/{shared.of(who).id}").status

    assert [leave(who) for who in ("viewer", "owner", "stranger")] == [204, 409, 404]
    make_owner = shared.ask("owner", "PUT", f"{shared.team}/members/{shared.of('admin').id}", {"role": "owner"})
    assert make_owner.json()["role"] == "owner"
    assert leave("owner") == 204
    assert leave("admin") == 409


def test_a_member_of_the_team_who_manages_the_site_is_told_where_others_are_changed(shared: Shared) -> None:
    shared.join("stranger")
    shared.give("viewer")
    person = f"{shared.site}/people/{shared.of('stranger').id}"
    for method, body in (("PUT", {"role": "editor"}), ("DELETE", None)):
        answer = shared.ask("owner", method, person, body)
        assert answer.status == 409
        assert "through the team Shared team" in answer.error["message"]
    assert shared.ask("stranger", "DELETE", person).status == 409


@needs_transactions
def test_owners_who_remove_each_other_at_once_leave_one(deployed: Deployed) -> None:
    shared = Shared(deployed)
    owners = ("owner", "admin", "viewer")
    for name in owners[1:]:
        path = f"{shared.team}/members/{shared.of(name).id}"
        assert shared.ask("owner", "PUT", path, {"role": "owner"}).status == 200

    def attack(pair: tuple[str, str]) -> int:
        who, target = pair
        path = f"{shared.team}/members/{shared.of(target).id}"
        if owners.index(who) % 2:
            return shared.ask(who, "DELETE", path).status
        return shared.ask(who, "PUT", path, {"role": "member"}).status

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(attack, [(who, target) for who in owners for target in owners if who != target]))
    assert set(statuses) <= {200, 204, 403, 404, 409}
    members = shared.ask("administrator", "GET", f"{shared.team}/members").json()["members"]
    assert [one["role"] for one in members].count("owner") >= 1


@needs_transactions
def test_sites_that_are_given_at_once_are_all_there(deployed: Deployed) -> None:
    shared, *others = (Shared(deployed) for _ in range(4))
    for other in others:
        run(deployed, JOIN, shared.made.team, other.of("owner").id, "member")

    def give(other: Shared) -> int:
        return other.ask("owner", "PUT", f"{other.site}/teams/{shared.made.team}", {"role": "viewer"}).status

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(give, others)) == [200] * 3
    held = shared.ask("viewer", "GET", f"{shared.team}/sites").json()["sites"]
    assert {one["id"] for one in held} == {other.made.id for other in others}


def test_a_new_team_belongs_to_who_creates_it(shared: Shared) -> None:
    made = shared.ask("stranger", "POST", "/teams", {"name": " Writers "})
    assert made.status == 201
    assert made.json() == {"id": made.json()["id"], "name": "Writers", "role": "owner", "members": 1, "sites": 0}
    assert shared.ask("viewer", "GET", f"/teams/{made.json()['id']}").status == 404
    assert [one["name"] for one in shared.ask("stranger", "GET", "/teams").json()["teams"]] == ["Writers"]
    everything = {one["name"] for one in shared.ask("administrator", "GET", "/teams").json()["teams"]}
    assert {"Writers", "Shared team"} <= everything
    for name in ("", "x" * 101, "a\nb", None, ["x"]):
        assert shared.ask("stranger", "POST", "/teams", {"name": name}).status == 400


def test_a_deleted_person_is_in_no_team(shared: Shared, stack: Deployed) -> None:
    alone = shared.ask("owner", "POST", "/teams", {"name": "Alone"}).json()["id"]
    run(stack, FORGET, shared.of("owner").id)
    assert shared.ask("administrator", "GET", f"/teams/{alone}").status == 404
    members = shared.ask("administrator", "GET", f"{shared.team}/members").json()["members"]
    assert {one["id"]: one["role"] for one in members} == {
        shared.of("admin").id: "owner",
        shared.of("viewer").id: "member",
    }


def test_a_team_is_managed_on_its_page(shared: Shared, stack: Deployed) -> None:
    browser = Browser(stack.base_url)
    assert browser.sign_in(shared.of("admin").email, PASSWORD).status == 303
    page = browser.get(shared.team)
    assert page.status == 200
    csrf = re.findall(r'name="csrf" value="([0-9a-f]{64})"', page.text)[0]

    def post(path: str, **form: Any) -> Answer:
        return browser.post(path, csrf=csrf, **form)

    assert browser.where(shared.team, post(shared.team, name="Writers")) == f"{shared.team}?done=saved"
    assert post(shared.team, name="").status == 400
    member = f"{shared.team}/members/{shared.of('viewer').id}"
    assert post(member, role="owner").status == 403
    assert browser.where(member, post(member, role="admin")) == f"{shared.team}?done=role"
    assert post(f"{shared.team}/delete", name="Writers").status == 403
    given = post(f"{shared.site}/teams", team=shared.made.team, role="viewer")
    assert browser.where(f"{shared.site}/teams", given) == f"{shared.site}/people?done=team"
    assert "Writers" in browser.get(f"{shared.site}/people").text
    remove = f"{shared.team}/members/{shared.of('admin').id}/remove"
    assert browser.where(remove, post(remove)) == "/teams?done=left"
    assert browser.get(shared.team).status == 404
