"""Hits, as the `sessions` table keeps them: per visitor and hour a set of small packed records, in a few items.

A record is a JSON array, the same text however often its event is delivered. What a batch brings of a visitor's hour
is an item of its own, a string set under a key that says what is in it, and the hour's set is the union of its items.
So adding something twice, in any order and in any company, changes nothing. Nothing here reads before it writes. See
docs/adr/0021.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from chalicelib.days import day_end
from chalicelib.errors import Poison
from chalicelib.store.batches import put_all
from chalicelib.store.sites import Site
from chalicelib.store.tables import SessionItem

VIEW = "view"
LEAVE = "leave"
EVENT = "event"
_KINDS = {"v": VIEW, "l": LEAVE, "e": EVENT}

# Items outlive the retention a little, so that a day at its edge is never rebuilt from half its hits.
_RETENTION_GRACE_DAYS = 2
# A day has 25 hours at most; the index of one counts from 0.
_HOURS = 26
# How the sort key of a pointer begins: after every hour's, so that no range of hours includes it.
_POINTER = "id#"
_MAX_POINTED = 10_000

# DynamoDB's limit for an item is 400 KB; this leaves room for its keys and what is known of the visitor.
_ITEM_BYTES = 380_000

# So many records of one visitor's hour are held in memory, and counted exactly. Beyond that a record which a batch that
# came again has left in two items may be counted twice among those that are left out anyway.
_FLOOD_RECORDS = 50_000

# The pointers that this process has left, by their keys.
_pointed: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True)
class Record:
    """One packed record: a page view, a sign of life of one, or a custom event.

    :ivar kind: :data:`VIEW` or :data:`LEAVE`, which carry the view's `id` and meet by it when they are read; or
        :data:`EVENT`, with an id of its own.
    :ivar t: epoch ms at which the collector received it.
    :ivar source: name of the source; ``""`` when the referrer is the site itself; None when there is none.
    :ivar load_time: ms; :ivar engagement: ms the page was visible and focused, as known at `t`.
    :ivar channel: the channel of `source`, see `enrich.channel`.
    :ivar scroll: percent; :ivar amount: millionths of `currency`; :ivar props: a JSON object of texts.
    :ivar interactive: True for an event after which the visit is no bounce.
    """

    kind: str
    id: str
    t: int
    page: str | None = None
    referrer: str | None = None
    source: str | None = None
    load_time: int | None = None
    engagement: int | None = None
    tracker: str | None = None
    identifier: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    channel: str | None = None
    scroll: int | None = None
    event_name: str | None = None
    props: str | None = None
    amount: int | None = None
    currency: str | None = None
    interactive: bool | None = None

    def pack(self) -> str:
        """The record as text, one text for one record."""
        values: list[Any] = [getattr(self, name) for name in _RECORD_FIELDS]
        values[0] = self.kind[0]
        while values[-1] is None:
            values.pop()
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def unpack(cls, packed: str) -> Record:
        """The record a text stands for."""
        kind, *rest = json.loads(packed)
        return cls(_KINDS[kind], *rest)


# The order in which a record is packed: new fields go to the end, and old records stay readable.
_RECORD_FIELDS = tuple(Record.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a visitor: derived from the user agent and the address, both of which are gone by then."""

    browser: str | None = None
    system: str | None = None
    device_type: str | None = None
    country: str | None = None
    network: str | None = None
    robot: bool = False
    robot_reason: str | None = None
    region: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    timezone: str | None = None

    def pack(self) -> str:
        """What is known, by name, as JSON: one attribute of an item, since each more costs botocore 4 µs to read."""
        known = {name: value for name in _TRAITS if (value := getattr(self, name)) not in (None, False)}
        return json.dumps(known, ensure_ascii=False, separators=(",", ":"))


