"""The page of all sites of the installation."""

from __future__ import annotations

from typing import Final

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.dashboard import render, sections
from chalicelib.operations import site_list
from chalicelib.store.people import Person
from chalicelib.web import Request

PATH: Final = "/administration/sites"
SITES_PER_PAGE: Final = 50
# Sites that are being deleted, which are shown above the others.
DELETIONS_SHOWN: Final = 20


def show(request: Request, person: Person) -> Response:
    """``GET /administration/sites?search=…&cursor=…``.

    :raises BadRequest: if the cursor is invalid.
    """
    search, cursor = request.query.get("search", "").strip(), request.query.get("cursor", "")
    found = site_list.find(search, cursor, SITES_PER_PAGE)
    deletions = site_list.being_deleted() if not cursor and not search else []
    return render.page(
        request,
        "administration/sites.html",
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        rows=found.rows,
        search=search,
        further=found.next,
        is_first=not cursor,
        deletions=deletions[:DELETIONS_SHOWN],
        more_deletions=len(deletions) - DELETIONS_SHOWN,
    )
