"""Teams: creating and deleting them, their names, and the roles of their members.

Owners and admins of a team manage its members. Only owners decide who its owners are, and a team keeps at least one.
Everybody may leave. New members are invited, see `accounts.membership.invitations`; sites are given to a team by those
who manage the site, see `accounts.membership.site_teams`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import audit_log, input_fields
from chalicelib.accounts.access import team_rights
from chalicelib.accounts.membership import invitations
from chalicelib.accounts.sites.new_site import site_name
from chalicelib.config import MAX_PERSON_TEAMS
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.routing import Right
from chalicelib.store import people, sites, teams
from chalicelib.store.people import Person, Role
from chalicelib.store.sites import Site
from chalicelib.store.teams import TEAM_ROLES, Team, TeamRole
from chalicelib.translation import gettext as _

_RACES: Final = 10


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A person and their role in a team."""

    person: Person
    role: TeamRole


@dataclass(frozen=True, slots=True)
class TeamSite:
    """A site of a team, and the role of the team's members in it."""

    site: Site
    role: Role


def teams_of(person: Person) -> list[Team]:
    """The teams that `person` is in, by name; an administrator sees all teams."""
    return teams.all_teams() if person.admin else teams.of_person(person.id)


def members_of(team: Team) -> list[TeamMember]:
    """The members of a team, by e-mail address; without those whose account is gone."""
    found = people.get_people(team.members)
    members = [TeamMember(person, team.members[person.id]) for person in found]
    return sorted(members, key=lambda member: member.person.email.casefold())


def sites_of(team: Team) -> list[TeamSite]:
    """The sites of a team, by name."""
    return [TeamSite(site, team.sites[site.id]) for site in sites.get_sites(list(team.sites))]


def create(caller: Person, data: Mapping[str, object], team_id: str = "") -> Team:
    """Create a team with the `name` in `data`; the caller is its owner.

    :param team_id: a UUID for it, if the request may be repeated: the team is created only once.
    :raises BadRequest: if the name is missing or not accepted, or a field is unknown.
    :raises Conflict: if the caller is in too many teams.
    """
    input_fields.check_names(data, ("name",))
    name = site_name(data.get("name"))
    if len(teams.ids_of(caller.id)) >= MAX_PERSON_TEAMS:
        raise Conflict(_("You can be in at most %(number)s teams. Leave one first.", number=MAX_PERSON_TEAMS))
    made = teams.add(Team(team_id or str(uuid.uuid4()), name, {}, created_at=int(time.time())), caller.id)
    audit_log.record(caller, "team.create", subject=made.id)
    return made


def rename(team: Team, caller: Person, data: Mapping[str, object]) -> Team:
    """Give a team the `name` in `data`; gives the team as stored. The route checks the caller's right.

    :raises BadRequest: if the name is missing or not accepted, or a field is unknown.
    :raises Conflict: if the team is being changed.
    """
    input_fields.check_names(data, ("name",))
    name = site_name(data.get("name"))
    changed = _retry(team.id, lambda now: teams.rename(now, name))
    audit_log.record(caller, "team.change", subject=team.id, settings="name")
    return changed


def delete(team: Team, caller: Person, name: str) -> None:
    """Delete a team; its members lose the access that it gave them, at once. The route checks the caller's right.

    :param name: the team's name, entered as a confirmation.
    :raises BadRequest: if that is not its name.
    :raises Conflict: if the team is being changed.
    """
    if " ".join(name.split()) != " ".join(team.name.split()):
        raise BadRequest(_("Enter the name of the team to confirm."), field="name")
    _retry(team.id, teams.delete)
    invitations.forget_place(invitations.place_of(team))
    audit_log.record(caller, "team.delete", subject=team.id)


def change_role(team: Team, caller: Person, person_id: str, data: Mapping[str, object]) -> TeamMember:
    """Give a member of the team the `role` in `data`.

    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    :raises Forbidden: if the caller may not do this.
    :raises NotFound: if the person is not in the team.
    :raises Conflict: if this is the last owner, or the team is being changed.
    """
    input_fields.check_names(data, ("role",))
    role = input_fields.role(data, TEAM_ROLES)
    _change_member(team, caller, person_id, role)
    audit_log.record(caller, "team_member.change_role", subject=person_id, team=team.id, role=role)
    person = people.get_person(person_id)
    if person is None:
        raise _not_in_team()
    return TeamMember(person, role)


def remove(team: Team, caller: Person, person_id: str) -> None:
    """Remove a member from the team: another one, or the caller, who leaves it.

    :raises Forbidden: if the caller may not do this.
    :raises NotFound: if the person is not in the team.
    :raises Conflict: if this is the last owner, or the team is being changed.
    """
    _change_member(team, caller, person_id, None)
    audit_log.record(caller, "team_member.remove", subject=person_id, team=team.id)


def forget_person(person_id: str) -> None:
    """Remove a person from all their teams, for deleting their account.

    A team without another member is deleted. Where no other owner is left, an admin becomes owner, or else a member.

    :raises Conflict: if a team is being changed.
    """
    for team in teams.of_person(person_id):
        forget_member(team.id, person_id)


def forget_member(team_id: str, person_id: str) -> None:
    """Remove a person from a team, as :func:`forget_person` does from all.

    :raises Conflict: if the team is being changed.
    """
    try:
        _retry(team_id, lambda now: person_id not in now.members or _without(now, person_id))
    except NotFound:  # it was deleted meanwhile
        return


def check(team: Team, caller: Person, person_id: str, role: TeamRole | None) -> None:
    """Check that `caller` may give a member of the team a role, or remove them (None)."""
    own = team_rights.role_of(caller, team)
    leaves = role is None and person_id == caller.id
    team_rights.require(own, Right.TEAM_VIEW if leaves else Right.TEAM_ADMIN)
    current = team.members.get(person_id)
    if current is not None and current == role:
        return
    if role == "owner":
        team_rights.require(own, Right.TEAM_OWN, "role")
    if current == "owner":
        team_rights.require(own, Right.TEAM_OWN)
    if current is None:
        raise _not_in_team()
    if current == "owner" and list(team.members.values()).count("owner") == 1:
        raise Conflict(_("A team needs an owner. Make another member an owner first, or delete the team."))


def _change_member(team: Team, caller: Person, person_id: str, role: TeamRole | None) -> None:
    def change(now: Team) -> bool:
        check(now, caller, person_id, role)
        return now.members.get(person_id) == role or teams.write_member(now, person_id, role)

    _retry(team.id, change)


def _without(team: Team, person_id: str) -> bool:
    others = {one: role for one, role in team.members.items() if one != person_id}
    if not others:
        return teams.delete(team)
    if "owner" not in others.values():
        heir = min(others, key=lambda one: (TEAM_ROLES.index(others[one]), one))
        teams.write_member(team, heir, "owner")
        return False  # and once more, on the team as it is then
    return teams.write_member(team, person_id, None)


def _retry(team_id: str, change: Callable[[Team], bool]) -> Team:
    """Do `change` to the team as it is now, until nobody else changes it at the same time; gives the team as stored."""
    for _attempt in range(_RACES):
        before = teams.read(team_id)
        if before is None:
            raise NotFound(_("This team was deleted."))
        if change(before):
            return teams.read(team_id) or before
    raise Conflict(_("This team is being changed by someone else; please try again."))


def _not_in_team() -> NotFound:
    return NotFound(_("This person is not in the team."))
