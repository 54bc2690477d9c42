"""Known browsers: a signed cookie that proves that a person has signed in with this browser before. Pure.

It does not sign anybody in. Login attempts from a known browser are counted separately, so that guesses from elsewhere
cannot lock its owner out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import signing
from chalicelib.accounts.access import sessions
from chalicelib.config import KNOWN_BROWSER_COOKIE, KNOWN_BROWSER_LIFE_S

_AUDIENCE: Final = "known browser"
_REQUIRED: Final = ["iss", "aud", "sub", "jti", "exp"]


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
    return signing.encode(claims, key, _AUDIENCE)


def decode(token: str, key: bytes, issuer: str) -> Browser | None:
    """The browser in a JWT; None unless it is signed by us for this purpose and not expired."""
    claims = signing.decode(token, key, _AUDIENCE, audience=_AUDIENCE, issuer=issuer, required=_REQUIRED)
    return Browser(claims["jti"], claims["sub"]) if claims is not None else None


def cookie_name(secure: bool) -> str:
    """The cookie's name, over https or not."""
    return sessions.cookie_name_with_prefix(KNOWN_BROWSER_COOKIE, secure)


def cookie(token: str, secure: bool) -> str:
    """The ``Set-Cookie`` header that stores `token`."""
    return sessions.set_cookie(cookie_name(secure), token, KNOWN_BROWSER_LIFE_S, secure)
