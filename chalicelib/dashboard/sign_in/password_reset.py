"""Choosing a new password with a mailed link, by people who have forgotten theirs."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib.accounts import one_time_links
from chalicelib.accounts.access import api_tokens, request_origin
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.one_time_links import RESET_PASSWORD, Link
from chalicelib.accounts.own_account import password_change
from chalicelib.dashboard import render
from chalicelib.dashboard.invalid_link import invalid_link
from chalicelib.errors import BadRequest, NotFound, ShylightError, TooManyRequests
from chalicelib.web import Request, redirect


def show_request_form(request: Request) -> Response:
    """``GET /forgot-password``."""
    return _request_page(request, "")


def send_link(request: Request) -> Response:
    """``POST /forgot-password`` with email: the same page whether the address has an account or not."""
    request_origin.check_origin(request)
    email = request.form().get("email", "").strip()
    if not mail.can_send():
        return _request_page(request, email)
    try:
        password_change.send_reset_link(email, request.source_ip, request.address)
    except (BadRequest, TooManyRequests) as error:
        return _request_page(request, email, error=error)
    return _request_page(request, email, sent=True)


def show_form(request: Request, token: str) -> Response:
    """``GET /reset-password/{token}``: the form; the link stays valid."""
    try:
        link = one_time_links.find(RESET_PASSWORD, token, request.source_ip)
    except NotFound as error:
        return invalid_link(request, error)
    return _form_page(request, link)


def reset(request: Request, token: str) -> Response:
    """``POST /reset-password/{token}`` with password (and revoke_tokens): sets it, then on to sign in with it.

    Signing in is a step of its own, so that a link never takes the place of a second factor.
    """
    request_origin.check_origin(request)
    form = request.form()
    try:
        link = one_time_links.find(RESET_PASSWORD, token, request.source_ip)
    except NotFound as error:
        return invalid_link(request, error)
    try:
        person = password_change.reset(link, form.get("password", ""), request.address)
    except NotFound as error:
        return invalid_link(request, error)
    except BadRequest as error:
        return _form_page(request, link, error)
    if "revoke_tokens" in form:
        api_tokens.revoke_all(person)
    return redirect(f"{request.root}sign-in?done=password")


def _request_page(request: Request, email: str, *, error: ShylightError | None = None, sent: bool = False) -> Response:
    return render.page(
        request,
        "sign_in/forgot-password.html",
        error.status if error else HTTPStatus.OK,
        render.retry_after(error),
        email=email,
        error=error.message if error else "",
        sent=sent,
        can_send=mail.can_send(),
    )


def _form_page(request: Request, link: Link, error: BadRequest | None = None) -> Response:
    person = link.person
    if person is None:
        return invalid_link(request, one_time_links.invalid())
    return render.page(
        request,
        "sign_in/reset-password.html",
        error.status if error else HTTPStatus.OK,
        render.SECRET_URL_HEADERS,
        email=person.email,
        error=error.message if error else "",
        tokens=len(api_tokens.tokens_of(person)),
    )
