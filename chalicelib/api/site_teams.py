"""``/api/v1/sites/{site}/teams``: the teams of a site."""

from __future__ import annotations

from chalice import Response

from chalicelib.accounts.membership import site_teams
from chalicelib.accounts.membership.site_people import TeamAccess
from chalicelib.api.listing import reply_part
from chalicelib.config import MAX_SITE_TEAMS
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply, reply_json


def list_teams(request: Request, _caller: Person, site: Site) -> Response:
    """``GET …/teams?limit=…&cursor=…``: the teams with a role in the site, by name."""
    return reply_part(request, "teams", [as_json(team) for team in site_teams.teams_of(site)], MAX_SITE_TEAMS)


def give(request: Request, caller: Person, site: Site, team: str) -> Response:
    """``PUT …/teams/{team}`` with a role: gives a team, which the caller is in, a role in the site."""
    return reply_json(as_json(site_teams.give(site, caller, team, request.json())))


def take(_request: Request, caller: Person, site: Site, team: str) -> Response:
    """``DELETE …/teams/{team}``: takes the site from a team; 204."""
    site_teams.take(site, caller, team)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})


def as_json(team: TeamAccess) -> dict[str, str]:
    """A team and its role in the site."""
    return {"id": team.id, "name": team.name, "role": team.role}
