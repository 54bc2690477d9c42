"""Sign-in links: they work once, within an hour, and only their digest is stored."""

from __future__ import annotations

import time

from chalicelib.accounts import secret_tokens
from chalicelib.config import SIGN_IN_LINK_LIFE_S
from chalicelib.errors import NotFound
from chalicelib.store import credentials
from chalicelib.store.people import Person

_SPENT = "This sign-in link has been used already, or its hour is over. Please ask for a new one."


def issue(person: Person) -> str:
    """The token of a new link: ``<public URL>/sign-in/<token>``."""
    token = secret_tokens.new_secret(person.id)
    credentials.add_link(person.id, secret_tokens.digest(token), int(time.time()) + SIGN_IN_LINK_LIFE_S)
    return token


def person_with(token: str) -> Person:
    """The person whom the link would sign in; looking does not use it up.

    :raises NotFound: if there is no such link, or no longer.
    """
    person_id = secret_tokens.person_of(token)
    person = credentials.person_with_link(person_id, secret_tokens.digest(token)) if person_id else None
    if person is None:
        raise NotFound(_SPENT)
    return person


def use(token: str) -> Person:
    """Use the link up; the person who is signed in by it. Of two at once one gets through.

    :raises NotFound: if there is no such link, or no longer.
    """
    person = person_with(token)
    if not credentials.use_link(person.id, secret_tokens.digest(token)):
        raise NotFound(_SPENT)
    return person
