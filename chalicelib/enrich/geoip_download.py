"""Files from the publishers of GeoIP databases: streamed to the disk, whole, and over TLS all the way."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from chalicelib.config import APP
from chalicelib.errors import Unavailable

# The scratch folder of a function holds 512 MB.
MAX_BYTES = 400 << 20
_TIMEOUT_S = 30.0
_CHUNK = 1 << 20
_MAX_TEXT_BYTES = 4096


class Refused(Unavailable):
    """The publisher answered, but not with the file.

    :ivar http_status: what it answered with.
    """

    def __init__(self, url: str, http_status: int) -> None:
        super().__init__(f"{_host(url)} answered {http_status} when it was asked for {urlsplit(url).path}.")
        self.http_status = http_status


def exists(url: str) -> bool:
    """Whether there is a file at `url`.

    :raises Unavailable: if that cannot be told now.
    """
    try:
        with _answer(url, ""):
            return True
    except Refused as refused:
        if refused.http_status in (404, 410):
            return False
        raise


def text(url: str, authorization: str = "") -> str:
    """The beginning of the text at `url`.

    :raises Unavailable: if it cannot be had.
    """
    with _answer(url, authorization) as answer:
        return str(answer.read(_MAX_TEXT_BYTES), "utf-8", "replace")


def save(url: str, target: Path, authorization: str = "") -> str:
    """Download `url` to `target`; gives the SHA-256 of what came, in hex.

    :raises Unavailable: if it does not come, or not whole.
    """
    digest, size = hashlib.sha256(), 0
    with _answer(url, authorization) as answer, target.open("wb") as file:
        while chunk := answer.read(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise Unavailable(f"{_host(url)} sent more than {MAX_BYTES >> 20} MB for {urlsplit(url).path}.")
            digest.update(chunk)
            file.write(chunk)
        announced = answer.headers.get("Content-Length")
    if announced is not None and size != int(announced):
        raise Unavailable(f"{_host(url)} sent {size} of {announced} bytes of {urlsplit(url).path}; please try again.")
    return digest.hexdigest()


@contextmanager
def _answer(url: str, authorization: str) -> Iterator[Any]:
    request = Request(url, headers={"User-Agent": APP})  # noqa: S310  # of a publisher, or an administrator's mirror
    if authorization:
        request.add_unredirected_header("Authorization", authorization)  # for this host, not for the next
    try:
        with _opener().open(request, timeout=_TIMEOUT_S) as answer:
            yield answer
    except HTTPError as error:
        raise Refused(url, error.code) from error
    except (URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise Unavailable(f"The download from {_host(url)} failed ({reason}); please try again.") from error


class _TlsStays(HTTPRedirectHandler):
    """Follows redirections, but not from where everything is encrypted to where nothing is."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        """The request to follow with."""
        if req.type == "https" and not newurl.startswith("https:"):
            raise URLError("it redirects to an address without TLS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@cache
def _opener() -> OpenerDirector:
    return build_opener(_TlsStays)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
