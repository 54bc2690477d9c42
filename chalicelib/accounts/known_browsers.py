"""Known browsers: a signed cookie that proves that a person has signed in with this browser before. Pure.

It does not sign anybody in. Login attempts from a known browser are counted separately, so that guesses from elsewhere
cannot lock its owner out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

import jwt

from chalicelib.accounts import sessions
from chalicelib.config import KNOWN_BROWSER_COOKIE, KNOWN_BROWSER_LIFE_S
from chalicelib.store.signing_key import key_id

_ALGORITHM: Final = "HS256"
_AUDIENCE: Final = "known browser"


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser with which a person has signed in; `id` is random."""

    id: str
    person_id: str


def encode(person_id: str, key: bytes, issuer: str, now: int) -> str:
    """A JWT for a new known browser; `now`: epoch seconds."""
    claims = {
        "iss": issuer,
        "aud": _AUDIENCE,
        "sub": person_id,
        "jti": secrets.token_urlsafe(16),
        "exp": now + KNOWN_BROWSER_LIFE_S,
    }
    return jwt.encode(claims, sessions.derive(key, _AUDIENCE), algorithm=_ALGORITHM, headers={"kid": key_id(key)})


def decode(token: str, key: bytes, issuer: str) -> Browser | None:
    """The browser in a JWT; None unless it is signed by us for this purpose and not expired."""
    try:
        claims = jwt.decode(
            token,
            sessions.derive(key, _AUDIENCE),
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=issuer,
            options={"require": ["iss", "aud", "sub", "jti", "exp"]},
        )
    except jwt.InvalidTokenError:
        return None
    return Browser(claims["jti"], claims["sub"])


def cookie_name(secure: bool) -> str:
    """The cookie's name, over https or not."""
    return sessions.cookie_name_with_prefix(KNOWN_BROWSER_COOKIE, secure)


def cookie(token: str, secure: bool) -> str:
    """The ``Set-Cookie`` header that stores `token`."""
    return sessions.set_cookie(cookie_name(secure), token, KNOWN_BROWSER_LIFE_S, secure)
