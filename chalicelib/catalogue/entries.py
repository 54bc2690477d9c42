"""What the entries of the catalogue have in common: unique keys, and the rows that they are about."""

from __future__ import annotations

from typing import Literal, Protocol, TypeVar

# What is counted: the rows of `human_visits` or of `human_views`.
Level = Literal["visits", "views"]


class Entry(Protocol):
    """An entry with a key."""

    @property
    def key(self) -> str:
        """Unique among entries of its kind."""


_Entry = TypeVar("_Entry", bound=Entry)


def by_key(*entries: _Entry) -> dict[str, _Entry]:
    """The entries by their keys.

    :raises ValueError: if two have the same key.
    """
    found = {entry.key: entry for entry in entries}
    if len(found) < len(entries):
        raise ValueError("two entries of the catalogue have the same key")
    return found
