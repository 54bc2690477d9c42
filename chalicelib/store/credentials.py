"""API tokens and ended sessions, in the partition of their person in ``core``.

Of secrets, only the SHA-256 is stored.

==========================  ===================================================================================
sk                          holds
==========================  ===================================================================================
``token#<sha256>``          an API token: its name, what it allows, when it was created, was used and expires
``ended#<session id>``      an ended session of an earlier version, of which there is no item; expires with it
==========================  ===================================================================================
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Final

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import UpdateError

from chalicelib import config
from chalicelib.store import aws
from chalicelib.store.people import Person, parse, partition, profile_key
from chalicelib.store.tables import CoreItem

OF_TOKEN: Final = "token#"  # noqa: S105  (a key, not a password)


class TokenItem(CoreItem):
    """An API token. `used` is beside the body, so that noting a use overwrites nothing."""

    used = NumberAttribute(null=True)  # epoch seconds


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as it is stored.

    :ivar prefix: its first characters; ``""`` for tokens that were issued before these were stored.
    :ivar scopes: None: all.
    :ivar sites: ids of the sites that it is limited to; None: all of the person's.
    :ivar created_at: epoch seconds; :ivar expires_at: epoch seconds, None: never.
    :ivar used_at: epoch seconds of a recent use, see :func:`note_use`; None: not used yet.
    """

    digest: str
    name: str
    created_at: int
    prefix: str = ""
    scopes: tuple[str, ...] | None = None
    sites: tuple[str, ...] | None = None
    expires_at: int | None = None
    used_at: int | None = None


_NOT_IN_BODY: Final = ("digest", "used_at")


def add_token(person_id: str, token: Token) -> None:
    """Store a new API token. An expired one stays for a while, so that its person sees that it has expired."""
    body = {name: value for name, value in dataclasses.asdict(token).items() if name not in _NOT_IN_BODY}
    gone = None if token.expires_at is None else token.expires_at + config.EXPIRED_TOKEN_SHOWN_S
    TokenItem(partition(person_id), f"{OF_TOKEN}{token.digest}", body=json.dumps(body), expires=gone).save()


def remove_token(person_id: str, digest: str) -> None:
    """Delete an API token, if it exists."""
    CoreItem(partition(person_id), f"{OF_TOKEN}{digest}").delete()


def tokens_of(person_id: str) -> list[Token]:
    """The API tokens of a person, expired ones too, the oldest first."""
    items = TokenItem.query(partition(person_id), TokenItem.sk.startswith(OF_TOKEN))
    return sorted((_token(item) for item in items), key=lambda token: (token.created_at, token.digest))


def person_with_token(person_id: str, digest: str) -> tuple[Person, Token] | None:
    """The person and the token with this digest, which may have expired; None if there is no such token."""
    keys = [profile_key(person_id), (partition(person_id), f"{OF_TOKEN}{digest}")]
    found = {item.sk: item for item in TokenItem.batch_get(keys, consistent_read=True)}
    profile, token = (found.get(sk) for _, sk in keys)
    return None if profile is None or token is None else (parse(profile), _token(token))


def note_use(person_id: str, digest: str, now: int, every: int) -> None:
    """Note that a token is used, unless that was done within `every` seconds before or the token was removed."""
    recent = TokenItem.used.does_not_exist() | (TokenItem.used <= now - every)
    aws.condition_met(
        lambda: TokenItem(partition(person_id), f"{OF_TOKEN}{digest}").update(
            actions=[TokenItem.used.set(now)], condition=TokenItem.pk.exists() & recent
        )
    )


def take_site_out(person_partition: str, sk: str, site_id: str) -> None:
    """Remove a site from those to which a token is limited: it allows the others still, or nothing any more."""
    try:
        item = TokenItem.get(person_partition, sk, consistent_read=True)
    except TokenItem.DoesNotExist:
        return
    body = json.loads(item.body or "{}")
    if site_id not in (body.get("sites") or ()):
        return
    body["sites"] = [one for one in body["sites"] if one != site_id]
    try:
        item.update(actions=[TokenItem.body.set(json.dumps(body))], condition=TokenItem.pk.exists())
    except UpdateError as error:
        if not aws.condition_failed(error):  # revoked meanwhile
            raise


def _token(item: TokenItem) -> Token:
    known = {entry.name for entry in dataclasses.fields(Token)} - set(_NOT_IN_BODY)
    body = {name: value for name, value in json.loads(item.body or "{}").items() if name in known}
    for name in ("scopes", "sites"):
        if body.get(name) is not None:
            body[name] = tuple(body[name])
    used: float | None = item.used
    body["used_at"] = None if used is None else int(used)
    return Token(item.sk.removeprefix(OF_TOKEN), **{"name": "", "created_at": 0, **body})


def end_session(person_id: str, session_id: str, expires: int) -> None:
    """Remember that a session of an earlier version was signed out, until it expires (epoch seconds)."""
    CoreItem(partition(person_id), f"ended#{session_id}", expires=expires).save()


def person_in_session(person_id: str, session_id: str) -> Person | None:
    """The person, unless this session of an earlier version was signed out."""
    person, ended = _profile_and(person_id, f"ended#{session_id}")
    return person if ended is None else None


def _profile_and(person_id: str, sk: str) -> tuple[Person | None, CoreItem | None]:
    """The person and another item of the person, with one consistent read."""
    keys = [profile_key(person_id), (partition(person_id), sk)]
    found = {item.sk: item for item in CoreItem.batch_get(keys, consistent_read=True)}
    profile = found.get(keys[0][1])
    return (parse(profile) if profile is not None else None), found.get(sk)
