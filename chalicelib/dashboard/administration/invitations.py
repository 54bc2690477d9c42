"""The page on which administrators invite people to create an account."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.membership.invitations import Sent
from chalicelib.dashboard import invitation_forms, render, sections
from chalicelib.errors import BadRequest, Conflict, NotFound, ShylightError, TooManyRequests
from chalicelib.store.people import Person
from chalicelib.web import Request, redirect

PATH: Final = "/administration/invitations"
_ERRORS: Final = (BadRequest, Conflict, NotFound, TooManyRequests)


def show(request: Request, person: Person) -> Response:
    """``GET /administration/invitations``."""
    return _page(request, person, done=render.confirmation(request, invitation_forms.DONE))


def invite(request: Request, person: Person) -> Response:
    """``POST /administration/invitations`` with email."""
    try:
        sent = invitation_forms.invite(request, person, None)
    except _ERRORS as error:
        return _page(request, person, error=error, entered=request.form())
    return _page(request, person, sent=sent) if sent.link else _back(request, "invited")


def change(request: Request, person: Person, invitation: str) -> Response:
    """``POST /administration/invitations/{invitation}`` with action: send (again) or revoke."""
    try:
        sent = invitation_forms.change(request, person, None, invitation)
    except _ERRORS as error:
        return _page(request, person, error=error)
    if sent is not None and sent.link:
        return _page(request, person, sent=sent)
    return _back(request, "invited" if sent is not None else "revoked")


def _back(request: Request, done: str) -> Response:
    return redirect(f"{request.root}administration/invitations?done={done}")


def _page(
    request: Request,
    person: Person,
    *,
    error: ShylightError | None = None,
    entered: Mapping[str, str] | None = None,
    sent: Sent | None = None,
    done: str = "",
) -> Response:
    return render.page(
        request,
        "administration/invitations.html",
        error.status if error else HTTPStatus.OK,
        render.retry_after(error),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        invitations=invitation_forms.panel(None, person, entered, sent),
        alert=render.sentence(error),
        done=done,
    )
