"""The passwords of shared links: checking them, and the cookie that keeps a link open in a browser for some hours."""

from __future__ import annotations

import hashlib
import hmac
import time

from chalicelib.accounts import passwords, signed_tokens, throttle
from chalicelib.accounts.access import sessions
from chalicelib.accounts.signed_tokens import Purpose
from chalicelib.config import (
    MAX_PASSWORD_CHARS,
    SHARED_LINK_COOKIE,
    SHARED_LINK_UNLOCKED_S,
)
from chalicelib.errors import Unauthorized
from chalicelib.store.shared_links import SharedLink
from chalicelib.translation import gettext as _
from chalicelib.web import Request


def unlock(request: Request, link: SharedLink, password: str) -> str:
    """The ``Set-Cookie`` header that keeps a link open in this browser for some hours.

    Where others may embed the link over https, the browser also sends the cookie in frames of other sites, but to each
    of them its own (``Partitioned``), so that it tells nobody on which pages somebody was.

    :raises Unauthorized: if the password is wrong.
    :raises TooManyRequests: after too many failed attempts.
    """
    _check_password(link, password, request.source_ip)
    token = signed_tokens.issue(Purpose.SHARED_LINK, _proof(link), SHARED_LINK_UNLOCKED_S)
    cookie = sessions.set_cookie(_cookie_name(link, request.secure), token, SHARED_LINK_UNLOCKED_S, request.secure)
    if link.embed_origins and request.secure:
        return cookie.replace("SameSite=Lax", "SameSite=None") + "; Partitioned"
    return cookie


def is_unlocked(request: Request, link: SharedLink) -> bool:
    """Whether the request has a cookie that proves that the present password of this link was sent."""
    claims = signed_tokens.read(Purpose.SHARED_LINK, request.cookies.get(_cookie_name(link, request.secure), ""))
    return claims is not None and hmac.compare_digest(str(claims["sub"]), _proof(link))


def _proof(link: SharedLink) -> str:
    """What a cookie proves: that the present password of this link was sent. A new password makes it worthless."""
    password = hashlib.sha256(f"{link.created_at} {link.password_hash}".encode()).hexdigest()
    return f"{link.site_id}/{link.id}/{password}"


def _cookie_name(link: SharedLink, secure: bool) -> str:
    """A cookie for each link."""
    suffix = link.site_id if link.is_public else link.id
    return sessions.cookie_name_with_prefix(f"{SHARED_LINK_COOKIE}_{suffix}", secure)


def _check_password(link: SharedLink, password: str, source_ip: str) -> None:
    """Attempts are counted as those to sign in are."""
    now = int(time.time())
    name, network = f"{link.site_id}/{link.id}", throttle.network(source_ip)
    counted = throttle.count_guess(
        throttle.key("links of network", network),
        throttle.key("link and network", f"{name} {network}"),
        throttle.key("link", name),
        throttle.key("pause of link", name),
        now,
    )
    if not passwords.matches(link.password_hash, password[: MAX_PASSWORD_CHARS + 1]):
        raise Unauthorized(_("Wrong password."))
    counted.succeeded(now)
