"""The page of a site's ownership: transferring the site to another owner, and deleting it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import deletion, transfers
from chalicelib.dashboard import formatting, render, sections
from chalicelib.errors import BadRequest, Conflict, NotFound, TooManyRequests
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/sites/{site}/ownership"
# What the page confirms after a change, by the value of `done` in its query.
DONE: Final = {
    "offered": N_("The offer was mailed."),
    "not-mailed": N_("The offer was made, but no mail was sent. Send the link below yourself."),
    "canceled": N_("The offer was taken back."),
}


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{id}/ownership``."""
    return _page(request, person, site, done=render.confirmation(request, DONE))


def change(request: Request, person: Person, site: Site) -> Response:
    """``POST /sites/{id}/ownership`` with the `action` to take: back to the page, or on to that of the deletion.

    :raises BadRequest: if the action is unknown.
    """
    form = request.form()
    action = form.get("action")
    try:
        if action == "offer":
            email = {"email": form.get("email", "")}
            _made, delivery = transfers.offer(site, person, email, _link(request, site))
            return _back(request, site, "offered" if delivery else "not-mailed")
        if action == "cancel":
            transfers.cancel(site, person)
            return _back(request, site, "canceled")
        if action == "delete":
            deletion.begin(site, person, form.get("name"))
            return redirect(f"{request.root}deletions/{site.id}")
    except (BadRequest, Conflict, NotFound, TooManyRequests) as error:
        return _page(request, person, site, error.status, error=error.message, field=error.field or "", form=form)
    raise BadRequest(_("This form could not be read; reload the page and send it again."), field="action")


def _page(
    request: Request,
    person: Person,
    site: Site,
    status: int = HTTPStatus.OK,
    *,
    error: str = "",
    field: str = "",
    form: dict[str, str] | None = None,
    done: str = "",
) -> Response:
    offer = transfers.offered(site)
    entered = form or {}
    return render.page(
        request,
        "sites/ownership.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        sections=sections.of_site(person, site, PATH),
        offer=offer,
        until=formatting.date_of(offer.expires) if offer else "",
        link=_link(request, site),
        alert=error,
        field=field,
        email=entered.get("email", ""),
        name=entered.get("name", ""),
        done=done,
    )


def _link(request: Request, site: Site) -> str:
    return f"{request.address}/transfers/{site.id}"


def _back(request: Request, site: Site, done: str) -> Response:
    return redirect(f"{request.root}sites/{site.id}/ownership?done={done}")
