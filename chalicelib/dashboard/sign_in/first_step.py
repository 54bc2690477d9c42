"""The first step of signing in: by password, or by a one-time link."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from chalice import Response

from chalicelib.accounts import audit_log, one_time_links, passwords
from chalicelib.accounts.access import api_tokens, auth, request_origin
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.one_time_links import Link
from chalicelib.accounts.own_account import password_change, preferences
from chalicelib.accounts.people import people
from chalicelib.accounts.sign_in import login, passkey_challenges, second_factor, second_step, sign_up
from chalicelib.accounts.sign_in.sign_in_ways import sign_in_ways
from chalicelib.dashboard import render
from chalicelib.dashboard.invalid_link import invalid_link
from chalicelib.errors import BadRequest, NotFound, ShylightError, TooManyRequests, Unauthorized
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.web import Request, redirect

# What the page confirms, by the value of `done` in its query.
_DONE: Final[Mapping[str, str]] = {
    "password": N_("Your password was changed. Sign in with it."),
    "deleted": N_("Your account was deleted."),
}
# Why somebody is sent here, likewise; see `error_page`.
_REASONS: Final[Mapping[str, str]] = {
    "expired": N_("Your session has ended. Sign in again to go on."),
    "unsaved": N_("Your session has ended, so nothing was saved. Sign in, and send the form again."),
}


def show_form(request: Request) -> Response:
    """``GET /sign-in?next=…``: the form, or a redirect for somebody who is signed in already."""
    onward = request_origin.next_path(request.query.get("next"))
    try:
        person = auth.signed_in_person(request)
    except Unauthorized:
        return form_page(request, onward)
    return redirect(request.root + _page_of(person, onward))


def sign_in(request: Request) -> Response:
    """``POST /sign-in`` with email and password (and next): a session, or the form again with the error."""
    request_origin.check_origin(request)
    form = request.form()
    onward = request_origin.next_path(form.get("next") or request.query.get("next"))
    email = form.get("email", "")
    try:
        person = login.sign_in(email, form.get("password", ""), request.source_ip, auth.known_browser(request))
    except (BadRequest, Unauthorized, TooManyRequests) as error:
        return form_page(request, onward, email, error)
    return first_step_done(request, person, onward)


def show_link(request: Request, token: str) -> Response:
    """``GET /sign-in/{token}``: a page with a button. Mail scanners follow links, so a GET does not use it up."""
    try:
        _link, person = _find_link(request, token)
    except NotFound as error:
        return invalid_link(request, error)
    return _link_page(request, person)


def use_link(request: Request, token: str) -> Response:
    """``POST /sign-in/{token}``: use up the link, set the password if one is given (and revoke tokens), and sign in.

    A person without a password has to choose one, because the link works only once; unless people sign in through the
    provider only.
    """
    request_origin.check_origin(request)
    form = request.form()
    provider_only = sign_in_ways().provider_only
    password = form.get("password", "") if not provider_only else ""
    try:
        link, person = _find_link(request, token)
        if password or not (provider_only or person.password_hash):
            passwords.check_new(password, *password_change.words_of(person))
        one_time_links.use(link)
    except NotFound as error:
        return invalid_link(request, error)
    except BadRequest as error:
        return _link_page(request, person, error)
    if password:
        had_password = person.password_hash is not None
        person = people.set_password(person, password)
        audit_log.record(person, "person.reset_password", subject=person.id)
        if had_password:
            password_change.tell(person, request.address)
        if "revoke_tokens" in form:
            api_tokens.revoke_all(person)
    return first_step_done(request, person, request_origin.HOME)


def form_page(request: Request, onward: str, email: str = "", error: ShylightError | None = None) -> Response:
    """The sign-in form: new, or again with an error."""
    return render.page(
        request,
        "sign_in/first-step.html",
        error.status if error else HTTPStatus.OK,
        render.retry_after(error),
        email=email,
        error=error.message if error else None,
        next=onward,
        done="" if error else render.confirmation(request, _DONE),
        reason="" if error else render.confirmation(request, _REASONS),
        can_send=mail.can_send(),
        has_passkeys=passkey_challenges.relying_party(request) is not None,
        may_sign_up=sign_up.availability() == "open",
        ways=sign_in_ways(),
    )


def signed_in(request: Request, person: Person, onward: str) -> Response:
    """A session for somebody who has proven who they are, and on to the page `onward`."""
    cookies = [auth.begin_session(request, person), auth.remember_browser(request, person), *second_step.end(request)]
    return redirect(request.root + _page_of(person, onward), {"Set-Cookie": cookies})


def _page_of(person: Person, onward: str) -> str:
    """The page to open: `onward`, but the person's own start page in place of the home page."""
    return preferences.home_of(person) if onward == request_origin.HOME else onward


def first_step_done(request: Request, person: Person, onward: str) -> Response:
    """On to the second step, if the person has a second factor; else a session."""
    if not second_factor.factors_of(person).required:
        return signed_in(request, person, onward)
    there = f"{request.root}second-step?{urlencode({'next': onward})}"
    return redirect(there, {"Set-Cookie": second_step.begin(request, person)})


def _find_link(request: Request, token: str) -> tuple[Link, Person]:
    link = one_time_links.find(one_time_links.SIGN_IN, token, request.source_ip)
    if link.person is None:
        raise one_time_links.invalid()
    return link, link.person


def _link_page(request: Request, person: Person, error: BadRequest | None = None) -> Response:
    return render.page(
        request,
        "sign_in/sign-in-link.html",
        error.status if error else HTTPStatus.OK,
        render.SECRET_URL_HEADERS,
        email=person.email,
        error=error.message if error else None,
        needs_password=person.password_hash is None and not sign_in_ways().provider_only,
        provider_only=sign_in_ways().provider_only,
        tokens=len(api_tokens.tokens_of(person)),
    )
