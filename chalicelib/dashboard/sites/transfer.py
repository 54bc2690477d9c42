"""The page on which a person accepts or declines a site that is offered to them."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import transfers
from chalicelib.dashboard import formatting, render
from chalicelib.errors import BadRequest, Conflict
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect


def show(request: Request, person: Person, transfer: str) -> Response:
    """``GET /transfers/{site}``. Changes nothing, so that a mail scanner may open it."""
    return _page(request, person, transfer)


def answer(request: Request, person: Person, transfer: str) -> Response:
    """``POST /transfers/{site}`` with the `answer`: on to the site, or home; or the page again with what is wrong.

    :raises BadRequest: if the answer is unknown.
    """
    given = request.form().get("answer")
    if given == "accept":
        try:
            site = transfers.accept(person, transfer)
        except Conflict as error:
            return _page(request, person, transfer, error.status, alert=error.message)
        return redirect(f"{request.root}sites/{site.id}")
    if given == "decline":
        transfers.decline(person, transfer)
        return redirect(f"{request.root}sites")
    raise BadRequest(_("This form could not be read; reload the page and send it again."), field="answer")


def _page(request: Request, person: Person, transfer: str, status: int = HTTPStatus.OK, *, alert: str = "") -> Response:
    offer = transfers.find(person, transfer)
    return render.page(
        request,
        "sites/transfer.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        offer=offer,
        until=formatting.date_of(offer.transfer.expires),
        alert=alert,
    )
