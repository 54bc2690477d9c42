"""Removing everything of a person who was deleted. `person_kinds` declares what there is."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chalicelib.store import people
from chalicelib.store.domains import DomainItem
from chalicelib.store.person_kinds import Deleted, Found, kind_of
from chalicelib.store.tables import CoreItem


class Undeclared(Exception):
    """Items that name the person and are of no declared kind; their keys."""


def remove_own(deleted: Deleted) -> None:
    """Remove what is under the person's own key, and what can be reached from there."""
    for item in list(CoreItem.query(people.partition(deleted.person_id), consistent_read=True)):
        found = _found(item)
        kind = kind_of(deleted.person_id, found.pk, found.sk)
        if kind is None:  # of another version: it belongs to nobody else, so it can go
            item.delete()
        else:
            kind.remove(deleted, found)


def remove_all(deleted: Deleted) -> int:
    """Look through the table for what belongs to the person or names them, and remove it; gives how much it was.

    :raises Undeclared: if something is of no known kind. Everything else has been removed by then.
    """
    removed, unknown = 0, []
    for item in naming(deleted):
        kind = kind_of(deleted.person_id, item.pk, item.sk)
        if kind is None:
            unknown.append(f"{item.pk} {item.sk}")
        else:
            removed += kind.remove(deleted, item)
    if unknown:
        raise Undeclared(", ".join(unknown))
    return removed


def naming(deleted: Deleted) -> Iterator[Found]:
    """The items that name the person, by id or address, in their keys, their body, or as the owner of a domain."""
    texts = [deleted.person_id]
    for address in deleted.addresses:
        texts += {address, json.dumps(address)[1:-1], address.casefold()}
    condition = DomainItem.owner == deleted.person_id
    for text in texts:
        condition |= DomainItem.body.contains(text) | DomainItem.pk.contains(text) | DomainItem.sk.contains(text)
    for item in list(DomainItem.scan(condition, consistent_read=True)):
        yield _found(item)


def _found(item: CoreItem) -> Found:
    return Found(str(item.pk), str(item.sk), str(item.body or ""))
