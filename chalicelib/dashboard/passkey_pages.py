"""Adding passkeys, renaming and removing them, and signing in with one."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib import config
from chalicelib.accounts import auth, notices, passkeys, request_origin, second_step
from chalicelib.accounts.passkey_challenges import Use
from chalicelib.accounts.sign_in_ways import refuse_if_provider_only
from chalicelib.dashboard import account_security, authenticator, render, sections, sign_in
from chalicelib.errors import BadRequest, Conflict, NotFound, Unauthorized
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from chalicelib.web import Request, reply


def show_form(request: Request, person: Person) -> Response:
    """``GET /account/passkeys``: the form for a new passkey."""
    auth.require_recent(request, person)
    return _form(request, person)


def options_to_add(request: Request, person: Person) -> Response:
    """``POST /account/passkey-options``: what the browser needs to create a passkey."""
    auth.require_recent(request, person, "account/passkeys")
    return _options(*passkeys.options_to_add(request, person))


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
    return authenticator.show_codes(request, person, codes) if codes else account_security.done(request, "passkey")


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
        return account_security.page(request, person, error.status, alert=error.message)
    return account_security.done(request, "passkey-removed" if "remove" in form else "passkey-renamed")


def options_to_use(request: Request) -> Response:
    """``POST /passkey-options``: what the browser needs to use a passkey for the form's ``use``.

    :raises BadRequest: for another use.
    :raises Unauthorized: if the use needs a first step or a session, and there is none.
    """
    request_origin.check_origin(request)
    use = request.form().get("use", "")
    if use == Use.SIGN_IN.value:
        return _options(*passkeys.options_to_use(request, Use.SIGN_IN, None))
    if use == Use.SECOND_STEP.value:
        return _options(*passkeys.options_to_use(request, Use.SECOND_STEP, second_step.person_in(request)))
    if use == Use.CONFIRM.value:
        return _options(*passkeys.options_to_use(request, Use.CONFIRM, auth.signed_in_person(request)))
    raise BadRequest(_("This form is incomplete. Reload the page and submit it again."), field="use")


def sign_in_with_passkey(request: Request) -> Response:
    """``POST /passkey``: a session for the person who has the passkey; or the sign-in form with the error."""
    request_origin.check_origin(request)
    refuse_if_provider_only()
    form = request.form()
    onward = request_origin.next_path(form.get("next"))
    try:
        person = passkeys.person_with(request, Use.SIGN_IN, form.get("credential", ""))
    except (BadRequest, Unauthorized) as error:
        return sign_in.form_page(request, onward, error=error)
    return sign_in.signed_in(request, person, onward)


def _options(options: str, cookie: str) -> Response:
    return reply(options, "application/json", headers={"Cache-Control": "no-store", "Set-Cookie": cookie})


def _form(
    request: Request, person: Person, status: int = HTTPStatus.OK, *, name: str = "", error: str = ""
) -> Response:
    return render.page(
        request,
        "add-passkey.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(account_security.PATH),
        name=name,
        error=error,
        max_passkey_name_chars=config.MAX_PASSKEY_NAME_CHARS,
    )
