"""Whether a site takes a hit: its settings, in the order in which they are cheapest to look at."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from chalicelib.store.sites import Site

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def refusal(site: Site, headers: Mapping[str, str], address: str) -> str | None:
    """Why the site does not take a hit, as the ledger calls it; None if it does.

    :param address: the visitor's, in its normal form; ``""`` if unknown.
    """
    if site.respect_dnt and (headers.get("dnt") == "1" or headers.get("sec-gpc") == "1"):
        return "dnt"
    if not origin_allowed(site.origins, headers):
        return "origin"
    if address and is_ignored(site.ignored_ips, address):
        return "ignored_address"
    return None


def origin_allowed(origins: str, headers: Mapping[str, str]) -> bool:
    """Whether the page that sends (by ``Origin``, else ``Referer``) is one of the site's origins."""
    wanted = _origins(origins)
    if "*" in wanted:
        return True
    origin = headers.get("origin") or headers.get("referer") or ""
    try:
        parts = urlsplit(origin.strip().lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host:
        return False
    whole = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return any(_matches(pattern, host, port, whole) for pattern in wanted)


def _matches(pattern: str, host: str, port: int | None, whole: str) -> bool:
    if "://" in pattern:
        scheme, _, rest = pattern.partition("://")
        return whole == pattern or (
            rest.startswith("*.") and whole.startswith(f"{scheme}://") and host.endswith(rest[1:])
        )
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return pattern in (host, f"{host}:{port}")


@lru_cache(1000)
def _origins(text: str) -> frozenset[str]:
    return frozenset(part.rstrip("/").lower() for part in text.replace(",", " ").split())


def is_ignored(ignored: str, address: str) -> bool:
    """Whether an address is in one of the ignored networks."""
    networks = parse_networks(ignored)
    return bool(networks) and any(ipaddress.ip_address(address) in network for network in networks)


@lru_cache(1000)
def parse_networks(text: str) -> tuple[_Network, ...]:
    """The addresses and networks of a setting.

    :raises ValueError: naming the first that is none, or has host bits set.
    """
    return tuple(ipaddress.ip_network(part) for part in text.replace(",", " ").split())
