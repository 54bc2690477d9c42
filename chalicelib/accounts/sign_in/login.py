"""Signing in with e-mail address and password, with rate limits against guessing.

Attempts are counted per e-mail address, per network and per pair of the two, in windows that expire. The keys are HMAC
digests, so no address is stored. Guesses from many networks are slowed down but never lock the owner out, because
attempts from a browser in which they signed in before are counted separately. The answer and the time it takes do not
depend on whether a person with that address exists.
"""

from __future__ import annotations

import dataclasses
import time

from chalicelib.accounts import passwords, throttle
from chalicelib.accounts.access.known_browsers import Browser
from chalicelib.accounts.email_addresses import email_address
from chalicelib.accounts.sign_in.sign_in_ways import refuse_if_provider_only
from chalicelib.accounts.throttle import Counted
from chalicelib.config import (
    MAX_PASSWORD_CHARS,
    SIGN_IN_ATTEMPTS,
    SIGN_IN_ATTEMPTS_PER_PERSON,
    SIGN_IN_WINDOW_S,
)
from chalicelib.errors import BadRequest, Conflict, Unauthorized
from chalicelib.store import people
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _


def sign_in(email: str, password: str, source_ip: str, known: Browser | None = None) -> Person:
    """The person with this e-mail address and password.

    :param known: the known browser that the request comes from, see :mod:`accounts.access.known_browsers`.
    :raises BadRequest: if the address or the password is missing.
    :raises Forbidden: if people sign in through the provider only.
    :raises Unauthorized: if either is wrong; the message does not say which.
    :raises TooManyRequests: after too many failed attempts, even if this one is correct.
    """
    refuse_if_provider_only()
    address = email.strip()
    if not address or not password:
        raise BadRequest(_("Enter your e-mail address and password."))
    now = int(time.time())
    person = _find_person(address)
    ours = known is not None and person is not None and known.person_id == person.id
    counted = _count_attempt(
        address.casefold(), throttle.network(source_ip), known.id if known is not None and ours else None, now
    )
    right = passwords.matches(person.password_hash if person else None, password[: MAX_PASSWORD_CHARS + 1])
    if person is None or person.password_hash is None or not right:
        raise Unauthorized(_("Wrong e-mail address or password."))
    counted.succeeded(now)
    return _with_current_hash(person, password)


def _count_attempt(email: str, from_network: str, known: str | None, now: int) -> Counted:
    """Count an attempt, before the password is checked.

    :param known: the id of the known browser, if this person has signed in with it before.
    :raises TooManyRequests: if the limit is exceeded.
    """
    if known is not None:
        browser = throttle.key("browser", known)
        throttle.count(browser, SIGN_IN_ATTEMPTS, SIGN_IN_WINDOW_S, now)
        return Counted((browser,))
    return throttle.count_guess(
        throttle.key("network", from_network),
        throttle.key("pair", f"{email} {from_network}"),
        throttle.key("email", email),
        throttle.key("pause", email),
        now,
    )


def check_password(person: Person, password: str, source_ip: str, field: str = "password") -> None:
    """Check the password of somebody who is signed in, before a change that not everybody at their browser may make.

    :param field: the input field that it was entered in.
    :raises BadRequest: if it is wrong.
    :raises TooManyRequests: after too many wrong ones for this person, from the same network or from all.
    """
    now = int(time.time())
    of_person = throttle.key("password", person.id)
    of_pair = throttle.key("password", f"{person.id} {throttle.network(source_ip)}")
    throttle.count(of_pair, SIGN_IN_ATTEMPTS, SIGN_IN_WINDOW_S, now)
    throttle.count(of_person, SIGN_IN_ATTEMPTS_PER_PERSON, SIGN_IN_WINDOW_S, now)
    if not passwords.matches(person.password_hash, password[: MAX_PASSWORD_CHARS + 1]):
        raise BadRequest(_("The password is wrong."), field=field)
    throttle.clear(of_pair)
    throttle.give_back(of_person, now)


def _find_person(address: str) -> Person | None:
    try:
        return people.find_person(email_address(address))
    except BadRequest:  # nobody can have such an address, but the answer must take as long as for others
        return None


def _with_current_hash(person: Person, password: str) -> Person:
    """The person, with the password rehashed if the hash parameters have changed."""
    if person.password_hash is None or not passwords.needs_rehash(person.password_hash):
        return person
    try:
        return people.change_person(dataclasses.replace(person, password_hash=passwords.hash_password(password)))
    except Conflict:  # it is rehashed at the next sign-in
        return person
