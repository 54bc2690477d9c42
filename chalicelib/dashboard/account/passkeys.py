"""Adding passkeys, renaming and removing them."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import auth
from chalicelib.accounts.mailing import notices
from chalicelib.accounts.sign_in import passkeys
from chalicelib.dashboard import render, sections
from chalicelib.dashboard.account import authenticator, security
from chalicelib.errors import BadRequest, Conflict, NotFound, Unauthorized
from chalicelib.store.people import Person
from chalicelib.web import Request, reply


def show_form(request: Request, person: Person) -> Response:
    """``GET /account/passkeys``: the form for a new passkey."""
    auth.require_recent(request, person)
    return _form(request, person)


def options_to_add(request: Request, person: Person) -> Response:
    """``POST /account/passkey-options``: what the browser needs to create a passkey."""
    auth.require_recent(request, person, "account/passkeys")
    return answer_options(*passkeys.options_to_add(request, person))


def add(request: Request, person: Person) -> Response:
    """``POST /account/passkeys``: store the new passkey; then recovery codes, if they are new."""
    auth.require_recent(request, person, "account/passkeys")
    form = request.form()
    name = form.get("name", "")
    try:
        codes = passkeys.add(request, person, name, form.get("credential", ""))
    except (BadRequest, Conflict) as error:
        return _form(request, person, error.status, name=name, error=error.message)
    except Unauthorized as error:  # of the challenge; the person is signed in
        return _form(request, person, HTTPStatus.BAD_REQUEST, name=name, error=error.message)
    return authenticator.show_codes(request, person, codes) if codes else security.done(request, "passkey")


def change(request: Request, person: Person, passkey: str) -> Response:
    """``POST /account/passkeys/{passkey}``: rename it, or remove it if the form has the field ``remove``."""
    form = request.form()
    if "remove" in form:
        auth.require_recent(request, person, notices.PAGE)
    try:
        if "remove" in form:
            passkeys.remove(person, passkey)
        else:
            passkeys.rename(person, passkey, form.get("name", ""))
    except (BadRequest, NotFound) as error:
        return security.page(request, person, error.status, alert=error.message)
    return security.done(request, "passkey-removed" if "remove" in form else "passkey-renamed")


def answer_options(options: str, cookie: str) -> Response:
    """What the browser's script asked for, with the cookie that holds the challenge."""
    return reply(options, "application/json", headers={"Cache-Control": "no-store", "Set-Cookie": cookie})


def _form(
    request: Request, person: Person, status: int = HTTPStatus.OK, *, name: str = "", error: str = ""
) -> Response:
    return render.page(
        request,
        "account/add-passkey.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(security.PATH),
        name=name,
        error=error,
        max_passkey_name_chars=config.MAX_PASSKEY_NAME_CHARS,
    )
