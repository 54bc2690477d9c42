"""Origins, and the patterns of allowed origins in a site's settings, such as ``https://*.example.com:8443``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from chalicelib.hostnames import normal_host

_USUAL_PORTS: Final = {"http": 80, "https": 443}


def origin_allowed(origins: str, headers: Mapping[str, str]) -> bool:
    """Whether the origin of the request (``Origin``, else ``Referer``) is allowed by the site's settings."""
    wanted = _origins(origins)
    if not wanted or any(allowed.host == "*" for allowed in wanted):
        return True
    try:
        page = parse_origin((headers.get("origin") or headers.get("referer") or "").strip())
    except ValueError:
        return False
    return any(_matches(allowed, page) for allowed in wanted)


@dataclass(frozen=True, slots=True)
class Origin:
    """An origin, or a pattern, in which ``""`` and None match anything.

    :ivar host: normalized; ``*`` matches any host, ``*.example.com`` any subdomain.
    """

    scheme: str
    host: str
    port: int | None


def parse_origin(text: str) -> Origin:
    """The origin of a URL, or a pattern, which may have no scheme. With a scheme, there is a port.

    :raises ValueError: if it is invalid.
    """
    scheme, separator, rest = text.lower().partition("://")
    if not separator:
        scheme, rest = "", text.lower()
    parts = urlsplit(f"//{rest}")
    named = parts.hostname or ""
    below = "*." if named.startswith("*.") else ""
    host = normal_host(named.removeprefix(below))
    if host is None or (separator and scheme not in _USUAL_PORTS):
        raise ValueError(f"{text[:80]!r} is not a valid origin")
    return Origin(scheme, below + host, parts.port or _USUAL_PORTS.get(scheme))


def _matches(allowed: Origin, page: Origin) -> bool:
    below = allowed.host.startswith("*.")
    host = page.host.endswith(allowed.host[1:]) if below else page.host == allowed.host
    return host and allowed.scheme in ("", page.scheme) and allowed.port in (None, page.port)


@lru_cache(1000)
def _origins(text: str) -> tuple[Origin, ...]:
    return tuple(map(parse_origin, text.replace(",", " ").split()))
