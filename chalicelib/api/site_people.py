"""``/api/v1/sites/{site}/people``: the people of a site and their roles."""

from __future__ import annotations

from typing import Any

from chalice import Response

from chalicelib.accounts.membership import invitations, site_people
from chalicelib.accounts.membership.site_people import Member
from chalicelib.api.invitations import sent_as_json
from chalicelib.api.listing import reply_part
from chalicelib.config import MAX_SITE_PEOPLE
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply, reply_json


def list_people(request: Request, caller: Person, site: Site) -> Response:
    """``GET …/people?limit=…&cursor=…``: the people of the site, also through teams, by e-mail address."""
    shown = [_shown(one) for one in site_people.people_of(site, caller)]
    return reply_part(request, "people", shown, MAX_SITE_PEOPLE)


def invite(request: Request, caller: Person, site: Site) -> Response:
    """``POST …/people`` with email and role: invites somebody; 201 and the invitation."""
    return reply_json(sent_as_json(invitations.invite(site, caller, request.json(), request.address)), 201)


def change(request: Request, caller: Person, site: Site, person: str) -> Response:
    """``PUT …/people/{person}`` with a role: changes a person's own role; the person."""
    return reply_json(_shown(site_people.change_role(site, caller, person, request.json())))


def remove(_request: Request, caller: Person, site: Site, person: str) -> Response:
    """``DELETE …/people/{person}``: removes a person, or the caller, who leaves the site; 204."""
    site_people.remove(site, caller, person)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})


def _shown(member: Member) -> dict[str, Any]:
    person = member.person
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "role": member.role,
        "own_role": member.own_role,
        "teams": [{"id": team.id, "name": team.name, "role": team.role} for team in member.teams],
    }
