"""The OpenAPI description of the HTTP API: ``openapi.json``, written by hand; tests compare it with the code.

It is JSON and not YAML, so that the functions need no YAML library.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from chalice import Response

from chalicelib.web import Request, reply


def document(_request: Request) -> Response:
    """``GET /api/v1/openapi.json``: OpenAPI 3.1, public, also for pages of other origins."""
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return reply(text(), "application/json", 200, headers)


@cache
def text() -> str:
    """The document."""
    return resources.files("chalicelib.api").joinpath("openapi.json").read_text("utf-8")
