"""Secrets that prove a person by themselves: what API tokens and sign-in links have in common. Pure.

Such a secret is the person's id (16 bytes, no secret) and 32 random bytes, in base64url. The id leads to the
person's partition, where only the SHA-256 of the whole is stored; with 256 random bits, no slow hash is needed.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from uuid import UUID

_RANDOM_BYTES = 32
_SHAPE = re.compile(r"[A-Za-z0-9_-]{64}")


def new_secret(person_id: str) -> str:
    """A new secret of that person: 64 characters, safe in URLs."""
    return base64.urlsafe_b64encode(UUID(person_id).bytes + secrets.token_bytes(_RANDOM_BYTES)).decode()


def person_of(secret: str) -> str | None:
    """The id of the person that `secret` claims to prove; None if it has not the shape of one."""
    if not _SHAPE.fullmatch(secret):
        return None
    return str(UUID(bytes=base64.urlsafe_b64decode(secret)[:16]))


def digest(secret: str) -> str:
    """What is stored of `secret`."""
    return hashlib.sha256(secret.encode()).hexdigest()
