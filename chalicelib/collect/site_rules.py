"""A site's rules: which site a request is for, whose it is, and whether the site accepts it.

The rules are looked at in the order in which that is cheapest.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from chalicelib import days
from chalicelib.collect import hit, proxy, rate_limit, validation
from chalicelib.collect.client_hints import read_client_hints
from chalicelib.collect.prefetch import read_hint
from chalicelib.collect.visitor import normal_address
from chalicelib.errors import Forbidden, NotFound, TooManyRequests
from chalicelib.hostnames import normal_host
from chalicelib.store import exclusions
from chalicelib.store.sites import Site, cached_site, read_id
from chalicelib.web import Request

_SOON_S: Final = 60
_USUAL_PORTS: Final = {"http": 80, "https": 443}

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Dropped(Exception):
    """The site does not want this hit; it is in the ledger, and its sender need not know."""


def find_site(site_id: str) -> Site:
    """The active site with this id.

    :raises NotFound: if there is none.
    """
    wanted = read_id(site_id)
    return active(cached_site(wanted) if wanted is not None else None)


def active(site: Site | None) -> Site:
    """The site, if it is there and active.

    :raises NotFound: if not.
    """
    if site is None or not site.active:
        raise NotFound("There is no such site here, or it is archived. Check the address in the snippet.")
    return site


def admit(request: Request, site_id: str, identifier: str | None = None) -> tuple[Site, hit.Client]:
    """The site a hit is for and the client that sends it.

    :raises NotFound: for an unknown or archived site.
    :raises Dropped: if the site's settings do not want the hit.
    :raises Forbidden: if the page it comes from is not one of the site's origins.
    :raises TooManyRequests: in a flood.
    """
    return admit_to(find_site(site_id), request, identifier)


def admit_to(site: Site, request: Request, identifier: str | None = None) -> tuple[Site, hit.Client]:
    """As :func:`admit`, of a site already found."""
    address = normal_address(proxy.client_address(site.proxies, request.source_ip, request.headers))
    reason = refusal(site, request.headers, address)
    if reason is None and rate_limit.is_flood(site, address):
        reason = "flood_address"
    if reason is not None:
        _enter(site, reason, request)
    agent, hint = request.headers.get("user-agent", ""), read_hint(request.headers)
    told = read_client_hints(request.headers)
    return site, hit.client(address, agent, validation.identifier(identifier), hint, told)


def arrival(request: Request) -> int:
    """When a hit arrived, epoch ms.

    The gateway's clock counts, because a function may have to start first: what the visitor did next would be taken
    by one that runs already, and seem to have come before.
    """
    now = days.now_ms()
    return request.received_at if 0 <= now - request.received_at <= _SOON_S * 1000 else now


def _enter(site: Site, reason: str, request: Request) -> None:
    origin = request.headers.get("origin", "") if reason == "origin" else ""
    exclusions.drop(site.id, site.calendar.day_of(days.now_ms()), reason, origin if origin.isprintable() else "")
    if reason == "origin":
        raise Forbidden("This page is not one of the origins that the site's settings allow.")
    if reason == "flood_address":
        raise TooManyRequests("Too many hits from one address; slow down.", retry_after=_SOON_S)
    raise Dropped(reason)


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

    :ivar host: as `hostnames` keeps it; ``*`` for any, ``*.example.com`` for those below.
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
