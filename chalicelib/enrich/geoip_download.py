"""Downloads from the publishers of GeoIP databases: streamed to disk and checked for completeness."""

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

# A function's scratch folder holds 512 MB.
MAX_BYTES = 400 << 20
_TIMEOUT_S = 30.0
_CHUNK = 1 << 20
_MAX_TEXT_BYTES = 4096


class DownloadFailed(Unavailable):
    """The publisher answered with an HTTP error.

    :ivar http_status: its status.
    """

    def __init__(self, url: str, http_status: int) -> None:
        super().__init__(f"{_host(url)} answered {http_status} to a request for {urlsplit(url).path}.")
        self.http_status = http_status


def exists(url: str) -> bool:
    """Whether there is a file at `url`.

    :raises Unavailable: if the server does not answer, or answers with an error other than 404 or 410.
    """
    try:
        with _open(url, ""):
            return True
    except DownloadFailed as failure:
        if failure.http_status in (404, 410):
            return False
        raise


def fetch_text(url: str, authorization: str = "") -> str:
    """The first 4096 bytes of the text at `url`.

    :raises Unavailable: if the download fails.
    """
    with _open(url, authorization) as response:
        return str(response.read(_MAX_TEXT_BYTES), "utf-8", "replace")


def download(url: str, target: Path, authorization: str = "") -> str:
    """Download `url` to `target`; gives the file's SHA-256 in hex.

    :raises Unavailable: if the download fails or is incomplete, or the file is larger than `MAX_BYTES`.
    """
    digest, size = hashlib.sha256(), 0
    with _open(url, authorization) as response, target.open("wb") as file:
        while chunk := response.read(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise Unavailable(f"{_host(url)} sent more than {MAX_BYTES >> 20} MB for {urlsplit(url).path}.")
            digest.update(chunk)
            file.write(chunk)
        announced = response.headers.get("Content-Length")
    if announced is not None and size != int(announced):
        raise Unavailable(f"{_host(url)} sent {size} of {announced} bytes of {urlsplit(url).path}; please try again.")
    return digest.hexdigest()


@contextmanager
def _open(url: str, authorization: str) -> Iterator[Any]:
    request = Request(url, headers={"User-Agent": APP})  # noqa: S310  # of a publisher, or an administrator's mirror
    if authorization:
        request.add_unredirected_header("Authorization", authorization)  # not sent to the host of a redirect
    try:
        with _opener().open(request, timeout=_TIMEOUT_S) as response:
            yield response
    except HTTPError as error:
        raise DownloadFailed(url, error.code) from error
    except (URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise Unavailable(f"The download from {_host(url)} failed ({reason}); please try again.") from error


class _HttpsOnlyRedirects(HTTPRedirectHandler):
    """Follows redirects, but never from HTTPS to HTTP."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        """The redirected request."""
        if req.type == "https" and not newurl.startswith("https:"):
            raise URLError("it redirects from HTTPS to HTTP")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@cache
def _opener() -> OpenerDirector:
    return build_opener(_HttpsOnlyRedirects)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
