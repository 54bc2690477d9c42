"""The rate limit per IP address and site: a token bucket in memory, so that one address cannot fill a site's day.

Each Lambda instance has its own buckets. The limits per visitor and hour and per site and day are applied elsewhere, to
all hits: when an hour is read, and when a day is built. Addresses are kept as salted hashes, for minutes.
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
_buckets: dict[bytes, tuple[float, float]] = {}  # -> tokens left, and at which time
timed_cache.on_reset(_buckets.clear)


def is_flood(site: Site, address: str) -> bool:
    """Whether this hit exceeds the limit of its IP address (IPv6: of its /64); takes a token if not.

    A bucket holds the hits of an hour, and is refilled within an hour.
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
