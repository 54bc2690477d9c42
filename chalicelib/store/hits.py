"""Hits, as the `sessions` table keeps them: a set of small packed records per visitor and hour.

A record is a JSON array, the same text however often its event is delivered, so adding it to a DynamoDB string
set twice changes nothing. Nothing here reads before it writes.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.connection import TableConnection
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import size
from pynamodb.expressions.update import Action

from chalicelib.days import day_end
from chalicelib.errors import Poison
from chalicelib.store.sites import Site
from chalicelib.store.tables import SessionItem

VIEW = "view"
LEAVE = "leave"
EVENT = "event"
# The reason for which a visitor's hour that is full takes no more records.
FLOOD = "flood_visitor"
_KINDS = {"v": VIEW, "l": LEAVE, "e": EVENT}

# Items outlive the retention a little, so that a day at its edge is never rebuilt from half its hits.
_RETENTION_GRACE_DAYS = 2
_WRITERS = 8
# A day has 25 hours at most; the index of one counts from 0.
_HOURS = 26
# How the sort key of a pointer begins: after every hour's, so that no range of hours includes it.
_POINTER = "id#"
_MAX_IDENTIFIED = 10_000

# How long a batch's writes that are throttled are tried again, by and by more slowly; botocore gives up after some
# 0.4 s. One that fails for good fails the batch, and so sends up to a hundred messages round once more.
_PATIENCE_S = 10.0
_FIRST_PAUSE_S = 0.25

# What this process has left pointers for: (site, day, visitor, identifier).
_identified: set[tuple[str, date, str, str]] = set()


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


_TRAITS = tuple(Traits.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class VisitorHour:
    """Some records of one visitor in one hour of a site-day: what one write adds, or one item holds.

    :ivar hour: whole hours since the day began.
    :ivar identifiers: the site's own names for the visitor that records gave: for finding them again.
    """

    day: date
    hour: int
    visitor: str
    traits: Traits
    records: frozenset[str]
    identifiers: frozenset[str] = frozenset()


def add(site: Site, hours: Sequence[VisitorHour]) -> list[tuple[VisitorHour, Poison]]:
    """Add the records to what is stored, one blind update each; the ones that can never be stored come back.

    :raises UpdateError: when DynamoDB fails in a way that may pass, and goes on failing. What was written stays, and
        writing it again is harmless.
    """
    refused: list[tuple[VisitorHour, Poison]] = []
    deadline, pause = time.monotonic() + _PATIENCE_S, _FIRST_PAUSE_S
    while True:
        outcomes = list(zip(hours, _add_all(site, hours), strict=True))
        refused += [(hour, outcome) for hour, outcome in outcomes if isinstance(outcome, Poison)]
        failed = [(hour, outcome) for hour, outcome in outcomes if isinstance(outcome, UpdateError)]
        if not failed:
            return refused
        if time.monotonic() + pause > deadline:
            raise failed[0][1]
        time.sleep(pause)
        hours, pause = [hour for hour, _ in failed], pause * 2


def _add_all(site: Site, hours: Sequence[VisitorHour]) -> list[Poison | UpdateError | None]:
    if len(hours) == 1:
        return [_try_one(site, hours[0])]
    _connection()  # made here once, not in every thread
    return list(_writers().map(lambda hour: _try_one(site, hour), hours))


def _try_one(site: Site, given: VisitorHour) -> Poison | UpdateError | None:
    try:
        return _add_one(site, given)
    except UpdateError as error:
        return error


def _add_one(site: Site, given: VisitorHour) -> Poison | None:
    room = SessionItem.hits.does_not_exist() | (size(SessionItem.hits) < site.max_visitor_hour)
    actions: list[Action] = [
        SessionItem.hits.add(set(given.records)),
        SessionItem.expires.set(_expires(site, given.day)),
    ]
    for name in _TRAITS:
        value = getattr(given.traits, name)
        if value is not None and value is not False:
            attribute: Attribute[Any] = getattr(SessionItem, name)
            actions.append(attribute.set(value))
    try:
        # The connection's update, because the model's asks for the whole new item back.
        _connection().update_item(
            partition(site.id, given.day),
            range_key=f"{given.hour:02d}#{given.visitor}",
            actions=actions,
            condition=room,
        )
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return Poison(FLOOD, f"{site.max_visitor_hour} records in an hour")
        if error.cause_response_code == "ValidationException":  # the visitor's hour is full (400 KB), or unstorable
            return Poison("unstorable", str(error.cause_response_message))
        raise
    for identifier in sorted(given.identifiers):
        _identify(site, given, identifier)
    return None


def _identify(site: Site, given: VisitorHour, identifier: str) -> None:
    """Leave a pointer from the site's own name for a visitor to the visitor's key of that day.

    An item of its own, because one visitor may have several names in an hour (a shared computer), and an item stands
    in an index under one.
    """
    key = (site.id, given.day, given.visitor, identifier)
    if key in _identified:
        return
    _connection().update_item(
        partition(site.id, given.day),
        range_key=f"{_POINTER}{given.visitor}#{hashlib.sha256(identifier.encode()).hexdigest()[:16]}",
        actions=[
            SessionItem.identified.set(_identity(site.id, identifier)),
            SessionItem.expires.set(_expires(site, given.day)),
        ],
    )
    if len(_identified) >= _MAX_IDENTIFIED:
        _identified.clear()
    _identified.add(key)


def visitors_called(site_id: str, identifier: str) -> list[tuple[date, str]]:
    """Under which keys, on which days, there are visits of whom the site calls `identifier`; the latest day first."""
    found = SessionItem.identifier_index.query(_identity(site_id, identifier))
    keys = {(date.fromisoformat(item.pk.rpartition("#")[2]), item.sk.split("#")[1]) for item in found}
    return sorted(keys, reverse=True)


def _identity(site_id: str, identifier: str) -> str:
    return f"{site_id}#{identifier}"


def read(site: Site, day: date, hours: Iterable[int] | None = None) -> Iterator[VisitorHour]:
    """All that is stored of the given hours of a site-day (None: of all), as of now."""
    key = partition(site.id, day)
    if hours is None:
        hours = range(_HOURS)
    for first, last in _runs(sorted(set(hours))):
        between = SessionItem.sk.between(f"{first:02d}#", f"{last:02d}~")
        yield from map(_parse, SessionItem.query(key, between, consistent_read=True))


def partition(site_id: str, day: date) -> str:
    """The partition key of a site-day."""
    return f"{site_id}#{day.isoformat()}"


def _parse(item: SessionItem) -> VisitorHour:
    hour, _, visitor = item.sk.partition("#")
    values = {name: getattr(item, name) for name in _TRAITS}
    traits = Traits(**{**values, "robot": bool(item.robot)})
    day = date.fromisoformat(item.pk.rpartition("#")[2])
    return VisitorHour(day, int(hour), visitor, traits, frozenset(item.hits or ()))


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


@cache
def _writers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_WRITERS, "writer")


def _connection() -> TableConnection:
    return SessionItem._get_connection()
