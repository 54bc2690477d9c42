"""The worker: takes events from the queue, says what they say about their visitors, and stores them.

SQS delivers at least once and in any order, and a Lambda can die anywhere. So storing is adding to a set, and a
message is only done when all its events are stored. What can never be stored goes to the dead-letter queue with
its reason, and the rest of the batch is not held up by it; what fails for now raises, and the batch comes again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.collect.event import Event, decode, encode
from chalicelib.enrich import place
from chalicelib.enrich.agent import parse_agent
from chalicelib.enrich.channel import DIRECT, channel
from chalicelib.enrich.robot import referrer_reason
from chalicelib.enrich.source import INTERNAL, read_source, says_direct
from chalicelib.errors import Poison
from chalicelib.store import hits, ledger, marks, queue
from chalicelib.store.records import VIEW, Record, Traits, VisitorHour
from chalicelib.store.sites import Site, cached_site

# How many deliveries of a message wait for GeoIP databases that cannot be asked for; the next does without. See
# docs/adr/0014.
_PATIENT_DELIVERIES = 3


def take(records: Sequence[Mapping[str, Any]]) -> None:
    """Store the events of a batch, as Lambda hands it over: see :func:`consume`."""
    counts = [int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)) for record in records]
    consume((record["body"] for record in records), max(counts, default=1))


def consume(bodies: Iterable[str], deliveries: int = 1) -> None:
    """Store the events of a batch of queue messages.

    :param deliveries: how often SQS has delivered the most delivered of them.
    :raises Exception: whatever AWS raised, for the whole batch to be delivered again.
    """
    started = time.perf_counter()
    if deliveries <= _PATIENT_DELIVERIES:
        place.prepare()
    events: list[Event] = []
    unstorable: list[tuple[str, Poison]] = []
    for body in bodies:
        try:
            read = decode(body)
        except Poison as poison:
            unstorable.append((body, poison))
            continue
        events += [event for event in read if isinstance(event, Event)]
        unstorable += [(body, bad) for bad in read if isinstance(bad, Poison)]
    unstorable += _store(events)
    for body, why in unstorable:  # last, because a batch that fails before comes again with all of them
        queue.bury(body, why.reason, why.detail)
    ms = round((time.perf_counter() - started) * 1000, 1)
    line = {"job": "worker", "events": len(events), "buried": len(unstorable), "ms": ms}
    print(json.dumps(line, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class _Group:
    """Events of one visitor in one hour of a site-day, and what they add to what is stored."""

    site: Site
    stored: VisitorHour
    events: list[Event]


def _store(events: Sequence[Event]) -> list[tuple[str, Poison]]:
    """Store events; those that never can be, as messages, and why."""
    unstorable: list[tuple[str, Poison]] = []
    groups: list[_Group] = []
    for of_one in _grouped(events):
        site = cached_site(of_one[0].site)
        if site is None:
            unstorable += _messages(of_one, Poison("no_such_site"))
            continue
        kept = [event for event in of_one if not _is_dropped(site, event)]
        if kept:
            groups.append(_Group(site, _visitor_hour(kept), kept))
    refused = hits.add([(group.site, group.stored) for group in groups])
    for at, poison in refused.items():
        unstorable += _messages(groups[at].events, poison)
    for site_id, day, hour in sorted({(group.site.id, group.stored.day, group.stored.hour) for group in groups}):
        marks.leave(site_id, day, hour)  # of those that were refused too: a part of them may be stored
    return unstorable


def _is_dropped(site: Site, event: Event) -> bool:
    """Whether the site does not keep an event, whatever came with it; it is in the ledger then."""
    day = date.fromisoformat(event.day)
    if site.ignore_robots and (reason := _robot_reason(event)):
        ledger.drop(site.id, day, f"{ledger.ROBOT}{reason}", parse_agent(event.agent).browser or "")
        return True
    if ledger.is_full(site.id, day):
        ledger.drop(site.id, day, "flood_site")
        return True
    return False


def _robot_reason(event: Event) -> str | None:
    """Why an event is a robot's; None if it is none."""
    return parse_agent(event.agent).robot_reason or _own_reason(event)


def _grouped(events: Iterable[Event]) -> list[list[Event]]:
    """Events by visitor and hour, and by what they say of the visitor: no event speaks for others in its batch."""
    groups: dict[tuple[object, ...], list[Event]] = {}
    for event in events:
        key = (event.site, event.day, event.hour, _visitor(event), event.agent, event.address)
        groups.setdefault(key, []).append(event)
    return list(groups.values())


def _own_reason(event: Event) -> str | None:
    """Why a hit is no person's by what it says of itself, whoever sent it."""
    return event.hint or (referrer_reason(event.referrer) if event.referrer else None)


def _visitor(event: Event) -> str:
    """Whose hit it is.

    What a browser loads in advance is nobody's, and neither is a visit that somebody faked: it does not make a robot of
    the person who has the same browser and address.
    """
    reason = _own_reason(event)
    return f"{event.visitor}~{reason}" if reason else event.visitor


def _visitor_hour(events: Sequence[Event]) -> VisitorHour:
    """What one visitor's events of one hour add to what is stored: mostly one item."""
    first = events[0]
    return VisitorHour(
        date.fromisoformat(first.day),
        first.hour,
        _visitor(first),
        traits(first.agent, first.address, _own_reason(first)),
        frozenset(record(event).pack() for event in events),
        frozenset(event.identifier for event in events if event.identifier),
    )


def traits(agent: str, address: str, own_reason: str | None = None) -> Traits:
    """What is known of a visitor by user agent, (usually truncated) address and what its hits say of themselves."""
    program = parse_agent(agent)
    reason = program.robot_reason or own_reason
    found = place.locate(address)
    return Traits(
        program.browser,
        program.system,
        program.device_type,
        found.country,
        found.network,
        reason is not None,
        reason,
        region=found.region,
        city=found.city,
        latitude=found.latitude,
        longitude=found.longitude,
        timezone=found.timezone,
    )


def record(event: Event) -> Record:
    """What is stored of an event."""
    source, through = _origin(event) if event.kind == VIEW else (None, None)
    return Record(
        event.kind, event.id, event.t, event.page, event.referrer, source, event.load_time, event.engagement,
        event.tracker, event.identifier, event.utm_source, event.utm_medium, event.utm_campaign, event.utm_term,
        event.utm_content, through, event.scroll, event.event_name, event.props, event.amount, event.currency,
        event.interactive or None, event.redirect or None,
    )  # fmt: skip


def _origin(view: Event) -> tuple[str | None, str | None]:
    """The names of a view's source and channel; None for none and for direct, so that most records stay short."""
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


def _messages(events: Sequence[Event], poison: Poison) -> list[tuple[str, Poison]]:
    return [(encode([event]), poison) for event in events]
