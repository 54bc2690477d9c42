"""Session cookies, which are signed JWTs, and their CSRF tokens. Pure.

The cookie's path is ``/`` because the app does not always know the path prefix under which a gateway serves it. Over
HTTPS its name has the prefix ``__Host-``, so that other hosts of the domain cannot set it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import signing
from chalicelib.config import SESSION_COOKIE, SESSION_LIFE_S

_PURPOSE: Final = "session"
_AUDIENCE: Final = "browser"
_REQUIRED: Final = ["iss", "aud", "sub", "jti", "iat", "exp", "epoch"]


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's session.

    :ivar id: random; the CSRF token is bound to it, and signing out invalidates it.
    :ivar epoch: the person's epoch when the session began; the session ends when the person's epoch changes.
    :ivar began, expires: epoch seconds.
    :ivar authenticated_at: when the person last proved who they are, epoch seconds.
    :ivar stored: whether there is an item of it in `store.browser_sessions`; not for sessions of earlier versions.
    """

    id: str
    person_id: str
    epoch: int
    began: int
    expires: int
    authenticated_at: int
    stored: bool = True


def begin(person_id: str, epoch: int, now: int, authenticated_at: int | None = None) -> Session:
    """A new session of that person, starting at `now` (epoch seconds).

    :param authenticated_at: when the person proved who they are; None for now.
    """
    proven = now if authenticated_at is None else authenticated_at
    return Session(secrets.token_urlsafe(16), person_id, epoch, now, now + SESSION_LIFE_S, proven)


def encode(session: Session, key: bytes, issuer: str) -> str:
    """`session` as a JWT, signed with a key derived from `key`, which its header ``kid`` names."""
    claims = {
        "iss": issuer,
        "aud": _AUDIENCE,
        "sub": session.person_id,
        "jti": session.id,
        "iat": session.began,
        "exp": session.expires,
        "epoch": session.epoch,
        "auth_time": session.authenticated_at,
    }
    return signing.encode(claims, key, _PURPOSE)


def decode(token: str, key: bytes, issuer: str) -> Session | None:
    """The session in a JWT; None unless it is signed by us, for this purpose, and not expired."""
    claims = signing.decode(token, key, _PURPOSE, audience=_AUDIENCE, issuer=issuer, required=_REQUIRED)
    if claims is None:
        return None
    return Session(
        id=claims["jti"],
        person_id=claims["sub"],
        epoch=claims["epoch"],
        began=claims["iat"],
        expires=claims["exp"],
        authenticated_at=claims.get("auth_time", claims["iat"]),
        stored="auth_time" in claims,
    )


def csrf_token(session: Session, key: bytes) -> str:
    """The CSRF token of this session's forms, which no other site can know."""
    return hmac.new(signing.derive(key, "csrf"), session.id.encode(), hashlib.sha256).hexdigest()


def csrf_matches(session: Session, key: bytes, given: str) -> bool:
    """Whether `given` is this session's CSRF token."""
    return hmac.compare_digest(csrf_token(session, key).encode(), given.encode("utf-8", "replace"))


def cookie_name_with_prefix(name: str, secure: bool) -> str:
    """A cookie's name, over HTTPS with the prefix that keeps other hosts from setting it."""
    return f"__Host-{name}" if secure else name


def cookie_name(secure: bool) -> str:
    """The session cookie's name, over HTTPS (`secure`) or HTTP."""
    return cookie_name_with_prefix(SESSION_COOKIE, secure)


def cookie(token: str, secure: bool) -> str:
    """The ``Set-Cookie`` header that stores `token` until the session expires."""
    return set_cookie(cookie_name(secure), token, SESSION_LIFE_S, secure)


def cleared_cookie(secure: bool) -> str:
    """The ``Set-Cookie`` header that deletes the session cookie."""
    return set_cookie(cookie_name(secure), "", 0, secure)


def set_cookie(name: str, value: str, max_age: int, secure: bool) -> str:
    """A ``Set-Cookie`` header for a cookie that is sent only to this host and that scripts cannot read."""
    parts = [f"{name}={value}", f"Max-Age={max_age}", "Path=/", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts)
