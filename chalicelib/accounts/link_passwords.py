"""The passwords of shared links: checking them, and the cookie that keeps a link open in a browser for some hours."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Final

import jwt

from chalicelib.accounts import passwords, sessions, throttle
from chalicelib.config import (
    MAX_PASSWORD_CHARS,
    SHARED_LINK_COOKIE,
    SHARED_LINK_UNLOCKED_S,
    SIGN_IN_ATTEMPTS,
    SIGN_IN_ATTEMPTS_PER_ADDRESS,
    SIGN_IN_ATTEMPTS_PER_PERSON,
    SIGN_IN_PAUSE_S,
    SIGN_IN_WINDOW_S,
    settings,
)
from chalicelib.errors import Unauthorized
from chalicelib.store import login_throttle
from chalicelib.store.shared_links import SharedLink
from chalicelib.store.signing_key import key_id, keys_for, signing_key
from chalicelib.translation import gettext as _
from chalicelib.web import Request

_ALGORITHM: Final = "HS256"
_AUDIENCE: Final = "shared link"


def unlock(request: Request, link: SharedLink, password: str) -> str:
    """The ``Set-Cookie`` header that keeps a link open in this browser for some hours.

    Where others may embed the link over https, the browser also sends the cookie in frames of other sites, but to each
    of them its own (``Partitioned``), so that it tells nobody on which pages somebody was.

    :raises Unauthorized: if the password is wrong.
    :raises TooManyRequests: after too many failed attempts.
    """
    _check_password(link, password, request.source_ip)
    claims = {
        "iss": settings().prefix,
        "aud": _AUDIENCE,
        "sub": _purpose(link),
        "exp": int(time.time()) + SHARED_LINK_UNLOCKED_S,
    }
    key = signing_key()
    token = jwt.encode(claims, sessions.derive(key, _AUDIENCE), algorithm=_ALGORITHM, headers={"kid": key_id(key)})
    cookie = sessions.set_cookie(_cookie_name(link, request.secure), token, SHARED_LINK_UNLOCKED_S, request.secure)
    if link.embed_origins and request.secure:
        return cookie.replace("SameSite=Lax", "SameSite=None") + "; Partitioned"
    return cookie


def is_unlocked(request: Request, link: SharedLink) -> bool:
    """Whether the request has a cookie that proves that the present password of this link was sent."""
    token = request.cookies.get(_cookie_name(link, request.secure))
    if not token:
        return False
    return any(_unlocks(token, link, key.secret) for key in keys_for(sessions.named_key(token)))


def _unlocks(token: str, link: SharedLink, key: bytes) -> bool:
    try:
        claims = jwt.decode(
            token,
            sessions.derive(key, _AUDIENCE),
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=settings().prefix,
            options={"require": ["iss", "aud", "sub", "exp"]},
        )
    except jwt.InvalidTokenError:
        return False
    return hmac.compare_digest(str(claims["sub"]), _purpose(link))


def _purpose(link: SharedLink) -> str:
    """What a cookie proves: that the present password of this link was sent. A new password makes it worthless."""
    password = hashlib.sha256(f"{link.created_at} {link.password_hash}".encode()).hexdigest()
    return f"{link.site_id}/{link.id}/{password}"


def _cookie_name(link: SharedLink, secure: bool) -> str:
    """A cookie for each link."""
    suffix = link.site_id if link.is_public else link.id
    return sessions.cookie_name_with_prefix(f"{SHARED_LINK_COOKIE}_{suffix}", secure)


def _check_password(link: SharedLink, password: str, source_ip: str) -> None:
    """Attempts are counted as those to sign in are, with a pause in place of a lock; see docs/adr/0032."""
    now = int(time.time())
    name, network = f"{link.site_id}/{link.id}", throttle.network(source_ip)
    anywhere = throttle.key("link", name)
    of_pair = throttle.key("link and network", f"{name} {network}")
    of_network = throttle.key("links of network", network)
    throttle.count(of_network, SIGN_IN_ATTEMPTS_PER_ADDRESS, SIGN_IN_WINDOW_S, now)
    throttle.count(of_pair, SIGN_IN_ATTEMPTS, SIGN_IN_WINDOW_S, now)
    if login_throttle.count_attempt(anywhere, SIGN_IN_ATTEMPTS_PER_PERSON, SIGN_IN_WINDOW_S, now):
        throttle.count(throttle.key("pause of link", name), 1, SIGN_IN_PAUSE_S, now)
    if not passwords.matches(link.password_hash, password[: MAX_PASSWORD_CHARS + 1]):
        raise Unauthorized(_("Wrong password."))
    throttle.clear(of_pair)
    for key in (of_network, anywhere):
        throttle.give_back(key, now)
