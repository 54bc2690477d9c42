"""Visitors: recognised within one site-day, by a key that nobody can compute once the day's salt is gone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress

_KEY_BYTES = 12
_V4_PREFIX = 24
_V6_PREFIX = 48


def visitor_key(salt: bytes, address: str, agent: str) -> str:
    """The key of a visitor: HMAC-SHA256 over address and user agent, 12 bytes, as 16 URL-safe characters.

    At 12 bytes, a day of 100 million visitors has a chance of one in 10^13 that two share a key.
    """
    digest = hmac.digest(salt, f"{address}\0{agent}".encode("utf-8", "replace"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:_KEY_BYTES]).decode("ascii")


def normal_address(text: str) -> str:
    """An IP address in its one normal form (v4 in v6 as v4); ``""`` for what is none."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def network_of(address: str) -> str:
    """What one customer of a provider has of a normal address: it itself of IPv4, its /64 of IPv6."""
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if ":" in address else address


def truncated(address: str) -> str:
    """The address of the network around a normal address, /24 or /48: enough for a country, not for a person."""
    if not address:
        return ""
    prefix = _V6_PREFIX if ":" in address else _V4_PREFIX
    return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False).network_address)
