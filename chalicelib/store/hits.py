"""Hits in the `sessions` table: per visitor and hour a set of packed records, in a few items.

Each batch of the worker adds an item per visitor and hour. The records of the hour are the union of its items, so hits
may be written again and their order does not matter. Nothing is read before a write. See docs/adr/0021.

The sort key begins with the hour of the hits and the second in which they were written (`!` and 8 hexadecimal digits).
So a build reads what is new in an hour without reading the rest; see docs/adr/0053. Items of earlier releases lack the
second; they sort after all others, and are always read.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from chalicelib import config
from chalicelib.config import DAY_HOURS, settings
from chalicelib.errors import Poison
from chalicelib.store.batch_write import put_all
from chalicelib.store.records import Traits, VisitorHour
from chalicelib.store.sites import Site
from chalicelib.store.tables import SessionItem

# Items are kept a little longer than the retention, so that no day is built from a part of its hits.
_RETENTION_GRACE_DAYS = 2
# The prefix of the sort keys of pointers, after those of all hours, so that no range of hours includes them.
_POINTER = "id#"
_MAX_POINTED = 10_000

# DynamoDB's limit for an item is 400 KB; this leaves room for the keys and the traits of the visitor.
_ITEM_BYTES = 380_000

# The pointers that this process has written, by key.
_pointed: set[tuple[str, str]] = set()


def add(given: Sequence[tuple[Site, VisitorHour]]) -> dict[int, Poison]:
    """Store records; returns those that can never be stored, by their index in `given`.

    :raises PutError: when DynamoDB keeps failing with errors that may be temporary. Items already written stay; they
        can be written again.
    """
    items: dict[tuple[str, str], SessionItem] = {}
    places: dict[tuple[str, str], list[int]] = {}
    refused: dict[int, Poison] = {}
    for place, (site, hour) in enumerate(given):
        try:
            made = [*_items(site, hour), *_pointers(site, hour)]
        except (ValueError, OverflowError) as error:  # invalid text or date
            refused[place] = Poison("unstorable", f"{type(error).__name__}: {error}")
            continue
        for item in made:
            items[item.pk, item.sk] = item  # a visitor of two hours is pointed to once
            places.setdefault((item.pk, item.sk), []).append(place)
    told = {(item.pk, item.sk): word for item, word in put_all(list(items.values()))}
    _note_pointers(key for key in items if key not in told)
    return refused | {place: Poison("unstorable", word) for key, word in told.items() for place in places[key]}


def _items(site: Site, given: VisitorHour) -> Iterator[SessionItem]:
    """The records as items: usually one, more if they are too large for one."""
    traits, written = given.traits.pack(), f"!{int(time.time()):08x}"
    for records in _portions(sorted(given.records)):
        # The key contains a digest of the content, so that two items of one second do not replace each other.
        digest = hashlib.blake2b("\n".join([traits, *records]).encode(), digest_size=9).digest()
        yield SessionItem(
            partition(site.id, given.day),
            f"{given.hour:02d}#{written}#{given.visitor}#{base64.urlsafe_b64encode(digest).decode()}",
            hits=set(records),
            traits=traits,
            expires=_expires(site, given.day),
        )


def _portions(records: Sequence[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    size = 0
    for record in records:
        size += len(record.encode())
        if portion and size > _ITEM_BYTES:
            yield portion
            portion, size = [], len(record.encode())
        portion.append(record)
    yield portion


def _pointers(site: Site, given: VisitorHour) -> Iterator[SessionItem]:
    """Items that lead from a site's own identifiers of a visitor to the visitor's key of that day.

    They are separate items, because a visitor may have several identifiers in an hour (a shared computer), and an item
    has one key in an index.
    """
    for identifier in sorted(given.identifiers):
        digest = hashlib.sha256(identifier.encode()).hexdigest()[:16]
        pk, sk = partition(site.id, given.day), f"{_POINTER}{given.visitor}#{digest}"
        if (pk, sk) not in _pointed:
            yield SessionItem(pk, sk, identified=_identity(site.id, identifier), expires=_forgotten(site, given.day))


def _note_pointers(written: Iterable[tuple[str, str]]) -> None:
    found = {(pk, sk) for pk, sk in written if sk.startswith(_POINTER)}
    if len(_pointed) + len(found) > _MAX_POINTED:
        _pointed.clear()
    _pointed.update(found)


def visitors_with_identifier(site_id: str, identifier: str) -> list[tuple[date, str]]:
    """The days, latest first, and visitor keys with visits of the visitor with this `identifier`."""
    found = SessionItem.identifier_index.query(_identity(site_id, identifier))
    keys = {(date.fromisoformat(item.pk.rpartition("#")[2]), item.sk.split("#")[1]) for item in found}
    return sorted(keys, reverse=True)


def _identity(site_id: str, identifier: str) -> str:
    return f"{site_id}#{identifier}"


def read(site_id: str, day: date, hour: int, after: str = "") -> Iterator[tuple[str, VisitorHour]]:
    """The stored items of an hour of a site-day, in the order in which they were written.

    :param after: see :func:`resume_after`; empty for all items.
    :returns: the second in which an item was written, as in its key (``""`` for items of earlier releases, which come
        last), and its records. Items of a visitor may overlap.
    """
    between = SessionItem.sk.between(f"{hour:02d}#{after}", f"{hour:02d}~")
    for item in SessionItem.query(partition(site_id, day), between, consistent_read=True):
        _, *rest = item.sk.split("#")
        written = rest.pop(0) if rest[0].startswith("!") else ""
        yield written, VisitorHour(day, hour, rest[0], Traits.unpack(item.traits), frozenset(item.hits or ()))


def resume_after(written: str) -> str:
    """From where to read on after an item that was written in that second.

    An item can become visible after items of later seconds, as long as the worker may take to write it and clocks may
    differ. So the last minute is read again.
    """
    return f"!{max(0, int(written[1:], 16) - config.WRITE_OVERLAP_S):08x}" if written else ""


def hours_with_hits(site_id: str, day: date) -> list[int]:
    """The hours of a site-day of which hits are stored, in order; one small read each."""
    found: list[int] = []
    key, first = partition(site_id, day), 0
    while first < DAY_HOURS:
        # Pointers of identifiers, `id#…`, sort after all hours.
        between = SessionItem.sk.between(f"{first:02d}#", f"{DAY_HOURS - 1:02d}~")
        item = next(iter(SessionItem.query(key, between, limit=1, consistent_read=True)), None)
        if item is None:
            break
        found.append(int(item.sk[:2]))
        first = found[-1] + 1
    return found


def has_hits(site_id: str, day: date, hour: int) -> bool:
    """Whether hits of an hour of a site-day are stored; one small read."""
    between = SessionItem.sk.between(f"{hour:02d}#", f"{hour:02d}~")
    return any(True for _ in SessionItem.query(partition(site_id, day), between, limit=1, consistent_read=True))


def partition(site_id: str, day: date) -> str:
    """The partition key of a site-day."""
    return f"{site_id}#{day.isoformat()}"


def _expires(site: Site, day: date) -> int:
    """Epoch seconds until which the rows are needed: until segments surely hold them."""
    hot_s = settings().hot_days * 24 * 60 * 60
    return min(max(site.calendar.day_end(day) // 1000, int(time.time())) + hot_s, _forgotten(site, day))


def _forgotten(site: Site, day: date) -> int:
    """Epoch seconds at which the site's retention of a day has ended."""
    kept_s = (site.retention_days + _RETENTION_GRACE_DAYS) * 24 * 60 * 60
    return site.calendar.day_end(day) // 1000 + kept_s
