"""The worker: takes events from the queue, enriches them, and stores them.

SQS delivers at least once and in any order, and a Lambda can stop anywhere. So storing means adding to a set, and a
message is done only when all its events are stored. Anybody can send events, and the events of all sites share a batch,
so no event may fail its batch: one that cannot be read or stored goes to the dead-letter queue with the reason, and the
others are stored. Only temporary failures (of AWS, the disk, the memory) raise, and SQS delivers the batch again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Any

from chalicelib import languages
from chalicelib.collect.event import Event, decode, encode_all, encode_unreadable
from chalicelib.days import now_ms
from chalicelib.enrich import geolocation
from chalicelib.enrich.bots import referrer_reason
from chalicelib.enrich.channel import DIRECT, channel
from chalicelib.enrich.source import INTERNAL, read_source, says_direct
from chalicelib.enrich.user_agent import UserAgent, parse_agent
from chalicelib.errors import Poison, ShylightError
from chalicelib.store import aws, deletions, dirty_hours, exclusions, hit_queue, hits, job_runs
from chalicelib.store.records import HIT_FIELDS, VIEW, VISIT_TRAITS, Record, Traits, VisitorHour
from chalicelib.store.sites import Site, cached_site
from chalicelib.structured_log import log_line

# How many deliveries of a message wait for GeoIP databases if S3 does not answer; the next goes on without. See
# docs/adr/0014.
_PATIENT_DELIVERIES = 3
# Temporary errors, in addition to those of AWS.
_FOR_NOW = (OSError, MemoryError, ShylightError)


def handle_batch(records: Sequence[Mapping[str, Any]]) -> None:
    """Store the events of a batch, as Lambda hands it over: see :func:`consume`."""
    attributes = [record.get("attributes", {}) for record in records]
    counts = [int(given.get("ApproximateReceiveCount", 1)) for given in attributes]
    if consume((record["body"] for record in records), max(counts, default=1)):
        now = now_ms()
        job_runs.note_stored(now - min((int(given.get("SentTimestamp", now)) for given in attributes), default=now))


def consume(bodies: Iterable[str], deliveries: int = 1) -> int:
    """Store the events of a batch of queue messages; gives how many valid events there were.

    :param deliveries: the highest delivery count of the messages.
    :raises Exception: errors of AWS, after which SQS delivers the whole batch again.
    """
    started = time.perf_counter()
    if deliveries <= _PATIENT_DELIVERIES:
        geolocation.prepare()
    events: list[Event] = []
    letters: list[_Letter] = []
    for body in bodies:
        read, of_message = _read(body)
        events += read
        letters += of_message
    letters += _store(events)
    for letter in letters:  # last, because a batch that fails earlier is delivered again
        hit_queue.send_to_dead_letters(letter.body, letter.why.reason, letter.why.detail)
    ms = round((time.perf_counter() - started) * 1000, 1)
    log_line(job="worker", events=len(events), buried=len(letters), ms=ms)
    return len(events)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message for the dead-letter queue, and why."""

    body: str
    why: Poison


def _read(body: str) -> tuple[list[Event], list[_Letter]]:
    """The events of a message, and dead letters with its other elements, together not larger than the message."""
    try:
        events, unreadable = decode(body)
    except Poison as poison:
        return [], [_Letter(body, poison)]
    if not unreadable:
        return events, []
    if not events:
        return [], [_Letter(body, unreadable[0].why)]
    try:
        parts = encode_unreadable(one.given for one in unreadable)
    except RecursionError:  # nested too deeply to be encoded
        parts = []
    if not parts or max(map(len, parts)) > hit_queue.MAX_MESSAGE_BYTES:
        parts = [body]  # its valid events are in it, too, and count once
    return events, [_Letter(part, unreadable[0].why) for part in parts]


@dataclass(frozen=True, slots=True)
class _Enriched:
    """An enriched event.

    :ivar visitor: the visitor key, see :func:`_visitor`.
    :ivar robot: the reason why it is a bot; None for a person.
    :ivar packed: its record, as stored.
    """

    event: Event
    visitor: str
    robot: str | None
    traits: Traits
    packed: str


def _store(events: Sequence[Event]) -> list[_Letter]:
    """Store events; returns dead letters with those that can never be stored."""
    aside: list[tuple[Event, Poison]] = []
    groups: list[tuple[Site, VisitorHour, list[Event]]] = []
    of_deleted = 0
    for of_one in _grouped(_enriched(events, aside)):
        site = cached_site(of_one[0].event.site)
        if site is None and deletions.is_deleted(of_one[0].event.site):
            of_deleted += len(of_one)
            continue
        if site is None:
            aside += [(one.event, Poison("no_such_site")) for one in of_one]
            continue
        kept = [one for one in of_one if not _is_dropped(site, one)]
        if kept:
            groups.append((site, _visitor_hour(kept), [one.event for one in kept]))
    refused = hits.add([(site, hour) for site, hour, _ in groups])
    for at, poison in refused.items():
        aside += [(event, poison) for event in groups[at][2]]
    for site_id, day, hour in sorted({(site.id, stored.day, stored.hour) for site, stored, _ in groups}):
        dirty_hours.mark(site_id, day, hour)  # also of those that were rejected: a part of them may be stored
    if of_deleted:  # there is no excluded traffic of a deleted site to count them in
        log_line(job="worker", dropped=of_deleted, reason="site_deleted")
    return _letters(aside)


