"""An event: what the collector puts on the queue and the worker takes from it. The one contract between them."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, get_args

from chalicelib import config
from chalicelib.collect.client_hints import PACKED
from chalicelib.errors import Poison
from chalicelib.store.records import RANGES

VERSION = 1

# A message of SQS may have 256 KiB; most events have a few hundred bytes. 20 a message keep the worker's batches even.
_EVENTS_PER_MESSAGE = 20
_MESSAGE_BYTES = 240_000
# What the tables and the metric SQL take of each number; what a key or a column cannot hold is poison.
_RANGES = {
    "hour": (0, config.DAY_HOURS - 1),
    "t": (0, config.LATEST_T),
    **RANGES,
}
# A day begins at most 14 hours before it does in UTC, ends at most 12 after, and is longer where its zone was changed.
_DAY_FROM_T = timedelta(days=2)
_PLAIN = re.compile(r"[!-~]{1,64}")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a part of the tables' keys, whose parts a # divides

Kind = Literal["view", "leave", "event"]


@dataclass(frozen=True, slots=True)
class Event:
    """One page view, one sign of life of it, or one custom event.

    :ivar kind: ``"view"``, ``"leave"`` or ``"event"``; a leave carries the `id` of its view, an event its own.
    :ivar site: the site's id; :ivar day: ISO date of the site-day; :ivar hour: whole hours since it began.
    :ivar visitor: the visitor's key of that day, 16 characters.
    :ivar t: epoch ms at which it happened, as the collector saw it.
    :ivar agent: the user agent; read by the worker, never stored.
    :ivar address: for geography only, truncated unless the site collects addresses; never stored.
    :ivar internal: the referrer is a page of the same site.
    :ivar load_time: ms; :ivar engagement: ms visible and focused since the view began.
    :ivar tracker: ``"script"``, ``"pixel"`` or ``"api"``.
    :ivar source_tag: what the URL says of its source: ``utm_source``, else ``source``, else ``ref``.
    :ivar ad_network: the network whose click id the URL had; the id itself is not kept.
    :ivar scroll: how far down the page was seen, percent.
    :ivar hint: what the request's own headers say of a program: ``"prefetch"`` or ``"preview"``.
    :ivar client_hints: what the browser says of itself beside the user agent, packed; never stored.
    :ivar event_name: a custom event's name; :ivar props: its properties, a JSON object of texts with sorted keys.
    :ivar amount: its revenue in millionths of `currency` (ISO 4217).
    :ivar interactive: the visitor did it, so that a visit with it is no bounce; see docs/adr/0016.
    :ivar redirect: of a leave: a script replaced the page at once; see docs/adr/0034.
    :ivar host: of a view: the host of the viewed page.
    """

    kind: Kind
    site: str
    day: str
    hour: int
    visitor: str
    id: str
    t: int
    agent: str
    address: str
    tracker: str
    page: str | None = None
    referrer: str | None = None
    internal: bool = False
    load_time: int | None = None
    engagement: int | None = None
    identifier: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    source_tag: str | None = None
    ad_network: str | None = None
    scroll: int | None = None
    hint: str | None = None
    client_hints: str | None = None
    event_name: str | None = None
    props: str | None = None
    amount: int | None = None
    currency: str | None = None
    interactive: bool = False
    redirect: bool = False
    host: str | None = None


_FIELDS = {field.name: field for field in dataclasses.fields(Event)}
_REQUIRED = {name for name, field in _FIELDS.items() if field.default is dataclasses.MISSING}
_TYPES: dict[str, tuple[type, ...]] = {
    name: {"int": (int,), "bool": (bool,), "int | None": (int, type(None)), "str | None": (str, type(None))}.get(
        str(field.type), (str,)
    )
    for name, field in _FIELDS.items()
}


def encode(events: Iterable[Event]) -> str:
    """The queue message of some events. ASCII only, as SQS refuses some of what Unicode and JSON allow."""
    return _message(map(_encode_one, events))


def encode_all(events: Iterable[Event]) -> list[str]:
    """The queue messages of many events, each no larger than SQS takes."""
    return _messages(map(_encode_one, events))


def _messages(encoded: Iterable[str]) -> list[str]:
    messages: list[list[str]] = []
    size = 0
    for text in encoded:
        if not messages or len(messages[-1]) == _EVENTS_PER_MESSAGE or size + len(text) > _MESSAGE_BYTES:
            messages.append([])
            size = 0
        messages[-1].append(text)
        size += len(text) + 1
    return [_message(texts) for texts in messages]


def _message(texts: Iterable[str]) -> str:
    return f'{{"v":{VERSION},"events":[{",".join(texts)}]}}'


def _encode_one(event: Event) -> str:
    given = {name: value for name in _FIELDS if (value := getattr(event, name)) is not None}
    return json.dumps(given, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stood in a message in the place of an event and is none, and why."""

    given: object
    why: Poison


