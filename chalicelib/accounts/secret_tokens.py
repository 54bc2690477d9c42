"""The random secrets behind API tokens and one-time links: whoever has one acts as the person. Pure.

A secret is the person's id (16 bytes, not secret) and 32 random bytes, in base64url. The id identifies the person's
partition, where only the SHA-256 of the whole secret is stored; 256 random bits need no slow hash.

All secrets of a person begin alike, so an API token has eight more random characters in front, by which people can tell
their tokens apart. Tokens that were issued before have none.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Final
from uuid import UUID

LABEL_CHARS: Final = 8
_RANDOM_BYTES: Final = 32
_FORMAT = re.compile(rf"([A-Za-z0-9_-]{{{LABEL_CHARS}}})?([A-Za-z0-9_-]{{64}})")


def new_secret(person_id: str) -> str:
    """A new secret for that person: 64 characters, safe in URLs."""
    return base64.urlsafe_b64encode(UUID(person_id).bytes + secrets.token_bytes(_RANDOM_BYTES)).decode()


def new_labelled_secret(person_id: str) -> str:
    """A new secret whose first :data:`LABEL_CHARS` characters are not secret: 72 characters, safe in URLs."""
    return secrets.token_urlsafe(LABEL_CHARS * 3 // 4) + new_secret(person_id)


def person_of(secret: str) -> str | None:
    """The id of the person that `secret` claims to belong to; None if it is malformed."""
    found = _FORMAT.fullmatch(secret)
    return str(UUID(bytes=base64.urlsafe_b64decode(found[2])[:16])) if found else None


def digest(secret: str) -> str:
    """The SHA-256 of `secret` in hex, as stored."""
    return hashlib.sha256(secret.encode()).hexdigest()
