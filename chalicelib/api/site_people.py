"""``/api/v1/sites/{site}/people``: the people of a site and their roles."""

from __future__ import annotations

from chalice import Response

from chalicelib import config, pagination
from chalicelib.accounts import site_people
from chalicelib.accounts.site_people import Member
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply, reply_json


def list_people(request: Request, caller: Person, site: Site) -> Response:
    """``GET …/people?limit=…&cursor=…``: the people of the site, by e-mail address."""
    limit = pagination.read_limit(request.query, config.MAX_SITE_PEOPLE, config.MAX_SITE_PEOPLE)
    first = pagination.read_place(request.query)
    shown, further = pagination.part([_shown(one) for one in site_people.people_of(site, caller)], first, limit)
    return reply_json({"people": shown, "next": further})


def add(request: Request, caller: Person, site: Site) -> Response:
    """``POST …/people`` with email and role: adds a person who has an account; 201 and the person."""
    return reply_json(_shown(site_people.add(site, caller, request.json())), 201)


def change(request: Request, caller: Person, site: Site, person: str) -> Response:
    """``PUT …/people/{person}`` with a role: changes a person's role; the person."""
    return reply_json(_shown(site_people.change_role(site, caller, person, request.json())))


def remove(_request: Request, caller: Person, site: Site, person: str) -> Response:
    """``DELETE …/people/{person}``: removes a person, or the caller, who leaves the site; 204."""
    site_people.remove(site, caller, person)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})


def _shown(member: Member) -> dict[str, str]:
    person = member.person
    return {"id": person.id, "email": person.email, "name": person.name, "role": member.role}
