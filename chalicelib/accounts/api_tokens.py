"""API tokens: what programs send as ``Authorization: Bearer …``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import secret_tokens
from chalicelib.config import MAX_TOKEN_NAME_CHARS
from chalicelib.errors import BadRequest, NotFound
from chalicelib.store import credentials
from chalicelib.store.people import Person

# So that a token is recognised where it should not be: in a commit, a log, a chat.
PREFIX: Final = "shy_"
_ID_CHARS: Final = 16


def issue(person: Person, name: str) -> str:
    """A new token that acts as `person`; `name` tells people what it is for. It cannot be shown again.

    :raises BadRequest: if the name is empty or too long.
    """
    label = name.strip()
    if not label or len(label) > MAX_TOKEN_NAME_CHARS:
        raise BadRequest(f"A token needs a name of 1 to {MAX_TOKEN_NAME_CHARS} characters.", field="name")
    secret = secret_tokens.new_secret(person.id)
    credentials.add_token(person.id, secret_tokens.digest(secret), label)
    return PREFIX + secret


def person_with(token: str) -> Person | None:
    """The person as whom `token` acts; None if it is unknown or revoked."""
    secret = token.removeprefix(PREFIX)
    person_id = secret_tokens.person_of(secret) if token.startswith(PREFIX) else None
    if person_id is None:
        return None
    return credentials.person_with_token(person_id, secret_tokens.digest(secret))


@dataclass(frozen=True, slots=True)
class Issued:
    """A token as it may be shown: `id` names it and does not prove it. `created_at`: epoch seconds."""

    id: str
    name: str
    created_at: int


def of(person: Person) -> list[Issued]:
    """The tokens of a person, the oldest first."""
    return [
        Issued(token.digest[:_ID_CHARS], token.name, token.created_at) for token in credentials.tokens_of(person.id)
    ]


def revoke_one(person: Person, token_id: str) -> None:
    """Make the person's token with this id worthless from now on.

    :raises NotFound: if they have none with it.
    """
    found = [token for token in credentials.tokens_of(person.id) if token.digest[:_ID_CHARS] == token_id]
    if not found:
        raise NotFound("You have no such token; it may have been revoked already.")
    credentials.remove_token(person.id, found[0].digest)


def revoke_all(person: Person) -> None:
    """Make all tokens of a person worthless from now on."""
    for token in credentials.tokens_of(person.id):
        credentials.remove_token(person.id, token.digest)


def revoke(token: str) -> None:
    """Make `token` worthless from now on."""
    secret = token.removeprefix(PREFIX)
    person_id = secret_tokens.person_of(secret)
    if person_id is not None:
        credentials.remove_token(person_id, secret_tokens.digest(secret))
