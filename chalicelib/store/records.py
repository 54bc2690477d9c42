"""The declaration of the fields of hits and visitors, and their stored forms.

The queue messages (`collect.event`), the packed records, the columns of segments and parts of the metric SQL
(`aggregate.hit_columns`) are derived from these declarations. A new field of a hit is appended to :class:`Hit`, a new
trait to :class:`Traits`; only the code that finds its value has to name it again.

A record is packed as a JSON array, deterministically, so that a DynamoDB string set contains it only once.
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
from chalicelib.store.field_declarations import between, matching

Kind = Literal["view", "leave", "event"]
VIEW: Final = "view"
LEAVE: Final = "leave"
EVENT: Final = "event"
_KINDS: Final[dict[str, Kind]] = {"v": VIEW, "l": LEAVE, "e": EVENT}

_PLACE = "place"
_OF_PROGRAMS = "of_programs"


def _is_props(text: str) -> bool:
    """Whether a text is a JSON object of strings."""
    with suppress(ValueError, RecursionError):
        props = json.loads(text)
        return isinstance(props, dict) and all(isinstance(value, str) for value in props.values())
    return False


@dataclass(frozen=True, slots=True)
class Hit:
    """The fields that events on the queue and stored records have in common: of a view, a leave, or a custom event.

    Numbers outside of their ranges are rejected or bounded by the collector, and again by readers.

    :ivar kind: :data:`VIEW` or :data:`LEAVE`, which share the `id` of the view; or :data:`EVENT`, with its own id.
    :ivar t: epoch ms at which it happened, by the collector's clock.
    :ivar load_time: ms; :ivar engagement: ms the page was visible and focused, as known at `t`.
    :ivar tracker: ``"script"``, ``"pixel"``, ``"api"`` or ``"plausible"``.
    :ivar identifier: the site's own identifier of the visitor.
    :ivar scroll: scroll depth, percent.
    :ivar event_name: a custom event's name; :ivar props: its properties, a JSON object of strings with sorted keys.
    :ivar amount: its revenue in millionths of `currency` (ISO 4217).
    :ivar interactive: a visit with this event is not a bounce; see docs/adr/0016.
    :ivar redirect: of a leave: a script replaced the page immediately; see docs/adr/0034.
    :ivar host: the host of the viewed page, see `hostnames`; None for records from before it was stored.
    :ivar screen: the class of the window's width, a key of `config.SCREEN_WIDTHS`; None if the sender gave no width.
    """

    kind: Kind
    id: str = field(metadata=matching(re.compile(r"[!-~]{0,64}").fullmatch))
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
    props: str | None = field(default=None, metadata=matching(_is_props))
    amount: int | None = field(
        default=None, metadata=between(-config.MAX_AMOUNT * config.MICROS, config.MAX_AMOUNT * config.MICROS)
    )
    currency: str | None = None
    interactive: bool = False
    redirect: bool = False
    host: str | None = None
    screen: str | None = field(default=None, metadata=matching(config.SCREEN_WIDTHS.__contains__))


HIT_FIELDS: Final = tuple(one.name for one in fields(Hit))


def _packed_at(place: int) -> dict[str, Any]:
    """Metadata of a field that only records have: its index in the packed record."""
    return {_PLACE: place}


@dataclass(frozen=True, slots=True)
class Record(Hit):
    """A stored hit, with the results of its enrichment.

    :ivar source: name of the source; ``""`` when the referrer is the site itself; None when there is none.
    :ivar channel: the channel of `source`, see `enrich.channel`.
    """

    source: str | None = field(default=None, kw_only=True, metadata=_packed_at(5))
    channel: str | None = field(default=None, kw_only=True, metadata=_packed_at(15))

    def pack(self) -> str:
        """The packed record; deterministic."""
        values = [None if value is False else value for value in _packed_values(self)]
        values[0] = self.kind[0]
        while values[-1] is None:
            values.pop()
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def unpack(cls, packed: str) -> Record:
        """A record from its packed form."""
        kind, *values = json.loads(packed)
        given = zip(PACKED[1:], values, strict=False)  # old records lack newer fields
        known: dict[str, Any] = {name: value for name, value in given if value is not None or name not in _FLAGS}
        return cls(_KINDS[kind], **known)


def _packed_order() -> tuple[str, ...]:
    order = list(HIT_FIELDS)
    own = (one for one in fields(Record) if _PLACE in one.metadata)
    for one in sorted(own, key=lambda one: one.metadata[_PLACE]):
        order.insert(one.metadata[_PLACE], one.name)
    return tuple(order)


# The order of packed fields. New fields are appended, so that old records can be read.
PACKED: Final = _packed_order()
_packed_values = attrgetter(*PACKED)
_FLAGS: Final = frozenset(one.name for one in fields(Record) if one.default is False)


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a visitor, derived from the IP address and headers, which are not stored.

    If the hits of a visitor have different values, the largest counts: see `visitor_hour` and `views.sql`.

    :ivar browser_version, system_version: major versions, see `enrich.versions`; None if unknown.
    :ivar language: the preferred language, see `languages.language_of`; None if unknown.
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
    browser_version: str | None = None
    system_version: str | None = None
    language: str | None = None

    def pack(self) -> str:
        """The known traits as JSON, in one attribute, because each attribute costs botocore 4 µs to read."""
        known = {name: value for name in TRAITS if (value := getattr(self, name)) not in (None, False)}
        return json.dumps(known, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def unpack(cls, packed: str | None) -> Traits:
        """Traits from their packed form; those that only a newer release knows are left out."""
        return cls(**{name: value for name, value in json.loads(packed or "{}").items() if name in TRAITS})


TRAITS: Final = tuple(one.name for one in fields(Traits))
# The traits that lists of visits show.
VISIT_TRAITS: Final = tuple(one.name for one in fields(Traits) if _OF_PROGRAMS not in one.metadata)


@dataclass(frozen=True, slots=True)
class VisitorHour:
    """Records of one visitor in one hour of a site-day: of a batch, or all that are stored.

    :ivar hour: whole hours since the day began.
    :ivar identifiers: the site's own identifiers of the visitor in these records, for the index.
    :ivar beyond: number of records that were left out because of the site's limit.
    """

    day: date
    hour: int
    visitor: str
    traits: Traits
    records: frozenset[str]
    identifiers: frozenset[str] = frozenset()
    beyond: int = 0