_TRAITS = tuple(Traits.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class VisitorHour:
    """Some records of one visitor in one hour of a site-day: what a batch adds, or all that is stored.

    :ivar hour: whole hours since the day began.
    :ivar identifiers: the site's own names for the visitor that records gave: for finding them again.
    :ivar beyond: how many records were left out, because the hour has more than the site allows.
    """

    day: date
    hour: int
    visitor: str
    traits: Traits
    records: frozenset[str]
    identifiers: frozenset[str] = frozenset()
    beyond: int = 0


def add(given: Sequence[tuple[Site, VisitorHour]]) -> dict[int, Poison]:
    """Add records to what is stored; the ones that can never be stored come back, by their place in `given`.

    :raises PutError: when DynamoDB fails in a way that may pass, and goes on failing. What was written stays, and
        writing it again is harmless.
    """
    places: dict[tuple[str, str], int] = {}
    items: list[SessionItem] = []
    for place, (site, hour) in enumerate(given):
        for item in (*_items(site, hour), *_pointers(site, hour)):
            places[item.pk, item.sk] = place
            items.append(item)
    refused = {places[item.pk, item.sk]: Poison("unstorable", word) for item, word in put_all(items)}
    _note_pointers(item for item in items if places[item.pk, item.sk] not in refused)
    return refused


def _items(site: Site, given: VisitorHour) -> Iterator[SessionItem]:
    """The records as items: mostly one, and as many as it takes of an hour that is full."""
    for records in _portions(sorted(given.records)):
        # The key says what is in it: written again it is the same item, and no item writes over other records.
        digest = hashlib.blake2b("\n".join(records).encode(), digest_size=9).digest()
        yield SessionItem(
            partition(site.id, given.day),
            f"{given.hour:02d}#{given.visitor}#{base64.urlsafe_b64encode(digest).decode()}",
            hits=set(records),
            traits=given.traits.pack(),
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


def _note_pointers(written: Iterable[SessionItem]) -> None:
    found = {(item.pk, item.sk) for item in written if item.sk.startswith(_POINTER)}
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
        hours = range(_HOURS)
    for first, last in _runs(sorted(set(hours))):
        between = SessionItem.sk.between(f"{first:02d}#", f"{last:02d}~")
        stored = SessionItem.query(key, between, consistent_read=True)
        for (hour, visitor), items in groupby(stored, _whose):
            yield _union(site, day, hour, visitor, items)


def partition(site_id: str, day: date) -> str:
    """The partition key of a site-day."""
    return f"{site_id}#{day.isoformat()}"


def _whose(item: SessionItem) -> tuple[int, str]:
    hour, visitor, *_ = item.sk.split("#")
    return int(hour), visitor


def _union(site: Site, day: date, hour: int, visitor: str, items: Iterable[SessionItem]) -> VisitorHour:
    """What items of one visitor's hour hold together; a batch that came again may have left them overlapping."""
    most = site.max_visitor_hour
    records: set[str] = set()
    known: dict[str, Any] = {}
    beyond = 0
    for item in items:
        records |= item.hits
        if len(records) > _FLOOD_RECORDS:
            beyond += len(records) - most
            records = _earliest(records, most)
        for name, value in json.loads(item.traits or "{}").items():
            if name not in known or value > known[name]:  # the same whatever the order
                known[name] = value
    beyond += max(0, len(records) - most)
    return VisitorHour(day, hour, visitor, Traits(**known), frozenset(_earliest(records, most)), beyond=beyond)


def _earliest(records: set[str], most: int) -> set[str]:
    if len(records) <= most:
        return records
    return set(sorted(records, key=lambda packed: (Record.unpack(packed).t, packed))[:most])


def _runs(hours: list[int]) -> list[tuple[int, int]]:
    """Hours that follow each other, as (first, last): each is one query."""
    runs: list[tuple[int, int]] = []
    for hour in hours:
        if runs and runs[-1][1] == hour - 1:
            runs[-1] = (runs[-1][0], hour)
        else:
            runs.append((hour, hour))
    return runs


def _expires(site: Site, day: date) -> int:
    kept_s = (site.retention_days + _RETENTION_GRACE_DAYS) * 24 * 60 * 60
    return day_end(day, site.zone) // 1000 + kept_s
