"""Access to a site: by one's own role and by one's teams, whichever is higher; and what is stored of teams."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.store import people, teams
from chalicelib.store.people import ROLES, AccessItem, Role
from chalicelib.store.tables import CoreItem
from chalicelib.store.teams import TEAM_ROLES, Team

SITE, PERSON = "7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", "ada"
TEAMS = ["one", "two", "three"]
SOME_ROLE = st.sampled_from([*ROLES, None])


def role_in(own: object, mine: set[str], of_site: dict[str, object]) -> Role | None:
    """The role that `role_in` finds, and that it makes one consistent read."""
    items = [AccessItem(*people.teams_key(PERSON), teams=mine or None)]
    items.append(AccessItem(*people.site_teams_key(SITE), body=json.dumps({"roles": of_site})))
    if own is not None:
        items.append(AccessItem(f"person#{PERSON}", f"site#{SITE}", body=json.dumps({"role": own})))
    calls = []

    def batch_get(keys: list[tuple[str, str]], consistent_read: bool = False) -> Iterator[AccessItem]:
        calls.append(consistent_read)
        return (item for item in items if (item.pk, item.sk) in keys)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AccessItem, "batch_get", batch_get)
        found = people.role_in(PERSON, SITE)
    assert calls == [True]
    return found


@given(SOME_ROLE, st.sets(st.sampled_from(TEAMS)), st.dictionaries(st.sampled_from(TEAMS), st.sampled_from(ROLES)))
def test_the_highest_of_own_and_team_roles_counts(own: Role | None, mine: set[str], of_site: dict[str, object]) -> None:
    given_roles = [str(role) for role in (own, *(of_site[team] for team in mine & of_site.keys())) if role]
    assert role_in(own, mine, of_site) == min(given_roles, key=[*map(str, ROLES)].index, default=None)


@pytest.mark.parametrize("role", ["", "root", "Owner", None, 1, ["owner"]])
def test_an_unknown_role_of_a_team_gives_no_access(role: object) -> None:
    assert role_in(None, {"one"}, {"one": role}) is None
    assert role_in("viewer", {"one"}, {"one": role}) == "viewer"


def test_either_side_alone_gives_no_access() -> None:
    """So that a deleted team, or a person who was removed, has no access, whatever is left on the other side."""
    assert role_in(None, {"one"}, {}) is None
    assert role_in(None, set(), {"one": "admin"}) is None
    assert role_in(None, {"two"}, {"one": "admin"}) is None


def test_a_team_is_read_as_it_was_written() -> None:
    written = Team("4711", "Editors", {"ada": "owner", "bob": "member"}, {"s1": "editor"}, 12, 3)
    item = teams._item(written)
    assert (item.pk, item.sk, item.version) == ("team#4711", "team", 4)
    assert teams._parse(item) == Team("4711", "Editors", written.members, written.sites, 12, 4)


def test_unknown_roles_in_a_stored_team_are_left_out() -> None:
    body = {"name": "Editors", "members": {"ada": "boss", "bob": "member"}, "sites": {"s1": "root", "s2": "viewer"}}
    team = teams._parse(CoreItem("team#1", "team", body=json.dumps(body), version=1))
    assert (team.members, team.sites) == ({"bob": "member"}, {"s2": "viewer"})


def test_changes_of_a_team_leave_the_rest() -> None:
    team = Team("1", "Editors", {"ada": "owner"}, {"s1": "viewer"})
    assert team.with_member("bob", "admin").members == {"ada": "owner", "bob": "admin"}
    assert team.with_member("ada", None).members == {}
    assert team.with_site("s2", "editor").sites == {"s1": "viewer", "s2": "editor"}
    assert team.with_site("s1", None).sites == {}
    assert team == Team("1", "Editors", {"ada": "owner"}, {"s1": "viewer"})


def test_the_highest_role_in_a_team() -> None:
    assert teams.highest(["member", None, "admin"]) == "admin"
    assert teams.highest(reversed(TEAM_ROLES)) == "owner"
    assert teams.highest([None]) is None
