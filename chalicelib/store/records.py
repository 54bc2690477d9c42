"""What is kept of hits, declared once: the fields of a hit and of a visitor, and the forms in which they are stored.

From these declarations follow the queue's message (`collect.event`), the packed record, the columns of the segments
and the parts of the metric SQL that name them (`aggregate.hit_columns`). A new field of a hit goes to the end of
:class:`Hit`, a new trait to the end of :class:`Traits`; nothing else has to name it but what finds its value.

A record is a JSON array, the same text however often its event is delivered; a set of them is a DynamoDB string set.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import date
from operator import attrgetter
from typing import Any, Final, Literal

from chalicelib import config
from chalicelib.store.fields import between, meeting

Kind = Literal["view", "leave", "event"]
VIEW: Final = "view"
LEAVE: Final = "leave"
EVENT: Final = "event"
_KINDS: Final[dict[str, Kind]] = {"v": VIEW, "l": LEAVE, "e": EVENT}

_PLACE = "place"
_OF_PROGRAMS = "of_programs"


def _is_props(text: str) -> bool:
    """Whether a text is a JSON object of texts."""
    with suppress(ValueError, RecursionError):
        props = json.loads(text)
        return isinstance(props, dict) and all(isinstance(value, str) for value in props.values())
    return False


@dataclass(frozen=True, slots=True)
class Hit:
    """What an event on the queue and a stored record say alike: a page view, a sign of life of one, or a custom event.

    Numbers outside the ranges are refused or bounded by the collector, and again by whoever reads them.

    :ivar kind: :data:`VIEW` or :data:`LEAVE`, which carry the view's `id` and meet by it when they are read; or
        :data:`EVENT`, with an id of its own.
    :ivar t: epoch ms at which it happened, by the collector's clock.
    :ivar load_time: ms; :ivar engagement: ms the page was visible and focused, as known at `t`.
    :ivar tracker: ``"script"``, ``"pixel"``, ``"api"`` or ``"plausible"``.
    :ivar identifier: the site's own name for the visitor.
    :ivar scroll: how far down the page was seen, percent.
    :ivar event_name: a custom event's name; :ivar props: its properties, a JSON object of texts with sorted keys.
    :ivar amount: its revenue in millionths of `currency` (ISO 4217).
    :ivar interactive: the visitor did it, so that a visit with it is no bounce; see docs/adr/0016.
    :ivar redirect: of a leave: a script replaced the page at once; see docs/adr/0034.
    :ivar host: the host of the viewed page, see `hostnames`; None for records from before it was stored.
    """

    kind: Kind
    id: str = field(metadata=meeting(re.compile(r"[!-~]{0,64}").fullmatch))
    t: int = field(metadata=between(0, config.LATEST_T))
    page: str | None = None
    referrer: str | None = None
    load_time: int | None = field(default=None, metadata=between(0, config.MAX_LOAD_TIME_MS))
    engagement: int | None = field(default=None, metadata=between(0, config.MAX_ENGAGEMENT_MS))
    tracker: str | None = None
    identifier: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    scroll: int | None = field(default=None, metadata=between(0, 100))
    event_name: str | None = None
    props: str | None = field(default=None, metadata=meeting(_is_props))
    amount: int | None = field(
        default=None, metadata=between(-config.MAX_AMOUNT * config.MICROS, config.MAX_AMOUNT * config.MICROS)
    )
    currency: str | None = None
    interactive: bool = False
    redirect: bool = False
    host: str | None = None


HIT_FIELDS: Final = tuple(one.name for one in fields(Hit))


def _packed_at(place: int) -> dict[str, Any]:
    """Metadata of a field that the record alone has: its place in the packed record."""
    return {_PLACE: place}


@dataclass(frozen=True, slots=True)
class Record(Hit):
    """A hit as it is stored, with what the worker found out about it.

    :ivar source: name of the source; ``""`` when the referrer is the site itself; None when there is none.
    :ivar channel: the channel of `source`, see `enrich.channel`.
    """

    source: str | None = field(default=None, kw_only=True, metadata=_packed_at(5))
    channel: str | None = field(default=None, kw_only=True, metadata=_packed_at(15))

    def pack(self) -> str:
        """The record as text, one text for one record."""
        values = [None if value is False else value for value in _packed_values(self)]
        values[0] = self.kind[0]
        while values[-1] is None:
            values.pop()
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def unpack(cls, packed: str) -> Record:
        """The record a text stands for."""
        kind, *values = json.loads(packed)
        given = zip(PACKED[1:], values, strict=False)  # what was added later has no place in an old record
        known: dict[str, Any] = {name: value for name, value in given if value is not None or name not in _FLAGS}
        return cls(_KINDS[kind], **known)


def _packed_order() -> tuple[str, ...]:
    order = list(HIT_FIELDS)
    own = (one for one in fields(Record) if _PLACE in one.metadata)
    for one in sorted(own, key=lambda one: one.metadata[_PLACE]):
        order.insert(one.metadata[_PLACE], one.name)
    return tuple(order)


# The order in which a record is packed: new fields go to the end, and old records stay readable.
PACKED: Final = _packed_order()
_packed_values = attrgetter(*PACKED)
_FLAGS: Final = frozenset(one.name for one in fields(Record) if one.default is False)


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a visitor: derived from the user agent and the address, both of which are gone by then.

    Where a visitor's hits say different things, the largest value counts: see `visitor_hour` and `views.sql`.
    """

    browser: str | None = None
    system: str | None = None
    device_type: str | None = None
    country: str | None = None
    network: str | None = None
    robot: bool = field(default=False, metadata={_OF_PROGRAMS: True})
    robot_reason: str | None = field(default=None, metadata={_OF_PROGRAMS: True})
    region: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    timezone: str | None = None

    def pack(self) -> str:
        """What is known, by name, as JSON: one attribute of an item, since each more costs botocore 4 µs to read."""
        known = {name: value for name in TRAITS if (value := getattr(self, name)) not in (None, False)}
        return json.dumps(known, ensure_ascii=False, separators=(",", ":"))


TRAITS: Final = tuple(one.name for one in fields(Traits))
# The traits that a person's visit is shown with.
VISIT_TRAITS: Final = tuple(one.name for one in fields(Traits) if _OF_PROGRAMS not in one.metadata)


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
