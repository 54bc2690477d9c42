"""Links that work once, within a limited time, and for one purpose; only their digest is stored.

Opening a link (GET) does not use it up, because mail scanners open links: its page has a button (POST) that does.
Lookups are counted per network before they are made, and those that find a link are not held against it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from chalicelib.accounts import secret_tokens, throttle
from chalicelib.config import (
    LINK_LOOKUPS,
    LINK_LOOKUPS_WINDOW_S,
    RESET_LINK_LIFE_S,
    SIGN_IN_LINK_LIFE_S,
    SIGN_UP_LINK_LIFE_S,
    VERIFICATION_LINK_LIFE_S,
)
from chalicelib.errors import NotFound
from chalicelib.store import one_time_links as store
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a link is for.

    :ivar path: of its page, without the token; unique, because it is part of the key under which links are stored.
    :ivar life_s: seconds for which a link is valid.
    """

    path: str
    life_s: int

    @property
    def minutes(self) -> int:
        """How long a link is valid, as mails say it."""
        return self.life_s // 60


SIGN_IN: Final = Purpose("sign-in", SIGN_IN_LINK_LIFE_S)
RESET_PASSWORD: Final = Purpose("reset-password", RESET_LINK_LIFE_S)
VERIFY_EMAIL: Final = Purpose("verify-email", VERIFICATION_LINK_LIFE_S)
SIGN_UP: Final = Purpose("sign-up", SIGN_UP_LINK_LIFE_S)
PURPOSES: Final = (SIGN_IN, RESET_PASSWORD, VERIFY_EMAIL, SIGN_UP)


@dataclass(frozen=True, slots=True)
class Link:
    """A valid link.

    :ivar person_id: whose it is; of a link that creates an account, the id that the person will have.
    :ivar person: the person with this id, or None.
    :ivar details: what was stored with the link.
    """

    purpose: Purpose
    token: str = field(repr=False)
    person_id: str
    person: Person | None
    details: Mapping[str, str]


def issue(purpose: Purpose, person_id: str, **details: str) -> str:
    """The token of a new link.

    :param person_id: whose link it is: a UUID, also of somebody who has no account yet.
    :param details: what the link is about, for whoever uses it. Not secret, and not shown in the link.
    """
    token = secret_tokens.new_secret(person_id)
    expires = int(time.time()) + purpose.life_s
    store.add(person_id, purpose.path, secret_tokens.digest(token), expires, details)
    return token


def url(address: str, purpose: Purpose, token: str) -> str:
    """The link with this token. `address`: the deployment's public URL."""
    return f"{address}/{purpose.path}/{token}"


def find(purpose: Purpose, token: str, source_ip: str) -> Link:
    """The link with this token; it stays valid.

    :param source_ip: where the request comes from.
    :raises NotFound: if the link is unknown, used, expired, or for another purpose.
    :raises TooManyRequests: after too many lookups from the same network that found nothing.
    """
    person_id = secret_tokens.person_of(token)
    with counted_lookup(source_ip):
        found = None
        if person_id is not None:
            found = store.find(person_id, purpose.path, secret_tokens.digest(token), int(time.time()))
        if person_id is None or found is None:
            raise invalid()
    return Link(purpose, token, person_id, found.person, found.details)


@contextmanager
def counted_lookup(source_ip: str) -> Iterator[None]:
    """Count a lookup of a secret per network, before it is made; one that succeeds is not held against the network.

    :param source_ip: where the request comes from.
    :raises TooManyRequests: after too many lookups from the same network that found nothing.
    """
    now = int(time.time())
    key = throttle.key("link", throttle.network(source_ip))
    throttle.count(key, LINK_LOOKUPS, LINK_LOOKUPS_WINDOW_S, now)
    yield
    throttle.give_back(key, now)


def use(link: Link) -> None:
    """Use a link up. Of two uses at the same time, only one succeeds.

    :raises NotFound: if it was used since it was found.
    """
    digest = secret_tokens.digest(link.token)
    if not store.use(link.person_id, link.purpose.path, digest, int(time.time())):
        raise invalid()


def revoke_all(person_id: str, *purposes: Purpose) -> None:
    """Make a person's links invalid: those for these purposes, or all."""
    store.remove(person_id, {purpose.path for purpose in purposes})


def invalid() -> NotFound:
    """The error for a link that is not valid, whatever the reason."""
    return NotFound(_("This link has been used or has expired. Ask for a new one."))
