"""Signing out."""

from __future__ import annotations

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.web import Request, redirect


def sign_out(request: Request) -> Response:
    """``POST /sign-out``: end this browser's session."""
    if auth.session_of(request) is not None:
        auth.check_csrf(request, request.form())
    return redirect(request.root + "sign-in", {"Set-Cookie": auth.end_session(request)})
