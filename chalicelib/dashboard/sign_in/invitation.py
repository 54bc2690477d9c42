"""The page of an invitation's link: what it is about, and accepting it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, Literal
from urllib.parse import urlencode

from chalice import Response

from chalicelib.accounts.access import auth, request_origin
from chalicelib.accounts.membership.invitations import PATH
from chalicelib.accounts.sign_in import invitation_acceptance
from chalicelib.accounts.sign_in.invitation_acceptance import Offer
from chalicelib.accounts.sign_in.sign_in_ways import sign_in_ways
from chalicelib.dashboard import render, role_names
from chalicelib.dashboard.invalid_link import invalid_link
from chalicelib.errors import BadRequest, Conflict, NotFound, ShylightError, Unauthorized
from chalicelib.store.people import Person
from chalicelib.web import Request, redirect

# What whoever opens the link can do: accept, sign out because the invitation is for another address, sign in, or
# create an account.
Step = Literal["accept", "sign out", "sign in", "create"]
_FIRST: Final = "sites"


def show(request: Request, token: str) -> Response:
    """``GET /invitations/{token}``: what the invitation is about; nothing is changed."""
    try:
        offer = invitation_acceptance.find(token, request.source_ip)
    except NotFound as error:
        return invalid_link(request, error)
    return _page(request, offer, _person(request))


def accept(request: Request, token: str) -> Response:
    """``POST /invitations/{token}``: accepts as who is signed in, or creates the account with name and password.

    Somebody who has to sign in first, or chooses to with ``sign_in``, is sent there, and back.
    """
    request_origin.check_origin(request)
    form = request.form()
    person = _person(request)
    if person is not None:
        auth.check_csrf(request, form)
    try:
        offer = invitation_acceptance.find(token, request.source_ip)
    except NotFound as error:
        return invalid_link(request, error)
    step = _step(offer, person)
    if step == "sign in" or (person is None and "sign_in" in form):
        return redirect(f"{request.root}sign-in?{urlencode({'next': f'{PATH}/{token}'})}")
    headers: dict[str, str | list[str]] = {}
    try:
        if step == "create":
            person = invitation_acceptance.create_account(offer, form.get("name", ""), form.get("password", ""))
            headers = {"Set-Cookie": [auth.begin_session(request, person), auth.remember_browser(request, person)]}
        if person is None:
            raise Unauthorized("Please sign in.")
        invitation_acceptance.accept(offer, person)
    except NotFound as error:
        return invalid_link(request, error)
    except (BadRequest, Conflict) as error:
        return _page(request, offer, _person(request), error=error, name=form.get("name", ""))
    return redirect(request.root + _next(offer), headers)


def _person(request: Request) -> Person | None:
    try:
        return auth.signed_in_person(request)
    except Unauthorized:
        return None


def _step(offer: Offer, person: Person | None) -> Step:
    if person is not None:
        return "accept" if invitation_acceptance.is_for(offer, person) else "sign out"
    return "create" if invitation_acceptance.creates_account(offer) else "sign in"


def _next(offer: Offer) -> str:
    """The page to open after accepting, below the deployment's root."""
    place = offer.invitation.place
    return f"{place.kind}s/{place.id}" if place.id else _FIRST


def _page(
    request: Request, offer: Offer, person: Person | None, *, error: ShylightError | None = None, name: str = ""
) -> Response:
    step = _step(offer, person)
    return render.page(
        request,
        "sign_in/invitation.html",
        error.status if error else HTTPStatus.OK,
        render.SECRET_URL_HEADERS,
        csrf=auth.csrf_token(request) if person is not None else "",
        step=step,
        kind=offer.invitation.place.kind,
        subject=offer.subject,
        inviter=offer.inviter,
        role=role_names.name_of(offer.invitation.role),
        email=offer.invitation.email,
        wrong=invitation_acceptance.wrong_account(offer, person) if person is not None and step == "sign out" else "",
        provider=sign_in_ways().provider if invitation_acceptance.may_create_account(offer) else "",
        name=name,
        field=(error.field or "") if error else "",
        error=render.sentence(error),
    )
