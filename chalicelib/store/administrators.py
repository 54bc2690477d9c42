"""The administrators of the installation."""

from __future__ import annotations

import dataclasses

from pynamodb.transactions import TransactWrite

from chalicelib.store import people
from chalicelib.store.people import PROFILE, Person, parse
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import transact


def find() -> list[Person]:
    """All administrators, read consistently. Looks through the whole table."""
    condition = (CoreItem.sk == PROFILE) & CoreItem.body.contains('"admin": true')
    return [person for item in CoreItem.scan(condition, consistent_read=True) if (person := parse(item)).admin]


def dismiss(person: Person, other: Person) -> Person | None:
    """Make a person no administrator any more; as stored, or None if the person, or the other, changed meanwhile.

    :param other: an administrator who remains.
    """
    stored = dataclasses.replace(person, admin=False, version=person.version + 1)

    def change(transaction: TransactWrite) -> None:
        transaction.save(people.item_of(stored), CoreItem.version == person.version)
        transaction.condition_check(CoreItem, *people.profile_key(other.id), CoreItem.version == other.version)

    return stored if transact(change) else None
