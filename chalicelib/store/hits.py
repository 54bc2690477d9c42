"""Hits, as the `sessions` table keeps them: per visitor and hour a set of small packed records, in a few items.

What a batch brings of a visitor's hour is an item of its own, under a key that says what is in it, and the hour's set
is the union of its items. So adding something twice, in any order and in any company, changes nothing. Nothing here
reads before it writes. See docs/adr/0021.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from chalicelib.config import DAY_HOURS
from chalicelib.days import runs
from chalicelib.errors import Poison
from chalicelib.store.batch_write import put_all
from chalicelib.store.records import VisitorHour
from chalicelib.store.sites import Site
from chalicelib.store.tables import SessionItem
from chalicelib.store.visitor_hour import Union

# Items outlive the retention a little, so that a day at its edge is never rebuilt from half its hits.
_RETENTION_GRACE_DAYS = 2
# How the sort key of a pointer begins: after every hour's, so that no range of hours includes it.
_POINTER = "id#"
_MAX_POINTED = 10_000

# DynamoDB's limit for an item is 400 KB; this leaves room for its keys and what is known of the visitor.
_ITEM_BYTES = 380_000

# The pointers that this process has left, by their keys.
_pointed: set[tuple[str, str]] = set()


def add(given: Sequence[tuple[Site, VisitorHour]]) -> dict[int, Poison]:
    """Add records to what is stored; the ones that can never be stored come back, by their place in `given`.

    :raises PutError: when DynamoDB fails in a way that may pass, and goes on failing. What was written stays, and
        writing it again is harmless.
    """
    items: dict[tuple[str, str], SessionItem] = {}
    places: dict[tuple[str, str], list[int]] = {}
    refused: dict[int, Poison] = {}
    for place, (site, hour) in enumerate(given):
        try:
            made = [*_items(site, hour), *_pointers(site, hour)]
        except (ValueError, OverflowError) as error:  # a text or a day that no item can have
            refused[place] = Poison("unstorable", f"{type(error).__name__}: {error}")
            continue
        for item in made:
            items[item.pk, item.sk] = item  # a visitor of two hours is pointed to once
            places.setdefault((item.pk, item.sk), []).append(place)
    told = {(item.pk, item.sk): word for item, word in put_all(list(items.values()))}
    _note_pointers(key for key in items if key not in told)
    return refused | {place: Poison("unstorable", word) for key, word in told.items() for place in places[key]}


def _items(site: Site, given: VisitorHour) -> Iterator[SessionItem]:
    """The records as items: mostly one, and as many as it takes of an hour that is full."""
    traits = given.traits.pack()
    for records in _portions(sorted(given.records)):
        # The key says what is in it: written again it is the same item, and no item writes over another.
        digest = hashlib.blake2b("\n".join([traits, *records]).encode(), digest_size=9).digest()
        yield SessionItem(
            partition(site.id, given.day),
            f"{given.hour:02d}#{given.visitor}#{base64.urlsafe_b64encode(digest).decode()}",
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
    """Pointers from the site's own names for a visitor to the visitor's key of that day.

    Items of their own, because one visitor may have several names in an hour (a shared computer), and an item stands
    in an index under one.
    """
    for identifier in sorted(given.identifiers):
        digest = hashlib.sha256(identifier.encode()).hexdigest()[:16]
        pk, sk = partition(site.id, given.day), f"{_POINTER}{given.visitor}#{digest}"
        if (pk, sk) not in _pointed:
            yield SessionItem(pk, sk, identified=_identity(site.id, identifier), expires=_expires(site, given.day))


def _note_pointers(written: Iterable[tuple[str, str]]) -> None:
    found = {(pk, sk) for pk, sk in written if sk.startswith(_POINTER)}
    if len(_pointed) + len(found) > _MAX_POINTED:
        _pointed.clear()
    _pointed.update(found)


def visitors_called(site_id: str, identifier: str) -> list[tuple[date, str]]:
    """Under which keys, on which days, there are visits of whom the site calls `identifier`; the latest day first."""
    found = SessionItem.identifier_index.query(_identity(site_id, identifier))
    keys = {(date.fromisoformat(item.pk.rpartition("#")[2]), item.sk.split("#")[1]) for item in found}
    return sorted(keys, reverse=True)


def _identity(site_id: str, identifier: str) -> str:
    return f"{site_id}#{identifier}"


def read(site: Site, day: date, hours: Iterable[int] | None = None) -> Iterator[VisitorHour]:
    """All that is stored of the given hours of a site-day (None: of all), as of now: one for each visitor and hour.

    What a visitor has beyond the site's limit in an hour is left out, the latest first, and its number told.
    """
    key = partition(site.id, day)
    if hours is None:
        hours = range(DAY_HOURS)
    for first, last in runs(sorted(set(hours)), lambda hour: hour + 1):
        between = SessionItem.sk.between(f"{first:02d}#", f"{last:02d}~")
        stored = SessionItem.query(key, between, consistent_read=True)
        for (hour, visitor), items in groupby(stored, _whose):
            union = Union(site.max_visitor_hour)
            for item in items:
                union.add(item.hits, item.traits)
            yield union.made(day, hour, visitor)


def partition(site_id: str, day: date) -> str:
    """The partition key of a site-day."""
    return f"{site_id}#{day.isoformat()}"


def _whose(item: SessionItem) -> tuple[int, str]:
    hour, visitor, *_ = item.sk.split("#")
    return int(hour), visitor


def _expires(site: Site, day: date) -> int:
    kept_s = (site.retention_days + _RETENTION_GRACE_DAYS) * 24 * 60 * 60
    return site.calendar.day_end(day) // 1000 + kept_s
