"""API tokens, which programs send as ``Authorization: Bearer …``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import secret_tokens
from chalicelib.config import MAX_TOKEN_NAME_CHARS
from chalicelib.errors import BadRequest, NotFound
from chalicelib.store import credentials
from chalicelib.store.people import Person

# Makes a leaked token recognizable, such as in a commit, a log or a chat.
PREFIX: Final = "shy_"
_ID_CHARS: Final = 16


def issue(person: Person, name: str) -> str:
    """Create a token that acts as `person`; gives the token, which cannot be shown again.

    :param name: what the token is for.
    :raises BadRequest: if the name is empty or too long.
    """
    label = name.strip()
    if not label or len(label) > MAX_TOKEN_NAME_CHARS:
        raise BadRequest(f"A token needs a name of 1 to {MAX_TOKEN_NAME_CHARS} characters.", field="name")
    secret = secret_tokens.new_secret(person.id)
    credentials.add_token(person.id, secret_tokens.digest(secret), label)
    return PREFIX + secret


def person_with(token: str) -> Person | None:
    """The person that `token` belongs to; None if it is unknown or revoked."""
    secret = token.removeprefix(PREFIX)
    person_id = secret_tokens.person_of(secret) if token.startswith(PREFIX) else None
    if person_id is None:
        return None
    return credentials.person_with_token(person_id, secret_tokens.digest(secret))


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token's public data. `id` identifies the token but does not authenticate; `created_at`: epoch seconds."""

    id: str
    name: str
    created_at: int


def tokens_of(person: Person) -> list[ApiToken]:
    """A person's tokens, oldest first."""
    return [
        ApiToken(token.digest[:_ID_CHARS], token.name, token.created_at) for token in credentials.tokens_of(person.id)
    ]


def revoke_by_id(person: Person, token_id: str) -> None:
    """Revoke the person's token with this id.

    :raises NotFound: if the person has no such token.
    """
    found = [token for token in credentials.tokens_of(person.id) if token.digest[:_ID_CHARS] == token_id]
    if not found:
        raise NotFound("You have no such API token; it may have been revoked.")
    credentials.remove_token(person.id, found[0].digest)


def revoke_all(person: Person) -> None:
    """Revoke all of a person's tokens."""
    for token in credentials.tokens_of(person.id):
        credentials.remove_token(person.id, token.digest)


def revoke(token: str) -> None:
    """Revoke `token`."""
    secret = token.removeprefix(PREFIX)
    person_id = secret_tokens.person_of(secret)
    if person_id is not None:
        credentials.remove_token(person_id, secret_tokens.digest(secret))
