"""The rights of people in teams, by their role in the team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.errors import Forbidden, NotFound
from chalicelib.routing import Right
from chalicelib.store import sites, teams
from chalicelib.store.people import Person
from chalicelib.store.teams import Team, TeamRole
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

_NO_TEAM: Final = N_("There is no such team, or you are not in it.")
# What a person may do with a team, by their role in it. Administrators of the installation may do what owners may.
_RIGHTS_OF: Final[Mapping[TeamRole, frozenset[Right]]] = {
    "owner": frozenset({Right.TEAM_VIEW, Right.TEAM_ADMIN, Right.TEAM_OWN}),
    "admin": frozenset({Right.TEAM_VIEW, Right.TEAM_ADMIN}),
    "member": frozenset({Right.TEAM_VIEW}),
}


def team_for(person: Person, team_id: str, right: Right) -> Team:
    """The team with this id, for somebody who has this right in it.

    :raises NotFound: if it does not exist or the person is not in it.
    :raises Forbidden: if they do not have the right.
    """
    team = teams.read(team_id.lower()) if sites.read_id(team_id) is not None else None
    role = role_of(person, team) if team is not None else None
    if team is None or role is None:
        raise NotFound(_(_NO_TEAM))
    require(role, right)
    return team


def role_of(person: Person, team: Team) -> TeamRole | None:
    """The person's role in a team, or None; an administrator of the installation acts as an owner of every team."""
    return "owner" if person.admin else team.members.get(person.id)


def require(role: TeamRole | None, right: Right, field: str | None = None) -> None:
    """Check that a role includes a right in a team, for requests that need more than their route.

    :param field: the input field that needs the right.
    :raises NotFound: without a role.
    :raises Forbidden: if it does not.
    """
    if role is None:
        raise NotFound(_(_NO_TEAM))
    if right not in _RIGHTS_OF[role]:
        able = " or ".join(name for name, rights in _RIGHTS_OF.items() if right in rights)
        raise Forbidden(
            _("Your role in this team is %(role)s; this requires the role %(roles)s.", role=role, roles=able),
            field=field,
        )


def rights_in(person: Person, team: Team) -> frozenset[Right]:
    """The rights of `person` in `team`: for links, so that pages have none that would be refused."""
    role = role_of(person, team)
    return _RIGHTS_OF[role] if role else frozenset()
