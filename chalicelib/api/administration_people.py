"""``/api/v1/administration/people``: the people of the installation, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalice import Response

from chalicelib import pagination
from chalicelib.api.times import iso
from chalicelib.operations import people
from chalicelib.operations.people import Details
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply, reply_json

MAX_ROWS = 200
_DEFAULT_ROWS = 50
_NO_STORE = {"Cache-Control": "no-store"}


def list_people(request: Request, _caller: Person) -> Response:
    """``GET …/people?search=…&limit=…&cursor=…``: people by e-mail address."""
    limit = pagination.read_limit(request.query, _DEFAULT_ROWS, MAX_ROWS)
    place = request.query.get(pagination.cursor_parameter(request.query), "")
    found = people.find(request.query.get("search", ""), place, limit)
    return reply_json({"people": [as_json(person) for person in found.rows], "next": found.next})


def show(_request: Request, _caller: Person, person: str) -> Response:
    """``GET …/people/{person}``: what administrators see of a person."""
    return _shown(people.person_with(person))


def change(request: Request, caller: Person, person: str) -> Response:
    """``PATCH …/people/{person}`` with `administrator` or `max_sites`: the person as they are then."""
    return _shown(people.change(caller, person, request.json()))


def show_deletion(_request: Request, caller: Person, person: str) -> Response:
    """``GET …/people/{person}/deletion``: what deleting the person would mean. Deletes nothing."""
    found, plan = people.deletion_plan(caller, person)
    return reply_json(
        {
            "email": found.email,
            "deleted_with_delete_sites": _sites(plan.alone),
            "kept": _sites(plan.shared),
            "last_administrator": plan.last_administrator,
        }
    )


def delete(request: Request, caller: Person, person: str) -> Response:
    """``DELETE …/people/{person}?email=…&delete_sites=true``: deletes their account; 204. The address confirms it."""
    with_sites = request.query.get("delete_sites") == "true"
    people.delete(caller, person, request.query.get("email"), with_sites=with_sites)
    return reply(b"", "text/plain", 204, _NO_STORE)


def end_sessions(_request: Request, caller: Person, person: str) -> Response:
    """``DELETE …/people/{person}/sessions``: signs them out everywhere; 204."""
    people.end_sessions(caller, person)
    return reply(b"", "text/plain", 204, _NO_STORE)


def reset_second_factor(_request: Request, caller: Person, person: str) -> Response:
    """``DELETE …/people/{person}/second-factor``: removes their second factors; 204."""
    people.reset_second_factor(caller, person)
    return reply(b"", "text/plain", 204, _NO_STORE)


def as_json(person: Person) -> dict[str, Any]:
    """A person in a list."""
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "administrator": person.admin,
        "created_at": iso(person.created_at),
    }


def details_as_json(details: Details) -> dict[str, Any]:
    """Everything that administrators see of a person."""
    person, factor = details.person, details.second_factor
    return {
        **as_json(person),
        "other_emails": list(person.other_emails),
        "unverified_emails": list(person.unverified_emails),
        "max_sites": person.max_sites,
        "sites": [
            {"id": site.id, "name": site.name, "domain": site.domain, "role": role} for site, role in details.roles
        ],
        "teams": [{"id": team.id, "name": team.name, "role": team.members.get(person.id)} for team in details.teams],
        "sessions": details.sessions,
        "second_factor": {
            "authenticator": factor.authenticator,
            "passkeys": factor.passkeys,
            "recovery_codes": factor.recovery_codes,
        },
    }


def _shown(person: Person) -> Response:
    return reply_json(details_as_json(people.details_of(person)))


def _sites(found: Sequence[Site]) -> list[dict[str, str]]:
    return [{"id": site.id, "name": site.name, "domain": site.domain} for site in found]
