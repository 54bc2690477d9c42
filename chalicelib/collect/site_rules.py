"""The rules of a site: finding the site of a request, and whether its settings accept the hit."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from chalicelib import days
from chalicelib.collect.origins import origin_allowed
from chalicelib.errors import Forbidden, NotFound, TooManyRequests
from chalicelib.store import exclusions
from chalicelib.store.sites import Site, cached_site, read_id

# The reasons why hits are dropped, as they are counted.
ORIGIN: Final = "origin"
DO_NOT_TRACK: Final = "dnt"
IGNORED_ADDRESS: Final = "ignored_address"
FLOOD: Final = "flood_address"

_RETRY_AFTER_S: Final = 60

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def find_site(site_id: str) -> Site:
    """The active site with this id.

    :raises NotFound: if there is none.
    """
    wanted = read_id(site_id)
    return require_active(cached_site(wanted) if wanted is not None else None)


def require_active(site: Site | None) -> Site:
    """The site, if it exists and is active.

    :raises NotFound: otherwise.
    """
    if site is None or not site.active:
        raise NotFound("There is no such site, or it is archived. Check the site id in the snippet.")
    return site


def refusal(site: Site, headers: Mapping[str, str], address: str) -> str | None:
    """The reason why the site's settings reject a hit; None if they accept it. The cheapest rule comes first.

    :param address: the client's normalized IP address; ``""`` if unknown.
    """
    if not origin_allowed(site.origins, headers):
        return ORIGIN
    if site.respect_dnt and (headers.get("dnt") == "1" or headers.get("sec-gpc") == "1"):
        return DO_NOT_TRACK
    if address and is_ignored(site.ignored_ips, address):
        return IGNORED_ADDRESS
    return None


def drop(site: Site, reason: str, headers: Mapping[str, str]) -> None:
    """Count a rejected hit as excluded traffic. It is an error only if the sender can do something about it.

    :raises Forbidden: if the page is not one of the site's origins.
    :raises TooManyRequests: if the rate limit is exceeded.
    """
    origin = headers.get("origin", "") if reason == ORIGIN else ""
    exclusions.count_dropped(
        site.id, site.calendar.day_of(days.now_ms()), reason, origin if origin.isprintable() else ""
    )
    if reason == ORIGIN:
        raise Forbidden("The site's settings do not allow this origin.")
    if reason == FLOOD:
        raise TooManyRequests("Too many hits from this IP address; please slow down.", retry_after=_RETRY_AFTER_S)


def is_ignored(ignored: str, address: str) -> bool:
    """Whether an IP address is in one of the ignored networks."""
    networks = parse_networks(ignored)
    return bool(networks) and any(ipaddress.ip_address(address) in network for network in networks)


@lru_cache(1000)
def parse_networks(text: str) -> tuple[_Network, ...]:
    """The addresses and networks of a setting.

    :raises ValueError: naming the first invalid one, or one with host bits set.
    """
    return tuple(_normal(ipaddress.ip_network(part)) for part in text.replace(",", " ").split())


def _normal(network: _Network) -> _Network:
    """An IPv4-mapped IPv6 network as IPv4, like `visitor.normal_address`."""
    within = getattr(network.network_address, "ipv4_mapped", None)
    return ipaddress.ip_network((within, network.prefixlen - 96)) if within and network.prefixlen >= 96 else network
