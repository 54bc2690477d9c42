"""Sign-in links, which work once, within an hour; only their digest is stored."""

from __future__ import annotations

import time

from chalicelib.accounts import secret_tokens
from chalicelib.config import SIGN_IN_LINK_LIFE_S
from chalicelib.errors import NotFound
from chalicelib.store import credentials
from chalicelib.store.people import Person

_INVALID_LINK = "This sign-in link has been used or has expired. Ask for a new one."


def issue(person: Person) -> str:
    """The token of a new link: ``<public URL>/sign-in/<token>``."""
    token = secret_tokens.new_secret(person.id)
    credentials.add_link(person.id, secret_tokens.digest(token), int(time.time()) + SIGN_IN_LINK_LIFE_S)
    return token


def person_with(token: str) -> Person:
    """The person whom the link would sign in; the link stays valid.

    :raises NotFound: if the link is unknown, used or expired.
    """
    person_id = secret_tokens.person_of(token)
    person = credentials.person_with_link(person_id, secret_tokens.digest(token)) if person_id else None
    if person is None:
        raise NotFound(_INVALID_LINK)
    return person


def use(token: str) -> Person:
    """Use the link up; gives the person whom it signs in. Of two concurrent uses, only one succeeds.

    :raises NotFound: if the link is unknown, used or expired.
    """
    person = person_with(token)
    if not credentials.use_link(person.id, secret_tokens.digest(token)):
        raise NotFound(_INVALID_LINK)
    return person
