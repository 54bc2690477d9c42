"""The sessions of people in their browsers, in ``core``.

======================  ==========================================================================
sk                      holds
======================  ==========================================================================
``session#<id>``        a :class:`BrowserSession`; a session whose item is deleted has ended
======================  ==========================================================================
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Final

from pynamodb.attributes import NumberAttribute

from chalicelib.store import aws
from chalicelib.store.people import Person, parse, partition, profile_key
from chalicelib.store.tables import CoreItem

_PREFIX: Final = "session#"


class BrowserSessionItem(CoreItem):
    """A session, or another item of the same person."""

    used_at = NumberAttribute(null=True)


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A session as it is stored.

    :ivar began_at, expires: epoch seconds.
    :ivar used_at: when it was last used, epoch seconds; up to an hour old.
    :ivar browser, system: names, ``""`` if unknown.
    :ivar country: of the address that signed in; ISO 3166-1 alpha-2 code, ``""`` if unknown.
    """

    id: str
    began_at: int
    used_at: int
    expires: int
    browser: str = ""
    system: str = ""
    country: str = ""


def add(person_id: str, session: BrowserSession) -> None:
    """Store a new session."""
    details = {"browser": session.browser, "system": session.system, "country": session.country}
    body = {"began_at": session.began_at} | {name: value for name, value in details.items() if value}
    key = partition(person_id), _PREFIX + session.id
    BrowserSessionItem(*key, body=json.dumps(body), used_at=session.used_at, expires=session.expires).save()


def find(person_id: str, session_id: str) -> tuple[Person | None, BrowserSession | None]:
    """The person and this session of theirs, with one consistent read."""
    keys = [profile_key(person_id), (partition(person_id), _PREFIX + session_id)]
    found = {item.sk: item for item in BrowserSessionItem.batch_get(keys, consistent_read=True)}
    profile, session = (found.get(sk) for _, sk in keys)
    return (
        parse(profile) if profile is not None else None,
        _session(session) if session is not None else None,
    )


def sessions_of(person_id: str) -> list[BrowserSession]:
    """The sessions of a person, the one that was used last first."""
    items = BrowserSessionItem.query(
        partition(person_id), BrowserSessionItem.sk.startswith(_PREFIX), consistent_read=True
    )
    sessions = [_session(item) for item in items if (item.expires or 0) > time.time()]
    return sorted(sessions, key=lambda session: (session.used_at, session.id), reverse=True)


def mark_used(person_id: str, session_id: str, now: int) -> None:
    """Store that a session is used at `now` (epoch seconds), unless it has ended."""
    aws.condition_met(
        lambda: BrowserSessionItem(partition(person_id), _PREFIX + session_id).update(
            actions=[BrowserSessionItem.used_at.set(now)], condition=BrowserSessionItem.pk.exists()
        )
    )


def end(person_id: str, session_id: str) -> None:
    """End a session, if there is one."""
    BrowserSessionItem(partition(person_id), _PREFIX + session_id).delete()


def end_all(person_id: str) -> None:
    """End all sessions of a person."""
    for item in BrowserSessionItem.query(partition(person_id), BrowserSessionItem.sk.startswith(_PREFIX)):
        item.delete()


def _session(item: BrowserSessionItem) -> BrowserSession:
    body = json.loads(item.body or "{}")
    began_at = int(body.get("began_at", 0))
    return BrowserSession(
        id=item.sk.removeprefix(_PREFIX),
        began_at=began_at,
        used_at=int(item.used_at or began_at),
        expires=int(item.expires or 0),
        browser=str(body.get("browser", "")),
        system=str(body.get("system", "")),
        country=str(body.get("country", "")),
    )
