"""The API's routes for sites."""

from __future__ import annotations

from datetime import UTC, datetime

from chalice import Response

from chalicelib import answers
from chalicelib.accounts import access, settings, tokens
from chalicelib.accounts import sites as making
from chalicelib.errors import BadRequest, Forbidden
from chalicelib.web import Request, reply, reply_json

MAX_SETTINGS_BYTES = 64 * 1024
MAX_SITES = 1000
_FIELDS = ("name", "domain", "timezone")


def sites(request: Request) -> Response:
    """``GET /api/v1/sites?limit=…&next=…``: the sites that the caller may see, by name."""
    person = access.bearer(request)
    limit = answers.read_limit(request.query, MAX_SITES, MAX_SITES)
    found = access.sites_of(person)
    shown, further = answers.part(found, answers.read_place(request.query), limit, settings.as_json)
    return reply_json({"sites": [settings.as_json(site) for site in shown], "next": further})


def create_site(request: Request) -> Response:
    """``POST /api/v1/sites`` with name, domain and timezone: 201 and the new site, which is the caller's."""
    person = access.bearer(request)
    data = request.json()
    for field in data:
        if field not in _FIELDS:
            raise BadRequest(f"There is no such field; a new site has {', '.join(_FIELDS)}.", field=_shown(field))
    return reply_json(settings.as_json(making.create(person, data)), 201)


def site(request: Request, site: str) -> Response:
    """``GET /api/v1/sites/{id}``: a site with all its settings."""
    return reply_json(settings.as_json(access.site_for(access.bearer(request), site)))


def change_site(request: Request, site: str) -> Response:
    """``PATCH /api/v1/sites/{id}`` with the settings to change: the site as it is then."""
    person = access.bearer(request)
    found = access.site_for(person, site, to_change=True)
    data = request.json(MAX_SETTINGS_BYTES)
    for name in data.keys() & settings.ADMINISTRATORS_ONLY:
        if not person.admin:
            raise Forbidden(f"Only administrators may set {name}: it runs on the site's pages.", field=name)
    return reply_json(settings.as_json(settings.change(found, data)))


def list_tokens(request: Request) -> Response:
    """``GET /api/v1/tokens``: the caller's API tokens, without what proves them."""
    issued = tokens.of(access.bearer(request))
    shown = [
        {"id": one.id, "name": one.name, "created_at": datetime.fromtimestamp(one.created_at, UTC).isoformat()}
        for one in issued
    ]
    return reply_json({"tokens": shown})


def revoke_token(request: Request, token: str) -> Response:
    """``DELETE /api/v1/tokens/{token}``: the caller's token with this id is worthless from now on; 204."""
    tokens.revoke_one(access.bearer(request), token)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})


def _shown(field: str) -> str:
    """A field's name as an answer may repeat it: short, and without half characters (lone surrogates)."""
    return field[:64].encode("utf-8", "replace").decode()
