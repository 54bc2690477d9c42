"""What is stored of hits: small packed records, what is known of their visitor, and both together for one hour.

A record is a JSON array, the same text however often its event is delivered; a set of them is a DynamoDB string set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chalicelib import config

# What is stored of each number, least and most: the collector refuses or bounds what is beyond, and so does the reader.
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "load_time": (0, config.MAX_LOAD_TIME_MS),
    "engagement": (0, config.MAX_ENGAGEMENT_MS),
    "scroll": (0, 100),
    "amount": (-config.MAX_AMOUNT * config.MICROS, config.MAX_AMOUNT * config.MICROS),
}

VIEW = "view"
LEAVE = "leave"
EVENT = "event"
_KINDS = {"v": VIEW, "l": LEAVE, "e": EVENT}


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
    :ivar redirect: True for a leave by a script that replaced the page at once.
    :ivar host: the host of the viewed page, see `hostnames`; None for records of before it was kept.
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
    redirect: bool | None = None
    host: str | None = None

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
