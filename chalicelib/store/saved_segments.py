"""Saved segments: filters with a name, in ``core``. Files of hits are called segments, too; those are `store.segments`.

================  ============================  ================================================================
pk                sk                            holds
================  ============================  ================================================================
``site#<id>``     ``segment#<segment>``         a :class:`SavedSegment` that the people of the site share
``person#<id>``   ``segment#<site>#<segment>``  one that a person keeps for themselves
================  ============================  ================================================================
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Final

from pynamodb.transactions import TransactWrite

from chalicelib.store import aws, people
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import transact

_PREFIX: Final = "segment#"


@dataclass(frozen=True, slots=True)
class SavedSegment:
    """Filters with a name.

    :ivar id: unique in the site; :ivar filters: the texts of the filters, see `report.filters`.
    :ivar owner: id of the person who saved it; ``""`` if their account was deleted.
    :ivar shared: whether everybody who may view the site sees it, or only its owner.
    :ivar created_at: epoch seconds; :ivar version: of the stored item.
    """

    site_id: str
    id: str
    name: str
    filters: tuple[str, ...]
    owner: str
    shared: bool
    created_at: int = 0
    version: int = 1


def shared_in(site_id: str) -> list[SavedSegment]:
    """Those that the people of a site share."""
    items = CoreItem.query(f"site#{site_id}", CoreItem.sk.startswith(_PREFIX), consistent_read=True)
    return [_parse(item, site_id) for item in items]


def own_in(site_id: str, person_id: str) -> list[SavedSegment]:
    """Those of a site that a person keeps for themselves."""
    sk = CoreItem.sk.startswith(f"{_PREFIX}{site_id}#")
    items = CoreItem.query(people.partition(person_id), sk, consistent_read=True)
    return [_parse(item, site_id) for item in items]


def add(segment: SavedSegment) -> bool:
    """Store a new one; False if there is one with its id."""
    return aws.condition_met(lambda: _item(segment).save(CoreItem.pk.does_not_exist()))


def change(before: SavedSegment, after: SavedSegment) -> bool:
    """Store a changed one; False if the stored one is no longer `before`."""
    old, new = _item(before), _item(dataclasses.replace(after, version=before.version + 1))
    unchanged = CoreItem.version == before.version
    if _key(before) == _key(after):
        return aws.condition_met(lambda: new.save(unchanged))

    def move(transaction: TransactWrite) -> None:
        transaction.delete(old, condition=unchanged)
        transaction.save(new, condition=CoreItem.pk.does_not_exist())

    return transact(move)


def remove(segment: SavedSegment) -> bool:
    """Delete one; False if there is none."""
    return aws.condition_met(lambda: CoreItem(*_key(segment)).delete(CoreItem.pk.exists()))


def disown(site_id: str, segment_id: str, person_id: str) -> bool:
    """Take the name of its owner, whose account is deleted, off a shared one; False if it is not theirs."""
    found = next((one for one in shared_in(site_id) if one.id == segment_id and one.owner == person_id), None)
    return found is not None and change(found, dataclasses.replace(found, owner=""))


def _key(segment: SavedSegment) -> tuple[str, str]:
    if segment.shared:
        return f"site#{segment.site_id}", f"{_PREFIX}{segment.id}"
    return people.partition(segment.owner), f"{_PREFIX}{segment.site_id}#{segment.id}"


def _item(segment: SavedSegment) -> CoreItem:
    body = {
        "name": segment.name,
        "filters": segment.filters,
        "created_at": segment.created_at,
        **({"owner": segment.owner} if segment.shared else {}),
    }
    return CoreItem(*_key(segment), body=json.dumps(body), version=segment.version)


def _parse(item: CoreItem, site_id: str) -> SavedSegment:
    body = json.loads(item.body or "{}")
    shared = str(item.pk).startswith("site#")
    return SavedSegment(
        site_id,
        str(item.sk).rpartition("#")[2],
        body["name"],
        tuple(body["filters"]),
        body["owner"] if shared else str(item.pk).partition("#")[2],
        shared,
        int(body["created_at"]),
        int(item.version),
    )
