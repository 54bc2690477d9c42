"""Referrers: what of one is kept, in a form that every later reader can take apart without a parser.

Kept are scheme, host and path, the path normalized as pages are (see `url_normalization`). Credentials, queries and
fragments are dropped before anything leaves the collector; they are where personal data hides.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from chalicelib import url_normalization
from chalicelib.config import MAX_PAGE_CHARS, MAX_URL_CHARS
from chalicelib.hostnames import normal_host

APP: Final = "android-app"
_USUAL_PORTS: Final = {"http": 80, "https": 443}


def read_referrer(url: str | None) -> tuple[str, str] | None:
    """What is kept of a referrer: (host, URL); None if there is none. Reading what is kept gives the same again.

    Android's apps give their package, as ``android-app://org.example.reader/``, or in the form of Google's App
    Indexing with the page of the web that the screen stands for, ``android-app://org.example.reader/https/example.org``
    (https://developers.google.com/search/docs/appearance/structured-data/app-indexing); some give a host for the
    package. The package and that page's host are kept. A browser may send anything else here (``about:client``,
    ``file://…``), so nothing is an error.
    """
    if not url or len(url) > MAX_URL_CHARS:
        return None
    try:
        parts = urlsplit(url.strip())
        host, port = normal_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if host is None:
        return None
    if parts.scheme == APP:
        return host, f"{APP}://{host}{_web_page(parts.path)}"
    if parts.scheme not in _USUAL_PORTS:
        return None
    shown = f"[{host}]" if ":" in host else host
    own_port = "" if port in (None, _USUAL_PORTS[parts.scheme]) else f":{port}"
    path = url_normalization.cut(url_normalization.path(parts.path), MAX_PAGE_CHARS)
    return host, f"{parts.scheme}://{shown}{own_port}{path}"


def take_apart(kept: str) -> tuple[str, str, str]:
    """Scheme, host and path of a referrer as it is kept. Of any other text it gives some parts; it never raises."""
    scheme, _, rest = kept.partition("://")
    host, slash, path = rest.partition("/")
    if not host.startswith("["):
        host = host.partition(":")[0]
    return scheme, host.partition("]")[0].removeprefix("["), slash + path


def same_site(host: str, other: str) -> bool:
    """Whether two hosts are one site: equal but for a leading ``www.``."""
    return host.removeprefix("www.") == other.removeprefix("www.")


def _web_page(path: str) -> str:
    """What is kept of an app's path: ``/https/example.org``, the page of the web that it stands for; else nothing."""
    _, _, rest = path.partition("/")
    scheme, _, rest = rest.partition("/")
    host = normal_host(rest.partition("/")[0]) if scheme.lower() in _USUAL_PORTS else None
    return f"/{scheme.lower()}/{host}" if host is not None and ":" not in host else ""
