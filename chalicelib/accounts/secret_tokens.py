"""The random secrets behind API tokens and one-time links: whoever has one acts as the person. Pure.

A secret is the person's id (16 bytes, not secret) and 32 random bytes, in base64url. The id identifies the person's
partition, where only the SHA-256 of the whole secret is stored; 256 random bits need no slow hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from uuid import UUID

_RANDOM_BYTES = 32
_FORMAT = re.compile(r"[A-Za-z0-9_-]{64}")


def new_secret(person_id: str) -> str:
    """A new secret for that person: 64 characters, safe in URLs."""
    return base64.urlsafe_b64encode(UUID(person_id).bytes + secrets.token_bytes(_RANDOM_BYTES)).decode()


def person_of(secret: str) -> str | None:
    """The id of the person that `secret` claims to belong to; None if it is malformed."""
    if not _FORMAT.fullmatch(secret):
        return None
    return str(UUID(bytes=base64.urlsafe_b64decode(secret)[:16]))


def digest(secret: str) -> str:
    """The SHA-256 of `secret` in hex, as stored."""
    return hashlib.sha256(secret.encode()).hexdigest()
