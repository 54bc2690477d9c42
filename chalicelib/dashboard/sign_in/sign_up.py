"""Signing up, and confirming the account with a mailed link."""

from __future__ import annotations

from http import HTTPStatus

from chalice import Response

from chalicelib.accounts import one_time_links
from chalicelib.accounts.access import auth, request_origin
from chalicelib.accounts.one_time_links import SIGN_UP, Link
from chalicelib.accounts.sign_in import sign_up
from chalicelib.dashboard import render
from chalicelib.dashboard.invalid_link import invalid_link
from chalicelib.errors import BadRequest, Conflict, NotFound, ShylightError, TooManyRequests
from chalicelib.web import Request, redirect


def show_form(request: Request) -> Response:
    """``GET /sign-up``: the form, or who can create accounts."""
    return _page(request, {})


def submit(request: Request) -> Response:
    """``POST /sign-up`` with name, email and password: the same page whether the address has an account or not."""
    request_origin.check_origin(request)
    form = request.form()
    try:
        delivery = sign_up.sign_up(
            form.get("name", ""),
            form.get("email", ""),
            form.get("password", ""),
            request.source_ip,
            request.address,
        )
    except (BadRequest, Conflict, TooManyRequests) as error:
        return _page(request, form, error=error)
    if not delivery:
        return _page(request, form, problem=delivery.problem)
    return _page(request, form, sent=True)


def show_link(request: Request, token: str) -> Response:
    """``GET /sign-up/{token}``: the form that creates the account; the link stays valid."""
    try:
        link = one_time_links.find(SIGN_UP, token, request.source_ip)
    except NotFound as error:
        return invalid_link(request, error)
    return _link_page(request, link)


def confirm(request: Request, token: str) -> Response:
    """``POST /sign-up/{token}`` with the password: creates the account and signs in."""
    request_origin.check_origin(request)
    password = request.form().get("password", "")
    try:
        link = one_time_links.find(SIGN_UP, token, request.source_ip)
        person = sign_up.confirm(link, password, request.source_ip)
    except NotFound as error:
        return invalid_link(request, error)
    except (BadRequest, Conflict, TooManyRequests) as error:
        return _link_page(request, link, error)
    cookies = [auth.begin_session(request, person), auth.remember_browser(request, person)]
    return redirect(request.root + request_origin.HOME, {"Set-Cookie": cookies})


def _page(
    request: Request,
    form: dict[str, str],
    *,
    error: ShylightError | None = None,
    problem: str = "",
    sent: bool = False,
) -> Response:
    status = HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK
    return render.page(
        request,
        "sign_in/sign-up.html",
        error.status if error else status,
        render.retry_after(error),
        availability=sign_up.availability(),
        name=form.get("name", ""),
        email=form.get("email", ""),
        error=error.message if error else problem,
        field=(error.field or "") if error else "",
        sent=sent,
    )


def _link_page(request: Request, link: Link, error: ShylightError | None = None) -> Response:
    return render.page(
        request,
        "sign_in/sign-up-link.html",
        error.status if error else HTTPStatus.OK,
        {**render.SECRET_URL_HEADERS, **render.retry_after(error)},
        email=link.details["email"],
        error=error.message if error else "",
    )
