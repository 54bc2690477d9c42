"""``/api/v1/teams``: teams, their members and their sites."""

from __future__ import annotations

from typing import Any

from chalice import Response

from chalicelib.accounts.access import team_rights
from chalicelib.accounts.membership import invitations, site_teams, teams
from chalicelib.accounts.membership.teams import TeamMember
from chalicelib.api.invitations import sent_as_json
from chalicelib.api.listing import reply_part
from chalicelib.config import MAX_TEAM_MEMBERS, MAX_TEAM_SITES
from chalicelib.store.people import Person
from chalicelib.store.teams import Team
from chalicelib.web import Request, reply, reply_json

MAX_TEAMS = 1000
_NO_STORE = {"Cache-Control": "no-store"}


def list_teams(request: Request, caller: Person) -> Response:
    """``GET /api/v1/teams?limit=…&cursor=…``: the caller's teams, by name; of an administrator, all teams."""
    return reply_part(request, "teams", [_shown(team, caller) for team in teams.teams_of(caller)], MAX_TEAMS)


def create(request: Request, caller: Person) -> Response:
    """``POST /api/v1/teams`` with a name: 201 and the new team, of which the caller is the owner."""
    return reply_json(_shown(teams.create(caller, request.json(), request.creation_id), caller), 201)


def show(_request: Request, caller: Person, team: Team) -> Response:
    """``GET /api/v1/teams/{team}``."""
    return reply_json(_shown(team, caller))


def change(request: Request, caller: Person, team: Team) -> Response:
    """``PATCH /api/v1/teams/{team}`` with a name: the team with that name."""
    return reply_json(_shown(teams.rename(team, caller, request.json()), caller))


def delete(request: Request, caller: Person, team: Team) -> Response:
    """``DELETE /api/v1/teams/{team}?name=…``: deletes the team; 204. The name confirms it."""
    teams.delete(team, caller, request.query.get("name", ""))
    return reply(b"", "text/plain", 204, _NO_STORE)


def list_members(request: Request, _caller: Person, team: Team) -> Response:
    """``GET …/members?limit=…&cursor=…``: the members, by e-mail address."""
    return reply_part(request, "members", [_member(one) for one in teams.members_of(team)], MAX_TEAM_MEMBERS)


def invite(request: Request, caller: Person, team: Team) -> Response:
    """``POST …/members`` with email and role: invites somebody; 201 and the invitation."""
    return reply_json(sent_as_json(invitations.invite(team, caller, request.json(), request.address)), 201)


def change_role(request: Request, caller: Person, team: Team, person: str) -> Response:
    """``PUT …/members/{person}`` with a role: changes the role of a member; the member."""
    return reply_json(_member(teams.change_role(team, caller, person, request.json())))


def remove(_request: Request, caller: Person, team: Team, person: str) -> Response:
    """``DELETE …/members/{person}``: removes a member, or the caller, who leaves the team; 204."""
    teams.remove(team, caller, person)
    return reply(b"", "text/plain", 204, _NO_STORE)


def list_sites(request: Request, _caller: Person, team: Team) -> Response:
    """``GET …/sites?limit=…&cursor=…``: the sites of the team, by name, with the role of its members in each."""
    shown = [
        {"id": one.site.id, "name": one.site.name, "domain": one.site.domain, "role": one.role}
        for one in teams.sites_of(team)
    ]
    return reply_part(request, "sites", shown, MAX_TEAM_SITES)


def give_back(_request: Request, caller: Person, team: Team, site: str) -> Response:
    """``DELETE …/sites/{site}``: takes a site from the team; 204."""
    site_teams.give_back(team, caller, site)
    return reply(b"", "text/plain", 204, _NO_STORE)


def _shown(team: Team, caller: Person) -> dict[str, Any]:
    return {
        "id": team.id,
        "name": team.name,
        "role": team_rights.role_of(caller, team),
        "members": len(team.members),
        "sites": len(team.sites),
    }


def _member(member: TeamMember) -> dict[str, str]:
    person = member.person
    return {"id": person.id, "email": person.email, "name": person.name, "role": member.role}
