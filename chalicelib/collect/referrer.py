"""Referrers, normalized so that later steps can split them without a URL parser.

Stored are scheme, host and path, the path normalized as pages are (see `url_normalization`). Credentials, queries and
fragments are dropped here, because they can contain personal data.
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
    """The host and the normalized URL of a referrer; None if there is none. Idempotent.

    Android apps send their package, as ``android-app://org.example.reader/``, or in the form of Google's App Indexing
    with the web page that the screen corresponds to, ``android-app://org.example.reader/https/example.org``
    (https://developers.google.com/search/docs/appearance/structured-data/app-indexing); some send a host in
    place of the package. The package and the host of the web page are stored. Browsers also send other values
    (``about:client``, ``file://…``), so that invalid ones are not errors.
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
    """Scheme, host and path of a normalized referrer. Never raises, also for other text."""
    scheme, _, rest = kept.partition("://")
    host, slash, path = rest.partition("/")
    if not host.startswith("["):
        host = host.partition(":")[0]
    return scheme, host.partition("]")[0].removeprefix("["), slash + path


def same_site(host: str, other: str) -> bool:
    """Whether two hosts are the same site, ignoring a leading ``www.``."""
    return host.removeprefix("www.") == other.removeprefix("www.")


def _web_page(path: str) -> str:
    """The normalized path of an app's referrer: ``/https/example.org`` for its web page, else ``""``."""
    _, _, rest = path.partition("/")
    scheme, _, rest = rest.partition("/")
    host = normal_host(rest.partition("/")[0]) if scheme.lower() in _USUAL_PORTS else None
    return f"/{scheme.lower()}/{host}" if host is not None and ":" not in host else ""
