"""``/api/v1/account``: the caller's own account."""

from __future__ import annotations

import dataclasses

from chalice import Response

from chalicelib import translation
from chalicelib.accounts import input_fields
from chalicelib.accounts.own_account import profile
from chalicelib.accounts.own_account.addresses import addresses_of
from chalicelib.accounts.people import deletion
from chalicelib.api.times import iso
from chalicelib.errors import BadRequest, Forbidden
from chalicelib.store.people import Person
from chalicelib.web import Request, reply, reply_json

_DELETE_SITES = {"true": True, "false": False}


def show(_request: Request, person: Person) -> Response:
    """``GET /api/v1/account``."""
    return reply_json(as_json(person))


def change(request: Request, person: Person) -> Response:
    """``PATCH /api/v1/account`` with ``name`` or ``preferences``, an object with those to change: as it is then."""
    browser_language = translation.preferred(request.headers.get("accept-language", ""))
    return reply_json(as_json(profile.change(person, request.json(), browser_language)))


def delete(request: Request, person: Person) -> Response:
    """``DELETE /api/v1/account?email=…&delete_sites=true``: 204.

    The main address has to be repeated, because this cannot be undone.
    """
    input_fields.check_names(request.query, ("email", "delete_sites"))
    with_sites = _DELETE_SITES.get(request.query.get("delete_sites", "false"))
    if with_sites is None:
        raise BadRequest("delete_sites must be true or false.", field="delete_sites")
    if request.access.sites is not None:
        raise Forbidden("A token that is limited to some sites cannot delete the account.")
    if "email" not in request.query:
        raise BadRequest(
            "Repeat the account's main address in the query, as in ?email=ada@example.com: this cannot be undone.",
            field="email",
        )
    deletion.delete(person, person, request.query["email"], with_sites=with_sites)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})


def as_json(person: Person) -> dict[str, object]:
    """The account without secrets, as in the schema `Account` of openapi.json."""
    return {
        "id": person.id,
        "email": person.email,
        "addresses": [dataclasses.asdict(address) for address in addresses_of(person)],
        "name": person.name,
        "administrator": person.admin,
        "preferences": dataclasses.asdict(person.preferences),
        "created_at": iso(person.created_at),
    }
