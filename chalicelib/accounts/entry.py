"""Signing in with e-mail and password, and the brake on guessing.

Attempts are counted under the e-mail address and under the network address, both as keyed digests (nobody's
address is stored), in windows that expire by themselves. What it answers, and how long that takes, is the same
whether there is a person with that address or not.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import time

from chalicelib.accounts import passwords
from chalicelib.accounts.people import email_address
from chalicelib.accounts.sessions import derive
from chalicelib.collect.visitor import network_of, normal_address
from chalicelib.config import (
    MAX_PASSWORD_CHARS,
    SIGN_IN_ATTEMPTS,
    SIGN_IN_ATTEMPTS_PER_ADDRESS,
    SIGN_IN_WINDOW_S,
)
from chalicelib.errors import BadRequest, Conflict, TooManyRequests, Unauthorized
from chalicelib.store import attempts, people
from chalicelib.store.people import Person
from chalicelib.store.secrets import signing_key


def sign_in(email: str, password: str, source_ip: str) -> Person:
    """The person with this e-mail address and password.

    :raises BadRequest: if one of the two is missing.
    :raises Unauthorized: if there is none; it does not say which of the two is wrong.
    :raises TooManyRequests: after too many failed attempts, whether this one is right or not.
    """
    address = email.strip()
    if not address or not password:
        raise BadRequest("Please give your e-mail address and your password.")
    now = int(time.time())
    by_email, by_network = _key("email", address.casefold()), _key("network", network(source_ip))
    _take(by_network, SIGN_IN_ATTEMPTS_PER_ADDRESS, now)
    _take(by_email, SIGN_IN_ATTEMPTS, now)
    person = _find(address)
    right = passwords.matches(person.password_hash if person else None, password[: MAX_PASSWORD_CHARS + 1])
    if person is None or person.password_hash is None or not right:
        raise Unauthorized("This e-mail address and password do not belong together.")
    attempts.clear(by_email)
    attempts.give_back(by_network, now)
    return _with_current_hash(person, password)


def network(source_ip: str) -> str:
    """The network that attempts from `source_ip` are counted under: an IPv4 address, or an IPv6 /64."""
    return network_of(normal_address(source_ip)) or "unknown"


def _find(address: str) -> Person | None:
    try:
        return people.find_person(email_address(address))
    except BadRequest:  # nobody can have such an address, which is no reason to answer sooner
        return None


def _take(key: str, limit: int, now: int) -> None:
    wait = attempts.take(key, limit, SIGN_IN_WINDOW_S, now)
    if wait:
        minutes = -(-wait // 60)
        raise TooManyRequests(
            f"Too many attempts to sign in. Please try again in {minutes} minute{'s' if minutes > 1 else ''}.",
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
