"""Signing in with e-mail and password, and the brake on guessing.

Attempts are counted under the e-mail address and the network together, and under each of them, as keyed digests
(nobody's address is stored), in windows that expire by themselves. Guessing from many networks is slowed down and never
shuts the owner out: a browser in which they signed in before is counted by itself. What it answers, and how long that
takes, is the same whether there is a person with that address or not.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import time
from dataclasses import dataclass

from chalicelib.accounts import passwords
from chalicelib.accounts.known_browsers import Browser
from chalicelib.accounts.people import email_address
from chalicelib.accounts.sessions import derive
from chalicelib.collect.visitor import network_of, normal_address
from chalicelib.config import (
    MAX_PASSWORD_CHARS,
    SIGN_IN_ATTEMPTS,
    SIGN_IN_ATTEMPTS_PER_ADDRESS,
    SIGN_IN_ATTEMPTS_PER_PERSON,
    SIGN_IN_PAUSE_S,
    SIGN_IN_WINDOW_S,
)
from chalicelib.errors import BadRequest, Conflict, TooManyRequests, Unauthorized
from chalicelib.store import login_throttle, people
from chalicelib.store.people import Person
from chalicelib.store.signing_key import signing_key


def sign_in(email: str, password: str, source_ip: str, known: Browser | None = None) -> Person:
    """The person with this e-mail address and password.

    :param known: what the browser shows for having been signed in before; see :mod:`accounts.known_browsers`.
    :raises BadRequest: if one of the two is missing.
    :raises Unauthorized: if there is none; it does not say which of the two is wrong.
    :raises TooManyRequests: after too many failed attempts, whether this one is right or not.
    """
    address = email.strip()
    if not address or not password:
        raise BadRequest("Please give your e-mail address and your password.")
    now = int(time.time())
    person = _find(address)
    ours = known is not None and person is not None and known.person_id == person.id
    counted = _attempt(address.casefold(), network(source_ip), known.id if known is not None and ours else None, now)
    right = passwords.matches(person.password_hash if person else None, password[: MAX_PASSWORD_CHARS + 1])
    if person is None or person.password_hash is None or not right:
        raise Unauthorized("This e-mail address and password do not belong together.")
    for key in counted.forgiven:
        login_throttle.clear(key)
    for key in counted.given_back:
        login_throttle.give_back(key, now)
    return _with_current_hash(person, password)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt as it was counted: under which keys all is forgotten if it is good, and where it alone is."""

    forgiven: tuple[str, ...]
    given_back: tuple[str, ...] = ()


def _attempt(email: str, from_network: str, known: str | None, now: int) -> _Attempt:
    """Count an attempt, before it is made.

    :param known: the id of the browser, if this person has signed in in it before.
    :raises TooManyRequests: if it is one too many.
    """
    if known is not None:
        browser = _key("browser", known)
        _take(browser, SIGN_IN_ATTEMPTS, SIGN_IN_WINDOW_S, now)
        return _Attempt((browser,))
    everybody, of_pair = _key("network", from_network), _key("pair", f"{email} {from_network}")
    person = _key("email", email)
    _take(everybody, SIGN_IN_ATTEMPTS_PER_ADDRESS, SIGN_IN_WINDOW_S, now)
    _take(of_pair, SIGN_IN_ATTEMPTS, SIGN_IN_WINDOW_S, now)
    if login_throttle.take(person, SIGN_IN_ATTEMPTS_PER_PERSON, SIGN_IN_WINDOW_S, now):
        _take(_key("pause", email), 1, SIGN_IN_PAUSE_S, now)
    return _Attempt((of_pair,), (everybody, person))


def network(source_ip: str) -> str:
    """The network that attempts from `source_ip` are counted under: an IPv4 address, or an IPv6 /64."""
    return network_of(normal_address(source_ip)) or "unknown"


def _find(address: str) -> Person | None:
    try:
        return people.find_person(email_address(address))
    except BadRequest:  # nobody can have such an address, which is no reason to answer sooner
        return None


def _take(key: str, limit: int, window_s: int, now: int) -> None:
    wait = login_throttle.take(key, limit, window_s, now)
    if wait:
        number, unit = (wait, "second") if wait < 60 else (-(-wait // 60), "minute")
        raise TooManyRequests(
            f"Too many attempts to sign in. Please try again in {number} {unit}{'s' if number > 1 else ''}.",
            retry_after=wait,
        )


def _key(kind: str, value: str) -> str:
    digest = hmac.new(derive(signing_key(), "attempts"), f"{kind} {value}".encode("utf-8", "replace"), hashlib.sha256)
    return f"attempts#{digest.hexdigest()}"


def _with_current_hash(person: Person, password: str) -> Person:
    """The person, their password hashed anew if the parameters have changed since."""
    if person.password_hash is None or not passwords.is_outdated(person.password_hash):
        return person
    try:
        return people.change_person(dataclasses.replace(person, password_hash=passwords.hashed(password)))
    except Conflict:  # the next sign-in will do it
        return person
