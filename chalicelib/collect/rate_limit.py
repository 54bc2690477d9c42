"""Floods: one address cannot fill a site's day. A bucket of tokens for each address and site, in memory.

A Lambda counts only what itself sees, so a flood over many of them gets as many buckets; the limits per visitor and
hour, and per site and day, are kept where all is seen: when an hour is read, and a day is built. Addresses are kept as
salted hashes, for minutes.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Final

from chalicelib import timed_cache
from chalicelib.collect.visitor import network_of
from chalicelib.store.sites import Site

_HOUR_S: Final = 3600
_MAX_BUCKETS: Final = 50_000

_salt = secrets.token_bytes(16)
_buckets: dict[bytes, tuple[float, float]] = {}  # -> tokens left, and when
timed_cache.on_reset(_buckets.clear)


def is_flood(site: Site, address: str) -> bool:
    """Whether this hit is one too many of its address (of IPv6, of its /64); it takes a token if not.

    A full bucket holds the hits of an hour, and fills up in one.
    """
    key = hashlib.blake2b(f"{site.id}\0{network_of(address)}".encode(), key=_salt, digest_size=12).digest()
    now = time.monotonic()
    most = site.max_address_hour
    tokens, then = _buckets.get(key, (most, now))
    tokens = min(most, tokens + (now - then) * most / _HOUR_S)
    if len(_buckets) >= _MAX_BUCKETS and key not in _buckets:
        _buckets.clear()
    flooded = tokens < 1
    _buckets[key] = (tokens if flooded else tokens - 1, now)
    return flooded
