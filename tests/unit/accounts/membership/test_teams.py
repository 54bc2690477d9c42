"""Who may change a team: admins and owners; owners only by owners; never without an owner."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import config
from chalicelib.accounts import audit_log
from chalicelib.accounts.membership import invitations, teams
from chalicelib.errors import BadRequest, Conflict, Forbidden, NotFound, ShylightError
from chalicelib.store import people
from chalicelib.store import teams as stored
from chalicelib.store.people import Person
from chalicelib.store.teams import TEAM_ROLES, Team, TeamRole

ALL: dict[str, TeamRole] = {"olga": "owner", "otto": "owner", "anna": "admin", "mia": "member"}
ROOT = Person("root", "root@example.com", admin=True)
TEAM = Team("0d3c5f0e-93a0-4a3a-8a53-0f5ad1b6f9c1", "Editors", ALL, version=1)


def person(name: str) -> Person:
    return Person(name, f"{name}@example.com")


def check(caller: Person, person_id: str, role: TeamRole | None, members: dict[str, TeamRole] | None = None) -> str:
    """What is decided: "" if it is allowed, else the code of the error."""
    try:
        teams.check(replace(TEAM, members=members or ALL), caller, person_id, role)
    except ShylightError as error:
        return error.code
    return ""


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("role", [*TEAM_ROLES, None])
def test_members_change_nobody_and_may_leave(target: str, role: TeamRole | None) -> None:
    assert check(person("mia"), target, role) == ("" if role is None and target == "mia" else "forbidden")


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("role", [*TEAM_ROLES, None])
def test_admins_change_everybody_but_owners(target: str, role: TeamRole | None) -> None:
    unchanged = ALL[target] == role
    expected = "" if unchanged or "owner" not in (ALL[target], role) else "forbidden"
    assert check(person("anna"), target, role) == expected


@pytest.mark.parametrize("caller", [person("olga"), ROOT], ids=["owner", "administrator"])
@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("role", [*TEAM_ROLES, None])
def test_owners_and_administrators_change_everybody(caller: Person, target: str, role: TeamRole | None) -> None:
    assert check(caller, target, role) == ""


@pytest.mark.parametrize("caller", [person("olga"), ROOT], ids=["the owner", "administrator"])
@pytest.mark.parametrize("role", [*TEAM_ROLES, None])
def test_the_last_owner_stays_owner_and_cannot_leave(caller: Person, role: TeamRole | None) -> None:
    expected = "" if role == "owner" else "conflict"
    assert check(caller, "olga", role, {"olga": "owner", "anna": "admin"}) == expected


@pytest.mark.parametrize("role", [*TEAM_ROLES, None])
def test_strangers_are_neither_changed_nor_change_anybody(role: TeamRole | None) -> None:
    assert check(person("olga"), "stranger", role) == "not_found"
    assert check(person("stranger"), "mia", role) == "not_found"
    assert check(person("stranger"), "stranger", role) == "not_found"


@dataclass
class Table:
    """One team, in place of the table. `slow`: changes are decided on the team as it was before the last change."""

    now: Team | None = TEAM
    slow: bool = False
    before: Team | None = TEAM

    def read(self, _team_id: str) -> Team | None:
        seen, self.before = (self.before if self.slow else self.now), self.now
        return seen

    def write_member(self, before: Team, person_id: str, role: TeamRole | None) -> bool:
        return self._write(before, before.with_member(person_id, role))

    def rename(self, before: Team, name: str) -> bool:
        return self._write(before, replace(before, name=name))

    def delete(self, before: Team) -> bool:
        return self._write(before, None)

    def _write(self, before: Team, after: Team | None) -> bool:
        if self.now is None or before.version != self.now.version:
            return False
        self.before, self.now = self.now, replace(after, version=before.version + 1) if after else None
        return True


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    made = Table()
    patch_with(monkeypatch, made)
    return made


def patch_with(patch: pytest.MonkeyPatch, table: Table) -> None:
    for name in ("read", "write_member", "rename", "delete"):
        patch.setattr(stored, name, getattr(table, name))
    patch.setattr(
        stored, "of_person", lambda person_id: [table.now] if table.now and person_id in table.now.members else []
    )
    patch.setattr(audit_log, "record", lambda *_given, **_details: None)
    patch.setattr(invitations, "forget_place", lambda _place: None)
    patch.setattr(people, "get_person", person)


NAMES = st.sampled_from(list(ALL))
CHANGES = st.lists(st.tuples(NAMES, NAMES, st.sampled_from([*TEAM_ROLES, None])), min_size=1, max_size=12)


@given(CHANGES, st.booleans())
def test_no_sequence_of_changes_loses_the_last_owner(
    changes: list[tuple[str, str, TeamRole | None]], slow: bool
) -> None:
    table = Table(slow=slow)
    with pytest.MonkeyPatch.context() as patch:
        patch_with(patch, table)
        for caller, target, role in changes:
            try:
                if role is None:
                    teams.remove(TEAM, person(caller), target)
                else:
                    teams.change_role(TEAM, person(caller), target, {"role": role})
            except ShylightError:
                pass
            assert table.now is not None
            assert "owner" in table.now.members.values()


def test_a_change_that_is_never_first_is_a_conflict(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "write_member", lambda *_given: False)
    with pytest.raises(Conflict, match="try again"):
        teams.remove(TEAM, person("olga"), "mia")


def test_a_team_is_deleted_by_its_name_only(table: Table) -> None:
    for name in ("", "editors", "Editors!", "0"):
        with pytest.raises(BadRequest) as raised:
            teams.delete(TEAM, person("olga"), name)
        assert raised.value.field == "name"
    assert table.read("") == TEAM
    teams.delete(TEAM, person("olga"), " Editors ")
    assert table.read("") is None
    with pytest.raises(NotFound):
        teams.rename(TEAM, person("olga"), {"name": "Again"})


def test_a_team_is_renamed(table: Table) -> None:
    assert teams.rename(TEAM, person("anna"), {"name": " Writers "}).name == "Writers"
    for data in ({}, {"name": ""}, {"name": "x" * 101}, {"name": "a\nb"}, {"name": 1}, {"name": "x", "members": {}}):
        with pytest.raises(BadRequest):
            teams.rename(TEAM, person("anna"), data)


def test_nobody_is_in_more_teams_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "ids_of", lambda _person: frozenset(map(str, range(config.MAX_PERSON_TEAMS))))
    with pytest.raises(Conflict):
        teams.create(person("olga"), {"name": "One more"})


@pytest.mark.parametrize(
    ("members", "leaving", "left"),
    [
        ({"olga": "owner", "anna": "admin"}, "anna", {"olga": "owner"}),
        ({"olga": "owner", "anna": "admin", "mia": "member"}, "olga", {"anna": "owner", "mia": "member"}),
        ({"olga": "owner", "mia": "member"}, "olga", {"mia": "owner"}),
        ({"olga": "owner", "otto": "owner"}, "olga", {"otto": "owner"}),
        ({"olga": "owner"}, "olga", None),
    ],
)
def test_a_deleted_person_leaves_no_team_without_an_owner(
    table: Table, members: dict[str, TeamRole], leaving: str, left: dict[str, TeamRole] | None
) -> None:
    table.now = replace(TEAM, members=members)
    teams.forget_person(leaving)
    now = table.read("")
    assert (None if now is None else now.members) == left


def test_the_error_names_the_role_that_is_needed() -> None:
    with pytest.raises(Forbidden, match="Your role in this team is admin; this requires the role owner"):
        teams.check(TEAM, person("anna"), "mia", "owner")
