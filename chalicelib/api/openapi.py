"""The description of the HTTP API for programs: ``openapi.json``, written by hand and held to the code by tests.

It is JSON and not YAML because a function would have to carry a YAML library to read it, and no one else needs one.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from chalice import Response

from chalicelib.web import Request, reply


def document(_request: Request) -> Response:
    """``GET /api/v1/openapi.json``: OpenAPI 3.1, for anybody, and for tools in other origins' pages."""
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return reply(text(), "application/json", 200, headers)


@cache
def text() -> str:
    """The document."""
    return resources.files("chalicelib.api").joinpath("openapi.json").read_text("utf-8")
