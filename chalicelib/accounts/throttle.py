"""Limits on attempts: how many may be made under a key within a time window, which begins with the first.

Keys are HMAC digests, so that neither addresses of people nor of networks are stored.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass

from chalicelib.accounts.signing import derive
from chalicelib.collect.visitor import network_of, normal_address
from chalicelib.config import (
    MAILS_PER_ADDRESS,
    MAILS_PER_NETWORK,
    MAILS_WINDOW_S,
    SIGN_IN_ATTEMPTS,
    SIGN_IN_ATTEMPTS_PER_ADDRESS,
    SIGN_IN_ATTEMPTS_PER_PERSON,
    SIGN_IN_PAUSE_S,
    SIGN_IN_WINDOW_S,
)
from chalicelib.errors import TooManyRequests
from chalicelib.store import login_throttle
from chalicelib.store.signing_key import signing_key
from chalicelib.translation import ngettext


def key(kind: str, value: str) -> str:
    """The key for attempts of a kind at `value`, such as an address or a network."""
    digest = hmac.new(derive(signing_key(), "attempts"), f"{kind} {value}".encode("utf-8", "replace"), hashlib.sha256)
    return f"attempts#{digest.hexdigest()}"


def network(source_ip: str) -> str:
    """The network under which attempts from `source_ip` are counted: an IPv4 address or an IPv6 /64."""
    return network_of(normal_address(source_ip)) or "unknown"


def count(key: str, limit: int, window_s: int, now: int) -> None:
    """Count an attempt, before it is made. `now`: epoch seconds.

    :raises TooManyRequests: if `limit` attempts were made in the window; the message says how long to wait.
    """
    wait = login_throttle.count_attempt(key, limit, window_s, now)
    if not wait:
        return
    if wait < 60:
        message = ngettext(
            "Too many attempts. Try again in %(num)s second.", "Too many attempts. Try again in %(num)s seconds.", wait
        )
    elif wait >= 2 * 60 * 60:
        message = ngettext(
            "Too many attempts. Try again in %(num)s hour.",
            "Too many attempts. Try again in %(num)s hours.",
            -(-wait // 3600),
        )
    else:
        minutes = -(-wait // 60)
        message = ngettext(
            "Too many attempts. Try again in %(num)s minute.",
            "Too many attempts. Try again in %(num)s minutes.",
            minutes,
        )
    raise TooManyRequests(message, retry_after=wait)


def count_mail(email: str, source_ip: str) -> None:
    """Count a mail to an address that somebody entered, before it is known whether the address has an account.

    :raises TooManyRequests: if too many were asked for from the same network, or for the same address.
    """
    now = int(time.time())
    count(key("mails of network", network(source_ip)), MAILS_PER_NETWORK, MAILS_WINDOW_S, now)
    count(key("mails to address", email.casefold()), MAILS_PER_ADDRESS, MAILS_WINDOW_S, now)


@dataclass(frozen=True, slots=True)
class Counted:
    """The keys that an attempt was counted under. If it succeeds, some are cleared; the others get this one back."""

    cleared: tuple[str, ...]
    given_back: tuple[str, ...] = ()

    def succeeded(self, now: int) -> None:
        """Hold the attempt against nobody. `now`: epoch seconds."""
        for counted in self.cleared:
            clear(counted)
        for counted in self.given_back:
            give_back(counted, now)


def count_guess(of_network: str, of_pair: str, of_subject: str, pause: str, now: int) -> Counted:
    """Count an attempt to guess a secret, before it is checked; see docs/adr/0032.

    Guesses from many networks are slowed down, but lock nobody out.

    :param of_network: the key of the network that it comes from; :param of_pair: of the network and the subject.
    :param of_subject: the key of the subject, such as a person; :param pause: of the pauses between attempts at it.
    :raises TooManyRequests: if a limit is exceeded.
    """
    count(of_network, SIGN_IN_ATTEMPTS_PER_ADDRESS, SIGN_IN_WINDOW_S, now)
    count(of_pair, SIGN_IN_ATTEMPTS, SIGN_IN_WINDOW_S, now)
    if login_throttle.count_attempt(of_subject, SIGN_IN_ATTEMPTS_PER_PERSON, SIGN_IN_WINDOW_S, now):
        count(pause, 1, SIGN_IN_PAUSE_S, now)
    return Counted((of_pair,), (of_network, of_subject))


def give_back(key: str, now: int) -> None:
    """Undo one :func:`count`, because the attempt was legitimate."""
    login_throttle.give_back(key, now)


def clear(key: str) -> None:
    """Forget the attempts under a key."""
    login_throttle.clear(key)
