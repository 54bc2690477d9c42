"""One-time links, in the partition of their person in ``core``. Of their secrets, only the SHA-256 is stored.

===============  =============================  ====================================================================
pk               sk                             holds
===============  =============================  ====================================================================
``person#<id>``  ``link#<purpose>#<sha256>``    a link that is valid until it is used or expires, and what it is about
===============  =============================  ====================================================================
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from chalicelib.store import aws
from chalicelib.store.people import Person, parse, partition, profile_key
from chalicelib.store.tables import CoreItem


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A valid link. `person`: whose it is, None if there is no such person (yet); `details`: what it is about."""

    person: Person | None
    details: Mapping[str, str]


def add(person_id: str, purpose: str, digest: str, expires: int, details: Mapping[str, str]) -> None:
    """Store a link by its digest; `expires`: epoch seconds."""
    body = json.dumps(dict(details), sort_keys=True)
    CoreItem(partition(person_id), _sort_key(purpose, digest), body=body, expires=expires).save()


def find(person_id: str, purpose: str, digest: str, now: int) -> StoredLink | None:
    """The link and its person, read consistently; None if it is unknown or has expired by `now` (epoch seconds)."""
    keys = [profile_key(person_id), (partition(person_id), _sort_key(purpose, digest))]
    found = {item.sk: item for item in CoreItem.batch_get(keys, consistent_read=True)}
    profile, link = (found.get(sort_key) for _, sort_key in keys)
    if link is None or (link.expires or 0) <= now:
        return None
    return StoredLink(parse(profile) if profile is not None else None, json.loads(link.body or "{}"))


def use(person_id: str, purpose: str, digest: str, now: int) -> bool:
    """Delete a link; gives whether it was valid, and deleted by this call."""
    return aws.condition_met(
        lambda: CoreItem(partition(person_id), _sort_key(purpose, digest)).delete(CoreItem.expires > now)
    )


def remove(person_id: str, purposes: Collection[str] = ()) -> None:
    """Delete a person's links: those for these purposes, or all if there are none."""
    for item in CoreItem.query(partition(person_id), CoreItem.sk.startswith("link#")):
        if not purposes or item.sk.split("#")[1] in purposes:
            item.delete()


def _sort_key(purpose: str, digest: str) -> str:
    return f"link#{purpose}#{digest}"
