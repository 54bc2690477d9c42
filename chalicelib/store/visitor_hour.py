"""Merging the items of a visitor's hour, within the limits of an hour, independent of their order.

Items may overlap, when a batch was delivered again with other messages. In a flood there are many: records beyond the
limits are counted by their digests, without being kept in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from chalicelib.config import MAX_VISITOR_HOUR_BYTES
from chalicelib.store.records import Record, Traits, VisitorHour

_TRAITS = frozenset(Traits.__dataclass_fields__)


class RecordMerge:
    """Merges items that are added one by one.

    :param most: how many records are kept, the earliest, as long as they have no more than
        :data:`~chalicelib.config.MAX_VISITOR_HOUR_BYTES` together.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[bytes] = set()  # digests, by which the records are counted
        self._kept: list[str] = []
        self._bytes = 0
        self._end: tuple[int, str] | None = None  # of what was cut the earliest: nothing from there on is kept
        self._known: dict[str, Any] = {}

    def add(self, records: Iterable[str], traits: str | None) -> None:
        """Add the records of an item."""
        for packed in records:
            encoded = packed.encode()
            digest = hashlib.blake2b(encoded, digest_size=12).digest()
            if digest not in self._seen:
                self._seen.add(digest)
                if self._end is None or _order(packed) < self._end:
                    self._kept.append(packed)
                    self._bytes += len(encoded)
        if len(self._kept) > 2 * self._most or self._bytes > 2 * MAX_VISITOR_HOUR_BYTES:
            self._cut()  # now and then; what is beyond a part of the records is beyond all of them
        for name, value in json.loads(traits or "{}").items():
            if name in _TRAITS and (name not in self._known or value > self._known[name]):
                self._known[name] = value

    def result(self, day: date, hour: int, visitor: str) -> VisitorHour:
        """Everything that was added, as the hour of this visitor."""
        self._cut()
        beyond = len(self._seen) - len(self._kept)
        return VisitorHour(day, hour, visitor, Traits(**self._known), frozenset(self._kept), beyond=beyond)

    def _cut(self) -> None:
        if len(self._kept) <= self._most and self._bytes <= MAX_VISITOR_HOUR_BYTES:
            return
        self._kept.sort(key=_order)
        size = fitting = 0
        for packed in self._kept[: self._most]:
            if size + len(packed.encode()) > MAX_VISITOR_HOUR_BYTES:
                break
            size += len(packed.encode())
            fitting += 1
        self._end = _order(self._kept[fitting])
        self._kept, self._bytes = self._kept[:fitting], size


def _order(packed: str) -> tuple[int, str]:
    return Record.unpack(packed).t, packed
