"""Signing in with e-mail address and password, with rate limits against guessing.

Attempts are counted per e-mail address, per network and per pair of the two, in windows that expire. The keys are HMAC
digests, so no address is stored. Guesses from many networks are slowed down but never lock the owner out, because
attempts from a browser in which they signed in before are counted separately. The answer and the time it takes do not
depend on whether a person with that address exists.
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

    :param known: the known browser that the request comes from, see :mod:`accounts.known_browsers`.
    :raises BadRequest: if the address or the password is missing.
    :raises Unauthorized: if either is wrong; the message does not say which.
    :raises TooManyRequests: after too many failed attempts, even if this one is correct.
    """
    address = email.strip()
    if not address or not password:
        raise BadRequest("Enter your e-mail address and password.")
    now = int(time.time())
    person = _find_person(address)
    ours = known is not None and person is not None and known.person_id == person.id
    counted = _count_attempt(
        address.casefold(), network(source_ip), known.id if known is not None and ours else None, now
    )
    right = passwords.matches(person.password_hash if person else None, password[: MAX_PASSWORD_CHARS + 1])
    if person is None or person.password_hash is None or not right:
        raise Unauthorized("Wrong e-mail address or password.")
    for key in counted.cleared_on_success:
        login_throttle.clear(key)
    for key in counted.refunded_on_success:
        login_throttle.give_back(key, now)
    return _with_current_hash(person, password)


@dataclass(frozen=True, slots=True)
class _CountedAttempt:
    """The keys that an attempt was counted under. If it succeeds, some are cleared; the others get this one back."""

    cleared_on_success: tuple[str, ...]
    refunded_on_success: tuple[str, ...] = ()


def _count_attempt(email: str, from_network: str, known: str | None, now: int) -> _CountedAttempt:
    """Count an attempt, before the password is checked.

    :param known: the id of the known browser, if this person has signed in with it before.
    :raises TooManyRequests: if the limit is exceeded.
    """
    if known is not None:
        browser = attempt_key("browser", known)
        _count(browser, SIGN_IN_ATTEMPTS, SIGN_IN_WINDOW_S, now)
        return _CountedAttempt((browser,))
    everybody, of_pair = attempt_key("network", from_network), attempt_key("pair", f"{email} {from_network}")
    person = attempt_key("email", email)
    _count(everybody, SIGN_IN_ATTEMPTS_PER_ADDRESS, SIGN_IN_WINDOW_S, now)
    _count(of_pair, SIGN_IN_ATTEMPTS, SIGN_IN_WINDOW_S, now)
    if login_throttle.count_attempt(person, SIGN_IN_ATTEMPTS_PER_PERSON, SIGN_IN_WINDOW_S, now):
        _count(attempt_key("pause", email), 1, SIGN_IN_PAUSE_S, now)
    return _CountedAttempt((of_pair,), (everybody, person))


def network(source_ip: str) -> str:
    """The network under which attempts from `source_ip` are counted: an IPv4 address or an IPv6 /64."""
    return network_of(normal_address(source_ip)) or "unknown"


def _find_person(address: str) -> Person | None:
    try:
        return people.find_person(email_address(address))
    except BadRequest:  # nobody can have such an address, but the answer must take as long as for others
        return None


def _count(key: str, limit: int, window_s: int, now: int) -> None:
    wait = login_throttle.count_attempt(key, limit, window_s, now)
    if wait:
        number, unit = (wait, "second") if wait < 60 else (-(-wait // 60), "minute")
        raise TooManyRequests(
            f"Too many attempts to sign in. Try again in {number} {unit}{'s' if number > 1 else ''}.",
            retry_after=wait,
        )


def attempt_key(kind: str, value: str) -> str:
    """The key under which attempts are counted: a digest, so that neither addresses nor networks are stored."""
    digest = hmac.new(derive(signing_key(), "attempts"), f"{kind} {value}".encode("utf-8", "replace"), hashlib.sha256)
    return f"attempts#{digest.hexdigest()}"


def _with_current_hash(person: Person, password: str) -> Person:
    """The person, with the password rehashed if the hash parameters have changed."""
    if person.password_hash is None or not passwords.needs_rehash(person.password_hash):
        return person
    try:
        return people.change_person(dataclasses.replace(person, password_hash=passwords.hash_password(password)))
    except Conflict:  # it is rehashed at the next sign-in
        return person
