"""Who may change the people of a site: admins and owners; owners only by owners; never without an owner."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts.membership import site_people
from chalicelib.errors import BadRequest, Conflict, Forbidden, ShylightError
from chalicelib.store import people, teams
from chalicelib.store import site_people as stored
from chalicelib.store.people import ROLES, Person, Role
from chalicelib.store.site_people import SitePeople
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team

SITE = Site("7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", "Test", "example.com")
ALL: dict[str, Role] = {"olga": "owner", "otto": "owner", "anna": "admin", "emil": "editor", "vera": "viewer"}
ROOT = Person("root", "root@example.com", admin=True)


def person(name: str) -> Person:
    return Person(name, f"{name}@example.com")


def check(
    caller: Person, person_id: str, role: Role | None, roles: dict[str, Role] | None = None, *of_teams: Team
) -> str:
    """What is decided: "" if it is allowed, else the code of the error."""
    try:
        site_people.check(SitePeople(SITE.id, roles or ALL, 1), caller, person_id, role, of_teams)
    except ShylightError as error:
        return error.code
    return ""


@pytest.mark.parametrize("caller", ["emil", "vera"])
@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("role", [*ROLES, None])
def test_editors_and_viewers_change_nobody_and_may_leave(caller: str, target: str, role: Role | None) -> None:
    expected = "" if role is None and target == caller else "forbidden"
    assert check(person(caller), target, role) == expected


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("role", [*ROLES, None])
def test_admins_change_everybody_but_owners(target: str, role: Role | None) -> None:
    unchanged = ALL[target] == role
    expected = "" if unchanged or "owner" not in (ALL[target], role) else "forbidden"
    assert check(person("anna"), target, role) == expected


@pytest.mark.parametrize("caller", [person("olga"), ROOT], ids=["owner", "administrator"])
@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("role", [*ROLES, None])
def test_owners_and_administrators_change_everybody(caller: Person, target: str, role: Role | None) -> None:
    """But only administrators make somebody an owner who has not accepted the site."""
    unasked = role == "owner" and ALL[target] != "owner" and not caller.admin
    assert check(caller, target, role) == ("forbidden" if unasked else "")


@pytest.mark.parametrize("caller", [person("olga"), ROOT], ids=["the owner", "administrator"])
@pytest.mark.parametrize("role", [*ROLES, None])
def test_the_last_owner_stays_owner(caller: Person, role: Role | None) -> None:
    roles: dict[str, Role] = {"olga": "owner", "anna": "admin"}
    assert check(caller, "olga", role, roles) == ("" if role == "owner" else "conflict")


@pytest.mark.parametrize("role", [*ROLES, None])
def test_only_people_of_the_site_can_be_changed(role: Role | None) -> None:
    assert check(person("olga"), "stranger", role) == "not_found"
    assert check(ROOT, ROOT.id, role) == "not_found"


def team(role: Role, *members: str) -> Team:
    return Team("4711", "Editors", dict.fromkeys(members, "member"), {SITE.id: role})


@pytest.mark.parametrize("role", [*ROLES, None])
def test_a_team_gives_its_members_the_rights_of_its_role(role: Role | None) -> None:
    """Whatever their role in the team is; only the role that the team has in the site counts."""
    stranger = person("tina")
    assert check(stranger, "vera", role, ALL, team("admin", "tina")) == ("forbidden" if role == "owner" else "")
    assert check(stranger, "vera", role, ALL, team("editor", "tina")) == "forbidden"
    assert check(stranger, "vera", role, ALL, team("admin", "somebody")) == "not_found"
    assert check(person("emil"), "vera", "viewer", ALL, team("viewer", "emil")) == "forbidden"
    assert check(person("emil"), "vera", "viewer", ALL, team("viewer", "emil"), team("admin", "emil")) == ""


@pytest.mark.parametrize("role", [*ROLES, None])
@pytest.mark.parametrize("caller", [person("olga"), ROOT], ids=["owner", "administrator"])
def test_who_is_in_the_site_through_a_team_only_is_changed_in_the_team(caller: Person, role: Role | None) -> None:
    with pytest.raises(Conflict, match="through the team Editors"):
        site_people.check(SitePeople(SITE.id, ALL, 1), caller, "tina", role, [team("admin", "tina")])


def test_who_is_in_the_site_through_a_team_only_leaves_the_team() -> None:
    assert check(person("tina"), "tina", None, ALL, team("viewer", "tina")) == "conflict"
    assert check(person("vera"), "vera", None, ALL, team("viewer", "vera")) == ""


@dataclass
class Stored:
    """The item of a site's people, in place of the table; each read may find what was read before."""

    now: SitePeople

    def write(self, before: SitePeople, person_id: str, role: Role | None) -> bool:
        if before.version != self.now.version:
            return False
        self.now = before.changed(person_id, role)
        return True


