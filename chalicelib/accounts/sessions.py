"""The signed cookie of a browser that has signed in (a JWT), and the CSRF token that goes with it. Pure.

The cookie's path is ``/``: the app does not always know under which prefix a gateway serves it. Over https its
name has the prefix ``__Host-``, so that no neighbouring host can plant one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

import jwt

from chalicelib.config import SESSION_COOKIE, SESSION_LIFE_S

_ALGORITHM: Final = "HS256"
_AUDIENCE: Final = "browser"
_REQUIRED: Final = ["iss", "aud", "sub", "jti", "iat", "exp", "epoch"]


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's session.

    :ivar id: random; what the CSRF token is bound to, and what signing out ends.
    :ivar epoch: the person's when it began; it is over once theirs is another.
    :ivar expires: epoch seconds.
    """

    id: str
    person_id: str
    epoch: int
    began: int
    expires: int


def begin(person_id: str, epoch: int, now: int) -> Session:
    """A new session of that person, from `now` (epoch seconds) on."""
    return Session(secrets.token_urlsafe(16), person_id, epoch, now, now + SESSION_LIFE_S)


def seal(session: Session, key: bytes, issuer: str) -> str:
    """`session` as a JWT, signed with what follows from `key` for this purpose."""
    claims = {
        "iss": issuer,
        "aud": _AUDIENCE,
        "sub": session.person_id,
        "jti": session.id,
        "iat": session.began,
        "exp": session.expires,
        "epoch": session.epoch,
    }
    return jwt.encode(claims, derive(key, "session"), algorithm=_ALGORITHM)


def unseal(token: str, key: bytes, issuer: str) -> Session | None:
    """The session in a JWT; None unless it is signed by us, meant for us and not over."""
    try:
        claims = jwt.decode(
            token,
            derive(key, "session"),
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=issuer,
            options={"require": _REQUIRED},
        )
    except jwt.InvalidTokenError:
        return None
    return Session(claims["jti"], claims["sub"], claims["epoch"], claims["iat"], claims["exp"])


def csrf_token(session: Session, key: bytes) -> str:
    """What every form of this session carries, and no other site can know."""
    return hmac.new(derive(key, "csrf"), session.id.encode(), hashlib.sha256).hexdigest()


def csrf_matches(session: Session, key: bytes, given: str) -> bool:
    """Whether `given` is this session's CSRF token."""
    return hmac.compare_digest(csrf_token(session, key).encode(), given.encode("utf-8", "replace"))


def derive(key: bytes, purpose: str) -> bytes:
    """A key for one purpose, so that nothing signed for one can pass for another."""
    return hmac.new(key, f"shylight {purpose}".encode(), hashlib.sha256).digest()


def host_bound(name: str, secure: bool) -> str:
    """A cookie's name, which over https no neighbouring host can set."""
    return f"__Host-{name}" if secure else name


def cookie_name(secure: bool) -> str:
    """The session cookie's name, over https or not."""
    return host_bound(SESSION_COOKIE, secure)


def cookie(token: str, secure: bool) -> str:
    """The ``Set-Cookie`` header that keeps `token` for as long as its session lasts."""
    return set_cookie(cookie_name(secure), token, SESSION_LIFE_S, secure)


def cleared_cookie(secure: bool) -> str:
    """The ``Set-Cookie`` header that makes the browser forget its session."""
    return set_cookie(cookie_name(secure), "", 0, secure)


def set_cookie(name: str, value: str, max_age: int, secure: bool) -> str:
    """A ``Set-Cookie`` header for a cookie that only we are sent, and that scripts cannot read."""
    parts = [f"{name}={value}", f"Max-Age={max_age}", "Path=/", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts)
