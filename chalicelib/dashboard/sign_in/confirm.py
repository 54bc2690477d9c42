"""Confirming that it is still the same person in front of the browser, before they change how they sign in."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib.accounts.access import auth, request_origin
from chalicelib.accounts.oidc import identities
from chalicelib.accounts.sign_in import login, passkey_challenges, passkeys, second_factor
from chalicelib.accounts.sign_in.passkey_challenges import Use
from chalicelib.accounts.sign_in.sign_in_ways import sign_in_ways
from chalicelib.dashboard import render
from chalicelib.errors import BadRequest, ShylightError, TooManyRequests, Unauthorized
from chalicelib.store.people import Person
from chalicelib.web import Request, redirect


def show(request: Request, person: Person) -> Response:
    """``GET /confirm?next=…``: the form."""
    return _page(request, person, request_origin.next_path(request.query.get("next")))


def submit(request: Request, person: Person) -> Response:
    """``POST /confirm`` with password or credential (and next): a new session, and on; or the form with the error."""
    form = request.form()
    onward = request_origin.next_path(form.get("next"))
    try:
        if form.get("credential"):
            passkeys.person_with(request, Use.CONFIRM, form["credential"], person)
        else:
            login.check_password(person, form.get("password", ""), request.source_ip)
    except (BadRequest, Unauthorized, TooManyRequests) as error:
        return _page(request, person, onward, error)
    return redirect(request.root + onward, {"Set-Cookie": auth.begin_session(request, person)})


def _page(request: Request, person: Person, onward: str, error: ShylightError | None = None) -> Response:
    factors = second_factor.factors_of(person)
    return render.page(
        request,
        "sign_in/confirm.html",
        error.status if error is not None else HTTPStatus.OK,
        render.retry_after(error),
        csrf=auth.csrf_token(request),
        email=person.email,
        error=error.message if error is not None else "",
        next=onward,
        has_password=person.password_hash is not None,
        provider=sign_in_ways().provider if identities.has_identity(person) else "",
        has_passkey=bool(factors.passkeys) and passkey_challenges.relying_party(request) is not None,
    )