NAMES = st.sampled_from(list(ALL))
CHANGES = st.lists(st.tuples(NAMES, NAMES, st.sampled_from([*ROLES, None])), min_size=1, max_size=12)


@given(CHANGES)
def test_no_sequence_of_changes_loses_the_last_owner(changes: list[tuple[str, str, Role | None]]) -> None:
    """Each change is decided on people that are one change old at first, as if another request had been faster."""
    table = Stored(SitePeople(SITE.id, ALL, 1))
    old = table.now
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "write", table.write)
        patch.setattr(teams, "of_site", lambda _site: [])
        for caller, target, role in changes:
            reads: Iterator[SitePeople] = itertools.chain([old], itertools.repeat(table.now))
            patch.setattr(stored, "read", lambda _site, *_concerned, reads=reads: next(reads))
            old, before = table.now, table.now
            try:
                site_people._store(SITE, person(caller), target, role)
            except ShylightError:
                assert table.now is before
            assert "owner" in table.now.roles.values()


def test_a_change_that_is_never_first_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "read", lambda _site, *_concerned: SitePeople(SITE.id, ALL, 1))
    monkeypatch.setattr(stored, "write", lambda _before, _person, _role: False)
    monkeypatch.setattr(teams, "of_site", lambda _site: [])
    with pytest.raises(Conflict, match="try again"):
        site_people.remove(SITE, person("olga"), "vera")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "role"),
        ({"role": "root"}, "role"),
        ({"role": ["owner"]}, "role"),
        ({"role": {}}, "role"),
        ({"role": None}, "role"),
        ({"role": "viewer", "admin": True}, "admin"),
    ],
)
def test_a_wrong_field_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        site_people.change_role(SITE, ROOT, "vera", data)
    assert raised.value.field == field


def test_everybody_with_access_is_listed_with_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    roles: dict[str, Role] = {"olga": "owner", "emil": "editor", "vera": "viewer"}
    monkeypatch.setattr(stored, "read", lambda _site, *_concerned: SitePeople(SITE.id, roles, 1))
    monkeypatch.setattr(teams, "of_site", lambda _site: [team("admin", "vera", "tina"), team("viewer", "emil", "gone")])
    monkeypatch.setattr(people, "get_people", lambda ids: [person(one) for one in ids if one != "gone"])
    listed = {one.person.id: (one.role, one.own_role, [of.role for of in one.teams]) for one in
              site_people.people_of(SITE, person("olga"))}  # fmt: skip
    assert listed == {
        "emil": ("editor", "editor", ["viewer"]),
        "olga": ("owner", "owner", []),
        "tina": ("admin", None, ["admin"]),
        "vera": ("admin", "viewer", ["admin"]),
    }
    assert list(listed) == sorted(listed)


def test_the_error_names_the_role_that_is_needed() -> None:
    with pytest.raises(Forbidden, match="Your role in this site is admin; this requires the role owner"):
        site_people.check(SitePeople(SITE.id, ALL, 1), person("anna"), "vera", "owner")
