"""Setting up an authenticator app, removing it, and recovery codes."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.mailing import notices
from chalicelib.accounts.sign_in import second_factor
from chalicelib.accounts.sign_in.second_factor import SetUp
from chalicelib.dashboard import render, sections
from chalicelib.dashboard.account import security
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.store.people import Person
from chalicelib.web import Request


def show(request: Request, person: Person) -> Response:
    """``GET /account/authenticator``: the QR code and the secret of a new authenticator app."""
    auth.require_recent(request, person)
    return _page(request, person, second_factor.begin_set_up(person))


def finish(request: Request, person: Person) -> Response:
    """``POST /account/authenticator``: set the app up, if the code is right; then recovery codes, if they are new."""
    auth.require_recent(request, person, "account/authenticator")
    form = request.form()
    token = form.get("set_up", "")
    try:
        codes = second_factor.finish_set_up(person, token, form.get("code", ""))
    except BadRequest as error:
        return _page(request, person, second_factor.resume_set_up(person, token), error.status, error=error.message)
    except Conflict as error:
        return security.page(request, person, error.status, alert=error.message)
    return show_codes(request, person, codes) if codes else security.done(request, "authenticator")


def remove(request: Request, person: Person) -> Response:
    """``POST /account/authenticator/remove``."""
    auth.require_recent(request, person, notices.PAGE)
    try:
        second_factor.remove_authenticator(person)
    except NotFound as error:
        return security.page(request, person, error.status, alert=error.message)
    return security.done(request, "authenticator-removed")


def new_recovery_codes(request: Request, person: Person) -> Response:
    """``POST /account/recovery-codes``: new codes, which replace the ones before."""
    auth.require_recent(request, person, notices.PAGE)
    try:
        codes = second_factor.new_recovery_codes(person)
    except Conflict as error:
        return security.page(request, person, error.status, alert=error.message)
    return show_codes(request, person, codes)


def show_codes(request: Request, person: Person, codes: list[str]) -> Response:
    """The page with recovery codes, which are shown only here."""
    return render.page(
        request,
        "account/recovery-codes.html",
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(security.PATH),
        codes=codes,
    )


def qr_code(text: str) -> str:
    """A QR code as SVG, dark on light in every theme, so that all cameras read it."""
    import segno

    code = segno.make(text, error="m", micro=False)
    return code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)


def _page(request: Request, person: Person, set_up: SetUp, status: int = HTTPStatus.OK, *, error: str = "") -> Response:
    return render.page(
        request,
        "account/authenticator.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(security.PATH),
        alert="",
        error=error,
        qr_code=qr_code(set_up.uri),
        secret=" ".join(set_up.secret[at : at + 4] for at in range(0, len(set_up.secret), 4)),
        uri=set_up.uri,
        token=set_up.token,
    )
