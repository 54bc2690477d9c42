"""Whether a site takes a hit: its settings, in the order in which they are cheapest to look at."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from chalicelib.hosts import normal_host
from chalicelib.store.sites import Site

_USUAL_PORTS: Final = {"http": 80, "https": 443}

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def refusal(site: Site, headers: Mapping[str, str], address: str) -> str | None:
    """Why the site does not take a hit, as the ledger calls it; None if it does.

    :param address: the visitor's, in its normal form; ``""`` if unknown.
    """
    if not origin_allowed(site.origins, headers):
        return "origin"
    if site.respect_dnt and (headers.get("dnt") == "1" or headers.get("sec-gpc") == "1"):
        return "dnt"
    if address and is_ignored(site.ignored_ips, address):
        return "ignored_address"
    return None


def origin_allowed(origins: str, headers: Mapping[str, str]) -> bool:
    """Whether the page that sends (by ``Origin``, else ``Referer``) is one of the site's origins."""
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
    """An origin, or a pattern of them: ``""`` and None leave open what they stand for.

    :ivar host: as `hosts` keeps it; ``*`` for any, ``*.example.com`` for those below.
    """

    scheme: str
    host: str
    port: int | None


def parse_origin(text: str) -> Origin:
    """The origin of a URL, or a pattern that may lack the scheme; with a scheme there is a port, said or usual.

    :raises ValueError: if it is none.
    """
    scheme, separator, rest = text.lower().partition("://")
    if not separator:
        scheme, rest = "", text.lower()
    parts = urlsplit(f"//{rest}")
    named = parts.hostname or ""
    below = "*." if named.startswith("*.") else ""
    host = normal_host(named.removeprefix(below))
    if host is None or (separator and scheme not in _USUAL_PORTS):
        raise ValueError(f"{text[:80]!r} is no origin")
    return Origin(scheme, below + host, parts.port or _USUAL_PORTS.get(scheme))


def _matches(allowed: Origin, page: Origin) -> bool:
    below = allowed.host.startswith("*.")
    host = page.host.endswith(allowed.host[1:]) if below else page.host == allowed.host
    return host and allowed.scheme in ("", page.scheme) and allowed.port in (None, page.port)


@lru_cache(1000)
def _origins(text: str) -> tuple[Origin, ...]:
    return tuple(map(parse_origin, text.replace(",", " ").split()))


def is_ignored(ignored: str, address: str) -> bool:
    """Whether an address is in one of the ignored networks."""
    networks = parse_networks(ignored)
    return bool(networks) and any(ipaddress.ip_address(address) in network for network in networks)


@lru_cache(1000)
def parse_networks(text: str) -> tuple[_Network, ...]:
    """The addresses and networks of a setting.

    :raises ValueError: naming the first that is none, or has host bits set.
    """
    return tuple(_normal(ipaddress.ip_network(part)) for part in text.replace(",", " ").split())


def _normal(network: _Network) -> _Network:
    """A network of v4 in v6 as v4, as `visitor.normal_address` has addresses."""
    within = getattr(network.network_address, "ipv4_mapped", None)
    return ipaddress.ip_network((within, network.prefixlen - 96)) if within and network.prefixlen >= 96 else network
