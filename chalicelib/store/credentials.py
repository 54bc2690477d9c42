"""API tokens and ended sessions, in the partition of their person in ``core``.

Of secrets, only the SHA-256 is stored.

==========================  ===================================================================================
sk                          holds
==========================  ===================================================================================
``token#<sha256>``          an API token: its name and creation time
``ended#<session id>``      a session that was signed out before its time; expires with the session
==========================  ===================================================================================
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from chalicelib.store.people import Person, parse, partition, profile_key
from chalicelib.store.tables import CoreItem


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as it is stored. `created_at`: epoch seconds."""

    digest: str
    name: str
    created_at: int


def add_token(person_id: str, digest: str, name: str) -> None:
    """Store an API token by its digest."""
    body = json.dumps({"name": name, "created_at": int(time.time())})
    CoreItem(partition(person_id), f"token#{digest}", body=body).save()


def remove_token(person_id: str, digest: str) -> None:
    """Delete an API token, if it exists."""
    CoreItem(partition(person_id), f"token#{digest}").delete()


def tokens_of(person_id: str) -> list[Token]:
    """The API tokens of a person, the oldest first."""
    found = []
    for item in CoreItem.query(partition(person_id), CoreItem.sk.startswith("token#")):
        body = json.loads(item.body or "{}")
        found.append(Token(item.sk.removeprefix("token#"), str(body.get("name", "")), int(body.get("created_at", 0))))
    return sorted(found, key=lambda token: (token.created_at, token.digest))


def person_with_token(person_id: str, digest: str) -> Person | None:
    """The person, if they have this token."""
    person, token = _profile_and(person_id, f"token#{digest}")
    return person if token is not None else None


def end_session(person_id: str, session_id: str, expires: int) -> None:
    """Remember that a session was signed out, until it would have ended by itself at `expires` (epoch seconds)."""
    CoreItem(partition(person_id), f"ended#{session_id}", expires=expires).save()


def person_in_session(person_id: str, session_id: str) -> Person | None:
    """The person, unless this session of theirs was signed out."""
    person, ended = _profile_and(person_id, f"ended#{session_id}")
    return person if ended is None else None


def _profile_and(person_id: str, sk: str) -> tuple[Person | None, CoreItem | None]:
    """The person and another item of the person, with one consistent read."""
    keys = [profile_key(person_id), (partition(person_id), sk)]
    found = {item.sk: item for item in CoreItem.batch_get(keys, consistent_read=True)}
    profile = found.get(keys[0][1])
    return (parse(profile) if profile is not None else None), found.get(sk)