def _enriched(events: Iterable[Event], aside: list[tuple[Event, Poison]]) -> Iterator[_Enriched]:
    """The enriched events; those that cannot be processed are added to `aside`."""
    for event in events:
        try:
            own_reason = _own_reason(event)
            known = traits(event.agent, event.address, own_reason, event.client_hints, event.language)
            yield _Enriched(event, _visitor(event, own_reason), known.robot_reason, known, record(event).pack())
        except Exception as error:
            if aws.failed(error) or isinstance(error, _FOR_NOW):
                raise
            aside.append((event, Poison("unreadable", f"{type(error).__name__}: {error}")))


def _letters(aside: Iterable[tuple[Event, Poison]]) -> list[_Letter]:
    """Dead letters with events that are set aside, grouped by reason; also counts them as excluded traffic."""
    of_reason: dict[str, tuple[Poison, list[Event]]] = {}
    for event, why in aside:
        of_reason.setdefault(why.reason, (why, []))[1].append(event)
        if cached_site(event.site) is not None:
            exclusions.count_dropped(event.site, date.fromisoformat(event.day), exclusions.PUT_ASIDE, why.reason)
    return [_Letter(body, why) for why, events in of_reason.values() for body in encode_all(events)]


def _is_dropped(site: Site, one: _Enriched) -> bool:
    """Whether the site drops an event; it is then counted as excluded traffic."""
    day = date.fromisoformat(one.event.day)
    if site.ignore_robots and one.robot:
        exclusions.count_dropped(site.id, day, f"{exclusions.ROBOT}{one.robot}", one.traits.browser or "")
        return True
    if exclusions.is_full(site, day):
        exclusions.count_dropped(site.id, day, "flood_site")
        return True
    return False


def _grouped(events: Iterable[_Enriched]) -> list[list[_Enriched]]:
    """Events by visitor, hour and traits: the traits of one event do not become those of others in its batch."""
    groups: dict[tuple[object, ...], list[_Enriched]] = {}
    for one in events:
        event = one.event
        sender = (event.agent, event.client_hints, event.address, event.language)
        key = (event.site, event.day, event.hour, one.visitor, sender)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _own_reason(event: Event) -> str | None:
    """The reason why a hit is not of a person, from its own request; None for a person."""
    return event.hint or (referrer_reason(event.referrer) if event.referrer else None)


def _visitor(event: Event, own_reason: str | None) -> str:
    """The visitor key of a hit.

    Prefetches and referrer spam have keys of their own, so that a person with the same browser and address is not taken
    for a bot.
    """
    return f"{event.visitor}~{own_reason}" if own_reason else event.visitor


def _visitor_hour(of_one: Sequence[_Enriched]) -> VisitorHour:
    """The events of one visitor and hour, to be stored, usually as one item."""
    first = of_one[0]
    return VisitorHour(
        date.fromisoformat(first.event.day),
        first.event.hour,
        first.visitor,
        first.traits,
        frozenset(one.packed for one in of_one),
        frozenset(one.event.identifier for one in of_one if one.event.identifier),
    )


def traits(
    agent: str,
    address: str,
    own_reason: str | None = None,
    client_hints: str | None = None,
    language: str | None = None,
) -> Traits:
    """What is known of a visitor.

    :param address: usually truncated.
    :param own_reason: see :func:`_own_reason`.
    :param language: the tag in the event.
    """
    program = parse_agent(agent, client_hints)
    reason = program.robot_reason or own_reason
    found = geolocation.locate(address)
    spoken = languages.language_of(language) if language else None
    return Traits(
        robot=reason is not None, robot_reason=reason, language=spoken, **_of_agent(program), **_of_place(found)
    )


def _traits_in(given: type[UserAgent | geolocation.Location]) -> Callable[[Any], dict[str, Any]]:
    """A reader of those fields of a value of some type that are traits of a visit."""
    names = tuple(one.name for one in fields(given) if one.name in VISIT_TRAITS)
    return lambda value: {name: getattr(value, name) for name in names}


_of_agent, _of_place = _traits_in(UserAgent), _traits_in(geolocation.Location)
_of_hit = attrgetter(*HIT_FIELDS)


def record(event: Event) -> Record:
    """What is stored of an event."""
    source, through = _origin(event) if event.kind == VIEW else (None, None)
    return Record(*_of_hit(event), source=source, channel=through)


def _origin(view: Event) -> tuple[str | None, str | None]:
    """The names of the source and the channel of a view; None for direct, so that most records stay short."""
    referrer = None if view.internal or says_direct(view.source_tag) else view.referrer
    source = read_source(referrer, view.source_tag, view.ad_network)
    if source is None and view.internal and not (view.utm_medium or view.utm_campaign):
        return INTERNAL, None
    through = channel(
        source.name if source else None,
        source.category if source else None,
        view.utm_medium,
        view.utm_campaign,
        source is not None and source.paid,
        referrer is not None,
    )
    return source.name if source else None, through if through != DIRECT else None
