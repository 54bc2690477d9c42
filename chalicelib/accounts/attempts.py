"""Limits on attempts to authenticate, counted per key in windows that expire.

The keys are HMAC digests, so that no address is stored.
"""

from __future__ import annotations

import hashlib
import hmac

from chalicelib.accounts.sessions import derive
from chalicelib.errors import TooManyRequests
from chalicelib.store import login_throttle
from chalicelib.store.signing_key import signing_key
from chalicelib.translation import ngettext


def key(kind: str, value: str) -> str:
    """The key under which attempts of one kind, such as ``"network"``, are counted for `value`."""
    digest = hmac.new(derive(signing_key(), "attempts"), f"{kind} {value}".encode("utf-8", "replace"), hashlib.sha256)
    return f"attempts#{digest.hexdigest()}"


def count(key: str, limit: int, window_s: int, now: int) -> None:
    """Count an attempt, before it is checked.

    :param limit: how many are allowed in `window_s` seconds.
    :param now: epoch seconds.
    :raises TooManyRequests: if there have been as many.
    """
    wait = login_throttle.count_attempt(key, limit, window_s, now)
    if wait:
        raise TooManyRequests(_message(wait), retry_after=wait)


def _message(wait_s: int) -> str:
    if wait_s < 60:
        return ngettext(
            "Too many attempts to sign in. Try again in %(num)s second.",
            "Too many attempts to sign in. Try again in %(num)s seconds.",
            wait_s,
        )
    minutes = -(-wait_s // 60)
    if minutes < 120:
        return ngettext(
            "Too many attempts to sign in. Try again in %(num)s minute.",
            "Too many attempts to sign in. Try again in %(num)s minutes.",
            minutes,
        )
    return ngettext(
        "Too many attempts to sign in. Try again in %(num)s hour.",
        "Too many attempts to sign in. Try again in %(num)s hours.",
        -(-minutes // 60),
    )
