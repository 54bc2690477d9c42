"""The second step of signing in: a code of an authenticator app, a passkey, or a recovery code."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib.accounts.access import auth, request_origin
from chalicelib.accounts.sign_in import passkey_challenges, passkeys, second_factor, second_step
from chalicelib.accounts.sign_in.passkey_challenges import Use
from chalicelib.dashboard import render
from chalicelib.dashboard.sign_in import first_step
from chalicelib.errors import BadRequest, ShylightError, TooManyRequests, Unauthorized
from chalicelib.store.people import Person
from chalicelib.web import Request


def show(request: Request) -> Response:
    """``GET /second-step?next=…``: the form.

    :raises Unauthorized: if the first step was not done in this browser, or too long ago.
    """
    return _page(request, second_step.person_in(request), request_origin.next_path(request.query.get("next")))


def submit(request: Request) -> Response:
    """``POST /second-step`` with code or credential (and next): a session, or the form again with the error.

    :raises Unauthorized: if the first step was not done in this browser, or too long ago.
    """
    request_origin.check_origin(request)
    person = second_step.person_in(request)
    form = request.form()
    onward = request_origin.next_path(form.get("next"))
    try:
        if form.get("credential"):
            passkeys.person_with(request, Use.SECOND_STEP, form["credential"], person)
        else:
            second_factor.check_code(person, form.get("code", ""), auth.known_browser(request))
    except (BadRequest, Unauthorized, TooManyRequests) as error:
        return _page(request, person, onward, error)
    return first_step.signed_in(request, person, onward)


def _page(request: Request, person: Person, onward: str, error: ShylightError | None = None) -> Response:
    factors = second_factor.factors_of(person)
    return render.page(
        request,
        "sign_in/second-step.html",
        error.status if error is not None else HTTPStatus.OK,
        render.retry_after(error),
        error=error.message if error is not None else "",
        next=onward,
        has_app=factors.totp is not None,
        has_passkey=bool(factors.passkeys) and passkey_challenges.relying_party(request) is not None,
    )
