"""``DELETE /api/v1/sites/{site}`` and ``/api/v1/deletions``: deleting a site, and how far it is."""

from __future__ import annotations

from chalice import Response

from chalicelib import pagination
from chalicelib.accounts.sites import deletion as site_deletion
from chalicelib.errors import BadRequest
from chalicelib.store.deletions import Deletion
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json

MAX_DELETIONS = 500


def begin(request: Request, person: Person, site: Site) -> Response:
    """``DELETE /api/v1/sites/{site}?name=…``: deletes the site; 202 and the deletion, which goes on in the background.

    The name of the site has to be repeated, because this cannot be undone.
    """
    if "name" not in request.query:
        raise BadRequest("Repeat the site's name in the query, as in ?name=Blog: this cannot be undone.", field="name")
    begun = site_deletion.begin(site, person, request.query["name"])
    location = f"{request.root}api/v1/deletions/{begun.site_id}"
    return reply_json(_shown(request, begun), 202, {"Location": location})


def list_deletions(request: Request, person: Person) -> Response:
    """``GET /api/v1/deletions?limit=…&cursor=…``: those that the caller began, or whose site they owned."""
    limit = pagination.read_limit(request.query, MAX_DELETIONS, MAX_DELETIONS)
    first = pagination.read_place(request.query)
    found = [one for one in site_deletion.visible_to(person) if request.access.reaches(one.site_id)]
    rows = [_shown(request, one) for one in found]
    shown, further = pagination.part(rows, first, limit)
    return reply_json({"deletions": shown, "next": further})


def show(request: Request, person: Person, deletion: str) -> Response:
    """``GET /api/v1/deletions/{deletion}``: how far it is, and afterwards the receipt."""
    found = site_deletion.find(person, deletion)
    if not request.access.reaches(found.site_id):
        raise site_deletion.unknown()
    return reply_json(_shown(request, found))


def _shown(request: Request, deletion: Deletion) -> dict[str, object]:
    url = f"{request.base_url}/api/v1/deletions/{deletion.site_id}" if request.base_url else None
    return {**site_deletion.as_json(deletion), "url": url}
