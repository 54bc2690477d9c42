"""The doors: signing in, by password or by a link that works once, and signing out."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib.accounts import access, entry, links, origins, passwords, people, tokens
from chalicelib.errors import BadRequest, NotFound, ShylightError, TooManyRequests, Unauthorized
from chalicelib.report import render
from chalicelib.store.people import Person
from chalicelib.web import Request, redirect


def sign_in_form(request: Request) -> Response:
    """``GET /sign-in?next=…``: the form; who is signed in already is sent on."""
    onward = origins.next_path(request.query.get("next"))
    try:
        access.viewer(request)
    except Unauthorized:
        return render.page(request, "sign-in.html", email="", error=None, next=onward)
    return redirect(request.root + onward)


def sign_in(request: Request) -> Response:
    """``POST /sign-in`` with email and password (and next): a session, or the form again with what was wrong."""
    origins.check_origin(request)
    form = request.form()
    onward = origins.next_path(form.get("next") or request.query.get("next"))
    email = form.get("email", "")
    try:
        person = entry.sign_in(email, form.get("password", ""), request.source_ip, access.known_browser(request))
    except (BadRequest, Unauthorized, TooManyRequests) as error:
        return render.page(
            request,
            "sign-in.html",
            status=error.status,
            headers=_retry_after(error),
            email=email,
            error=error.message,
            next=onward,
        )
    return _signed_in(request, person, onward)


def sign_in_link(request: Request, token: str) -> Response:
    """``GET /sign-in/{token}``: a page with a button. Looking does not use the link up, as mail scanners look too."""
    try:
        person = links.person_with(token)
    except NotFound as error:
        return _spent_page(request, error)
    return _link_page(request, token, person)


def sign_in_with_link(request: Request, token: str) -> Response:
    """``POST /sign-in/{token}``: use the link up, set the password if one is given (and revoke tokens), and sign in.

    Somebody who has no password yet has to choose one, since the link will not work again.
    """
    origins.check_origin(request)
    form = request.form()
    password = form.get("password", "")
    try:
        person = links.person_with(token)
        if password or person.password_hash is None:
            passwords.check_new(password)
        person = links.use(token)
    except NotFound as error:
        return _spent_page(request, error)
    except BadRequest as error:
        return _link_page(request, token, person, error)
    if password:
        person = people.set_password(person, password)
        if "revoke_tokens" in form:
            tokens.revoke_all(person)
    return _signed_in(request, person, origins.HOME)


def sign_out(request: Request) -> Response:
    """``POST /sign-out``: end this browser's session."""
    if access.session_of(request) is not None:
        access.check_csrf(request, request.form())
    return redirect(request.root + "sign-in", {"Set-Cookie": access.end_session(request)})


def _signed_in(request: Request, person: Person, onward: str) -> Response:
    cookies = [access.begin_session(request, person), access.remember_browser(request, person)]
    return redirect(request.root + onward, {"Set-Cookie": cookies})


def _link_page(request: Request, token: str, person: Person, error: BadRequest | None = None) -> Response:
    return render.page(
        request,
        "sign-in-link.html",
        status=error.status if error else HTTPStatus.OK,
        token=token,
        email=person.email,
        error=error.message if error else None,
        needs_password=person.password_hash is None,
        tokens=len(tokens.of(person)),
    )


def _spent_page(request: Request, error: NotFound) -> Response:
    return render.page(request, "sign-in-link.html", status=error.status, token="", email="", error=error.message)


def _retry_after(error: ShylightError) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
