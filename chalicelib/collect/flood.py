"""Floods: one address cannot fill a site's day. A bucket of tokens for each address and site, in memory.

A Lambda counts only what itself sees, so a flood over many of them gets as many buckets; the limits per visitor
and hour, and per site and day, are the worker's, who sees all. Addresses are kept as salted hashes, for minutes.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Final

# Views and leaves of an office behind one address, reading at once; far above what one household does.
_BURST: Final = 600
_PER_SECOND: Final = 10.0
_MAX_BUCKETS: Final = 50_000

_salt = secrets.token_bytes(16)
_buckets: dict[bytes, tuple[float, float]] = {}  # -> tokens left, and when


def is_flood(site_id: str, address: str) -> bool:
    """Whether this hit is one too many of its address; it takes a token if not."""
    key = hashlib.blake2b(f"{site_id}\0{address}".encode(), key=_salt, digest_size=12).digest()
    now = time.monotonic()
    tokens, then = _buckets.get(key, (_BURST, now))
    tokens = min(_BURST, tokens + (now - then) * _PER_SECOND)
    if len(_buckets) >= _MAX_BUCKETS and key not in _buckets:
        _buckets.clear()
    if tokens < 1:
        _buckets[key] = (tokens, now)
        return True
    _buckets[key] = (tokens - 1, now)
    return False
