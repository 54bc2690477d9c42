"""Events, which the collector puts on the queue for the worker, and the queue messages that contain them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from chalicelib import config
from chalicelib.collect.accept_language import TAG
from chalicelib.collect.client_hints import PACKED
from chalicelib.errors import Poison
from chalicelib.store.field_declarations import between, fields_of, matching
from chalicelib.store.records import Hit

VERSION = 1

# SQS allows 256 KiB per message; most events have a few hundred bytes. 20 per message keep the worker's batches even.
_EVENTS_PER_MESSAGE = 20
_MESSAGE_BYTES = 240_000
# A day begins up to 14 hours before the UTC day and ends up to 12 hours after it; it is longer if its zone was changed.
_DAY_FROM_T = timedelta(days=2)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a part of the tables' keys, which are separated by #


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Hit):
    """A hit on its way to the worker.

    :ivar site: the site's id; :ivar day: ISO date of the site-day; :ivar hour: whole hours since it began.
    :ivar visitor: the visitor's key of that day, 16 characters.
    :ivar agent: the user agent; read by the worker, never stored.
    :ivar address: for geography only, truncated unless the site collects addresses; never stored.
    :ivar internal: the referrer is a page of the same site.
    :ivar source_tag: the parameter ``utm_source``, else ``source``, else ``ref`` of the URL.
    :ivar ad_network: the network whose click id the URL had; the id itself is dropped.
    :ivar hint: ``"prefetch"`` or ``"preview"``, see `prefetch.read_hint`.
    :ivar client_hints: user-agent client hints, packed; never stored.
    :ivar language: the first language tag that the browser asks for, see `accept_language`.
    """

    site: str = field(metadata=matching(_KEY.fullmatch))
    day: str
    hour: int = field(metadata=between(0, config.DAY_HOURS - 1))
    visitor: str = field(metadata=matching(_KEY.fullmatch))
    agent: str
    address: str
    tracker: str  # optional in records, required in events
    internal: bool = False
    source_tag: str | None = None
    ad_network: str | None = None
    hint: str | None = None
    client_hints: str | None = field(default=None, metadata=matching(PACKED.fullmatch))
    language: str | None = field(default=None, metadata=matching(TAG.fullmatch))


_NAMES = tuple(Event.__dataclass_fields__)


def encode(events: Iterable[Event]) -> str:
    """The queue message of some events. ASCII only, because SQS rejects some characters that JSON allows."""
    return _message(map(_encode_one, events))


def encode_all(events: Iterable[Event]) -> list[str]:
    """The queue messages of many events, within the size limit of SQS."""
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
    given = {name: value for name in _NAMES if (value := getattr(event, name)) is not None}
    return json.dumps(given, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An element of a message that is not a valid event, and why."""

    given: object
    why: Poison


def encode_unreadable(given: Iterable[object]) -> list[str]:
    """Messages for the dead-letter queue with elements that are not valid events, within the size limit of SQS."""
    return _messages(json.dumps(one, separators=(",", ":")) for one in given)


def decode(message: str) -> tuple[list[Event], list[Unreadable]]:
    """The events of a queue message, and its elements that are not valid events.

    :raises Poison: if the message as a whole cannot be read.
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


def _decode_one(given: object) -> Event | Poison:
    if not isinstance(given, dict):
        return Poison("not_an_event", "an event is an object")
    declared = fields_of(Event)
    missing = [name for name, field in declared.items() if field.required and name not in given]
    if missing:
        return Poison("not_an_event", f"without {', '.join(sorted(missing))}")
    for name, value in given.items():
        if name not in declared:
            return Poison("not_an_event", f"with unknown {name[:40]!r}")
        if type(value) not in declared[name].types:
            return Poison("not_an_event", f"{name} of type {type(value).__name__}")
    wrong = next((name for name, value in given.items() if not declared[name].allows(value)), None)
    if wrong is None and not _is_day_of(given["day"], given["t"]):
        wrong = "day"
    return Event(**given) if wrong is None else Poison("not_an_event", f"{wrong} {str(given[wrong])[:40]!r}")


def _is_day_of(day: str, t: int) -> bool:
    """Whether it is the ISO date of a day that can contain the instant `t` in some time zone."""
    with suppress(ValueError):
        read = date.fromisoformat(day)
        return read.isoformat() == day and abs(read - datetime.fromtimestamp(t / 1000, UTC).date()) <= _DAY_FROM_T
    return False
