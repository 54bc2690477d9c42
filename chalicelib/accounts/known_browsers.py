"""Browsers in which somebody has signed in before: a signed cookie that proves that, and nothing else. Pure.

It signs nobody in. It lets attempts from that browser be counted by themselves, so that guesses from elsewhere cannot
keep its owner out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

import jwt

from chalicelib.accounts import sessions
from chalicelib.config import KNOWN_BROWSER_COOKIE, KNOWN_BROWSER_LIFE_S

_ALGORITHM: Final = "HS256"
_AUDIENCE: Final = "known browser"


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser in which a person has signed in. `id`: random."""

    id: str
    person_id: str


def seal(person_id: str, key: bytes, issuer: str, now: int) -> str:
    """A new browser of that person as a JWT."""
    claims = {
        "iss": issuer,
        "aud": _AUDIENCE,
        "sub": person_id,
        "jti": secrets.token_urlsafe(16),
        "exp": now + KNOWN_BROWSER_LIFE_S,
    }
    return jwt.encode(claims, sessions.derive(key, _AUDIENCE), algorithm=_ALGORITHM)


def unseal(token: str, key: bytes, issuer: str) -> Browser | None:
    """The browser in a JWT; None unless it is signed by us, meant for this and not over."""
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
    return sessions.host_bound(KNOWN_BROWSER_COOKIE, secure)


def cookie(token: str, secure: bool) -> str:
    """The ``Set-Cookie`` header that keeps `token`."""
    return sessions.set_cookie(cookie_name(secure), token, KNOWN_BROWSER_LIFE_S, secure)
