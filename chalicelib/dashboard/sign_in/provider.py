"""Signing in through the OpenID Connect provider: the way there, and the way back."""

from __future__ import annotations

from urllib.parse import urlencode

from chalice import Response

from chalicelib.accounts.access import auth, request_origin
from chalicelib.accounts.oidc import browser_state, code_flow
from chalicelib.accounts.oidc import identities as oidc_people
from chalicelib.accounts.oidc.identities import Claims, MustConfirm
from chalicelib.accounts.sign_in.sign_in_ways import sign_in_ways
from chalicelib.dashboard import render
from chalicelib.dashboard.account import identities
from chalicelib.dashboard.sign_in import first_step
from chalicelib.errors import BadRequest, Conflict, Forbidden, ShylightError, TooManyRequests, Unauthorized, Unavailable
from chalicelib.store.people import Person
from chalicelib.web import Request, redirect


def start(request: Request) -> Response:
    """``GET /sign-in/oidc?next=…``: on to the provider. A page of another site leads to the sign-in page first.

    A form could not do this: browsers apply the page's ``form-action`` to redirects, too. Nothing changes here but a
    cookie.
    """
    onward = request_origin.next_path(request.query.get("next"))
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return redirect(f"{request.root}sign-in?{urlencode({'next': onward})}")
    try:
        url, cookie = code_flow.begin(request, onward)
    except Unavailable as error:
        return _problem(request, error)
    return redirect(url, {"Set-Cookie": cookie})


def finish(request: Request) -> Response:
    """``GET /sign-in/oidc/callback``, where the provider sends the browser: a session, or a page that says what to do.

    It changes something, although it is a GET: the protocol leaves no choice. It needs the browser's cookie and works
    once, so nobody else can open it before the person does.
    """
    try:
        claims, begun = code_flow.finish(request)
        person = oidc_people.person_for(claims, _present(request))
    except MustConfirm as unconfirmed:
        return _to_confirm(request, claims, unconfirmed.person)
    except (BadRequest, Conflict, Forbidden, TooManyRequests, Unavailable) as error:
        return _problem(request, error)
    response = first_step.first_step_done(request, person, request_origin.next_path(begun.next))
    cookies = response.headers["Set-Cookie"]
    response.headers["Set-Cookie"] = [*([cookies] if isinstance(cookies, str) else cookies), browser_state.end(request)]
    return response


def _present(request: Request) -> Person | None:
    try:
        return auth.signed_in_person(request)
    except Unauthorized:
        return None


def _to_confirm(request: Request, claims: Claims, person: Person) -> Response:
    """Keep the identity in the browser until its owner has signed in to the account and connects it."""
    kept = browser_state.keep_identity(request, person.id, claims.issuer, claims.subject, claims.email)
    cookies = [kept, browser_state.end(request)]
    if _present(request) is not None:
        return redirect(request.root + identities.PATH, {"Set-Cookie": cookies})
    return _to_confirm_page(request, claims.email, sign_in_ways().provider, cookies)


def _to_confirm_page(request: Request, email: str, provider: str, cookies: list[str]) -> Response:
    return render.page(
        request,
        "sign_in/provider.html",
        headers={"Set-Cookie": cookies},
        error="",
        email=email,
        provider=provider,
        next=identities.PATH,
    )


def _problem(request: Request, error: ShylightError) -> Response:
    return render.page(
        request,
        "sign_in/provider.html",
        error.status,
        render.retry_after(error),
        error=error.message,
        email="",
        provider="",
        next="",
    )
