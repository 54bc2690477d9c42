"""The page of a one-time link that is not valid."""

from __future__ import annotations

from chalice import Response

from chalicelib.dashboard import render
from chalicelib.errors import NotFound
from chalicelib.web import Request


def invalid_link(request: Request, error: NotFound) -> Response:
    """The page; it is the same for links that are unknown, used, expired, or for another purpose."""
    return render.page(request, "invalid-link.html", error.status, render.SECRET_URL_HEADERS, message=error.message)
