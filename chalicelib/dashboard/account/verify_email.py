"""Confirming an e-mail address with a mailed link."""

from __future__ import annotations

from chalice import Response

from chalicelib.accounts import one_time_links
from chalicelib.accounts.access import request_origin
from chalicelib.accounts.one_time_links import VERIFY_EMAIL, Link
from chalicelib.accounts.own_account import addresses
from chalicelib.dashboard import render
from chalicelib.dashboard.invalid_link import invalid_link
from chalicelib.errors import NotFound
from chalicelib.web import Request, redirect


def show(request: Request, token: str) -> Response:
    """``GET /verify-email/{token}``: a page with a button; the link stays valid."""
    try:
        link, email = _find(request, token)
    except NotFound as error:
        return invalid_link(request, error)
    account = link.person.email if link.person else ""
    return render.page(
        request, "account/verify-email.html", headers=render.SECRET_URL_HEADERS, email=email, account=account
    )


def verify(request: Request, token: str) -> Response:
    """``POST /verify-email/{token}``: the address is the person's from now on.

    :raises Conflict: if another account has verified the address meanwhile.
    """
    request_origin.check_origin(request)
    try:
        link, _email = _find(request, token)
        addresses.verify(link, request.address)
    except NotFound as error:
        return invalid_link(request, error)
    return redirect(f"{request.root}account?done=verified")


def _find(request: Request, token: str) -> tuple[Link, str]:
    link = one_time_links.find(VERIFY_EMAIL, token, request.source_ip)
    return link, addresses.email_of(link)
