"""The tokens in the addresses of shared links, and the keys of counters. Pure.

A link's token is the site's id (16 bytes), the link's id (8 bytes) and a secret of 24 bytes, in base64url. The secret
is derived from the signing key and both ids, so that those who manage the link can see its address again. Only the
SHA-256 of the token is stored, and a token is checked against it, so links survive a change of the signing key. See
docs/adr/0044.

A counter's key is the site's id and 14 random bytes. It is public once it is in a page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

_ID_BYTES: Final = 8
_SECRET_BYTES: Final = 24
_KEY_BYTES: Final = 14
_ID = re.compile(rf"[0-9a-f]{{{2 * _ID_BYTES}}}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{64}")
_KEY = re.compile(r"[A-Za-z0-9_-]{40}")


@dataclass(frozen=True, slots=True)
class Claim:
    """The link that a token claims to be of."""

    site_id: str
    link_id: str


def new_id(creation_id: str = "") -> str:
    """The id of a new link: 16 hexadecimal digits, always the same ones for a `creation_id`, which is a UUID."""
    return UUID(creation_id).hex[: 2 * _ID_BYTES] if creation_id else secrets.token_hex(_ID_BYTES)


def is_id(text: str) -> bool:
    """Whether a text has the form of a link's id."""
    return _ID.fullmatch(text) is not None


def token(site_id: str, link_id: str, key: bytes) -> str:
    """The token of a link under this signing key: 64 characters, safe in URLs."""
    from chalicelib.accounts.signing import derive  # only those who manage links need it, and it loads a library

    ids = UUID(site_id).bytes + bytes.fromhex(link_id)
    secret = hmac.new(derive(key, "shared link"), ids, hashlib.sha256).digest()[:_SECRET_BYTES]
    return base64.urlsafe_b64encode(ids + secret).decode()


def digest(token: str) -> str:
    """The SHA-256 of a token in hex, as stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def read(token: str) -> Claim | None:
    """The link that a token claims to be of; None if it is malformed."""
    if not _TOKEN.fullmatch(token):
        return None
    data = base64.urlsafe_b64decode(token)
    return Claim(str(UUID(bytes=data[:16])), data[16 : 16 + _ID_BYTES].hex())


def new_counter_key(site_id: str) -> str:
    """A new key for the counter of a site: 40 characters, safe in URLs."""
    return base64.urlsafe_b64encode(UUID(site_id).bytes + secrets.token_bytes(_KEY_BYTES)).decode()


def site_of_counter_key(key: str) -> str | None:
    """The id of the site that a counter's key claims to be of; None if it is malformed."""
    return str(UUID(bytes=base64.urlsafe_b64decode(key)[:16])) if _KEY.fullmatch(key) else None
