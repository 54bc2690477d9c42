"""Responses that are the same for everybody, and that browsers and proxies may cache."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from chalice import Response

from chalicelib.web import Request, reply


def cached(
    request: Request, body: str, content_type: str, seconds: int, headers: Mapping[str, str | list[str]] | None = None
) -> Response:
    """A response that pages of all origins may read and everybody may cache; 304 for those who have it.

    :param seconds: how long it may be cached.
    """
    etag = f'"{hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:32]}"'
    caching = {
        "Cache-Control": f"public, max-age={seconds}",
        "ETag": etag,
        "Access-Control-Allow-Origin": "*",
        **(headers or {}),
    }
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return reply(b"", content_type, 304, caching)
    return reply(body, content_type, 200, caching)
