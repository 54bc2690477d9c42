"""``/api/v1/sites/{site}/shares``: the shared links of a site."""

from __future__ import annotations

from chalice import Response

from chalicelib import config, pagination
from chalicelib.accounts.sharing import shared_links
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply, reply_json


def list_shares(request: Request, _caller: Person, site: Site) -> Response:
    """``GET …/shares?limit=…&cursor=…``: the links, oldest first."""
    limit = pagination.read_limit(request.query, config.MAX_SHARED_LINKS, config.MAX_SHARED_LINKS)
    first = pagination.read_place(request.query)
    links = [shared_links.as_json(link, request.address) for link in shared_links.of_site(site)]
    shown, further = pagination.part(links, first, limit)
    return reply_json({"shares": shown, "next": further})


def create(request: Request, caller: Person, site: Site) -> Response:
    """``POST …/shares`` with a name and other fields: creates a link; 201 and the link."""
    link = shared_links.create(site, caller, request.json(), request.creation_id)
    return reply_json(shared_links.as_json(link, request.address), 201)


def change(request: Request, caller: Person, site: Site, share: str) -> Response:
    """``PATCH …/shares/{share}``: changes the fields in the body; the link."""
    return reply_json(shared_links.as_json(shared_links.change(site, caller, share, request.json()), request.address))


def revoke(_request: Request, caller: Person, site: Site, share: str) -> Response:
    """``DELETE …/shares/{share}``: the link does not work from then on; 204."""
    shared_links.revoke(site, caller, share)
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})
