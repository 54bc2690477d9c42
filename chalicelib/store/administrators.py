"""The administrators of the installation."""

from __future__ import annotations

from chalicelib.store.people import PROFILE, Person, parse
from chalicelib.store.tables import CoreItem


def find() -> list[Person]:
    """All administrators, read consistently. Looks through the whole table."""
    condition = (CoreItem.sk == PROFILE) & CoreItem.body.contains('"admin": true')
    return [person for item in CoreItem.scan(condition, consistent_read=True) if (person := parse(item)).admin]