def encode_unreadable(given: Iterable[object]) -> list[str]:
    """Messages of what is no event, each no larger than SQS takes: for the dead-letter queue."""
    return _messages(json.dumps(one, separators=(",", ":")) for one in given)


def decode(message: str) -> tuple[list[Event], list[Unreadable]]:
    """The events of a queue message, and what else stood there.

    :raises Poison: if nothing of the message can be read.
    """
    try:
        data = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise Poison("not_json", str(error)) from error
    if not isinstance(data, dict) or "v" not in data:
        raise Poison("not_an_event", "a message is an object with a version")
    if data["v"] != VERSION or isinstance(data["v"], bool):
        raise Poison("unknown_version", f"version {str(data['v'])[:40]!r}; this worker knows {VERSION}")
    given = data.get("events")
    if not isinstance(given, list):
        raise Poison("not_an_event", "events must be a list")
    events: list[Event] = []
    unreadable: list[Unreadable] = []
    for one in given:
        read = _decode_one(one)
        if isinstance(read, Event):
            events.append(read)
        else:
            unreadable.append(Unreadable(one, read))
    return events, unreadable


def _decode_one(fields: object) -> Event | Poison:
    if not isinstance(fields, dict):
        return Poison("not_an_event", "an event is an object")
    missing = _REQUIRED - fields.keys()
    if missing:
        return Poison("not_an_event", f"without {', '.join(sorted(missing))}")
    for name, value in fields.items():
        if name not in _FIELDS:
            return Poison("not_an_event", f"with unknown {name[:40]!r}")
        if not isinstance(value, _TYPES[name]) or (isinstance(value, bool) and bool not in _TYPES[name]):
            return Poison("not_an_event", f"{name} of type {type(value).__name__}")
    wrong = _wrong(fields)
    return Poison("not_an_event", f"{wrong} {str(fields[wrong])[:40]!r}") if wrong else Event(**fields)


def _wrong(fields: dict[str, Any]) -> str | None:
    """The field that has the right type and a value that cannot be stored, if there is one."""
    for name, value in fields.items():
        if isinstance(value, str) and not value.isascii() and not _is_whole(value):
            return name
        least, most = _RANGES.get(name, (value, value))
        if value is not None and not least <= value <= most:
            return name
    if fields.get("client_hints") is not None and not PACKED.fullmatch(fields["client_hints"]):
        return "client_hints"
    if fields["kind"] not in get_args(Kind):
        return "kind"
    if not _is_day_of(fields["day"], fields["t"]):
        return "day"
    if fields["id"] and not _PLAIN.fullmatch(fields["id"]):
        return "id"
    if fields.get("props") is not None and not _is_props(fields["props"]):
        return "props"
    return next((name for name in ("site", "visitor") if not _KEY.fullmatch(fields[name])), None)


def _is_day_of(day: str, t: int) -> bool:
    """Whether it is an ISO date, and that of a day in which the instant `t` may lie, in whatever zone."""
    with suppress(ValueError):
        read = date.fromisoformat(day)
        return read.isoformat() == day and abs(read - datetime.fromtimestamp(t / 1000, UTC).date()) <= _DAY_FROM_T
    return False


def _is_props(text: str) -> bool:
    """Whether it is a JSON object of texts."""
    with suppress(ValueError, RecursionError):
        props = json.loads(text)
        return isinstance(props, dict) and all(isinstance(value, str) for value in props.values())
    return False


def _is_whole(text: str) -> bool:
    """Whether it is without half characters (lone surrogates), which JSON can say and nothing can store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
