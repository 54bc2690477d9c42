"""Signing with keys that are derived for one purpose each, so that what is signed for one is worth nothing for another.

What is signed is a JWT, whose header ``kid`` names the signing key. No side effects.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

import jwt

from chalicelib.store.signing_key import key_id

_ALGORITHM: Final = "HS256"


def derive(key: bytes, purpose: str) -> bytes:
    """A key derived for one purpose, so that a signature for one purpose is not valid for another."""
    return hmac.new(key, f"shylight {purpose}".encode(), hashlib.sha256).digest()


def encode(claims: Mapping[str, object], key: bytes, purpose: str) -> str:
    """A JWT with these claims, signed with a key derived from `key`."""
    return jwt.encode(dict(claims), derive(key, purpose), algorithm=_ALGORITHM, headers={"kid": key_id(key)})


def decode(
    token: str, key: bytes, purpose: str, *, audience: str, issuer: str, required: Sequence[str]
) -> Mapping[str, Any] | None:
    """The claims of a JWT; None unless it is signed with this key, for this purpose, and not expired.

    :param required: the claims that it must have.
    """
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            derive(key, purpose),
            algorithms=[_ALGORITHM],
            audience=audience,
            issuer=issuer,
            options={"require": list(required)},
        )
    except jwt.InvalidTokenError:
        return None
    return claims


def named_key(token: str) -> str | None:
    """The id of the key that a JWT claims to be signed with; None if it names none or is not a JWT."""
    try:
        return jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        return None
