"""The worker: takes events from the queue, says what they say about their visitors, and stores them.

SQS delivers at least once and in any order, and a Lambda can die anywhere. So storing is adding to a set, and a
message is only done when all its events are stored. What can never be stored goes to the dead-letter queue with
its reason, and the rest of the batch is not held up by it; what fails for now raises, and the batch comes again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from chalicelib.collect.event import Event, decode, encode
from chalicelib.enrich import place
from chalicelib.enrich.agent import parse_agent
from chalicelib.enrich.channel import DIRECT, channel
from chalicelib.enrich.robot import referrer_reason
from chalicelib.enrich.source import INTERNAL, read_source
from chalicelib.errors import Poison
from chalicelib.store import hits, ledger, marks, queue
from chalicelib.store.hits import VIEW, Record, Traits, VisitorHour
from chalicelib.store.sites import Site, cached_site

# How many deliveries of a message wait for GeoIP databases that cannot be asked for; the next, of the five it has,
# does without. See docs/adr/0014.
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
    buried = 0
    for body in bodies:
        try:
            read = decode(body)
        except Poison as poison:
            queue.bury(body, poison.reason, poison.detail)
            buried += 1
            continue
        events += [event for event in read if isinstance(event, Event)]
        for bad in (event for event in read if isinstance(event, Poison)):
            queue.bury(body, bad.reason, bad.detail)
            buried += 1
    buried += _store(events)
    ledger.flush(0)  # a batch gathers enough, and nobody knows when the next one comes
    ms = round((time.perf_counter() - started) * 1000, 1)
    print(json.dumps({"job": "worker", "events": len(events), "buried": buried, "ms": ms}, separators=(",", ":")))


def _store(events: Sequence[Event]) -> int:
    """Store events; how many could not be, for good, and were put on the dead-letter queue."""
    buried = 0
    by_site: dict[str, list[Event]] = {}
    for event in events:
        by_site.setdefault(event.site, []).append(event)
    for site_id, of_site in by_site.items():
        site = cached_site(site_id)
        if site is None:
            buried += _bury(of_site, Poison("no_such_site"))
            continue
        buried += _store_of_site(site, of_site)
    return buried


def _store_of_site(site: Site, events: Sequence[Event]) -> int:
    given = {_visitor_hour(group): group for group in _by_visitor_hour(events)}
    for stored, group in list(given.items()):
        reason = _refusal(site, stored)
        if reason is not None:
            name = stored.traits.browser or "" if reason == "robot" else ""
            ledger.drop(site.id, stored.day, reason, name, len(group))
            del given[stored]
    buried = 0
    for refused, poison in hits.add(site, list(given)):
        group = given.pop(refused)
        if poison.reason == hits.FLOOD:
            ledger.drop(site.id, refused.day, hits.FLOOD, "", len(group))
        else:
            buried += _bury(group, poison)
    for day, hour in sorted({(stored.day, stored.hour) for stored in given}):
        marks.leave(site.id, day, hour)
    return buried


def _refusal(site: Site, given: VisitorHour) -> str | None:
    """Why the site does not keep these, as the ledger calls it; None if it does."""
    if site.ignore_robots and given.traits.robot:
        return "robot"
    if ledger.is_full(site.id, given.day):
        return "flood_site"
    return None


def _by_visitor_hour(events: Iterable[Event]) -> list[list[Event]]:
    groups: dict[tuple[str, int, str], list[Event]] = {}
    for event in events:
        groups.setdefault((event.day, event.hour, _visitor(event)), []).append(event)
    return list(groups.values())


def _visitor(event: Event) -> str:
    """Whose hit it is. What a browser loads in advance is nobody's, so that it does not make a robot of its user."""
    return f"{event.visitor}~" if event.hint else event.visitor


def _visitor_hour(events: Sequence[Event]) -> VisitorHour:
    """What one visitor's events of one hour add to what is stored: one write."""
    first = events[0]
    identifier = next((event.identifier for event in events if event.identifier), None)
    return VisitorHour(
        date.fromisoformat(first.day),
        first.hour,
        _visitor(first),
        traits(first.agent, first.address, first.hint, [event.referrer for event in events if event.referrer]),
        frozenset(record(event).pack() for event in events),
        identifier,
    )


def traits(agent: str, address: str, hint: str | None = None, referrers: Iterable[str] = ()) -> Traits:
    """What is known of a visitor by user agent, (usually truncated) address and what its hits say of themselves."""
    program = parse_agent(agent)
    reason = program.robot_reason or hint or next(filter(None, map(referrer_reason, referrers)), None)
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
        event.interactive or None,
    )  # fmt: skip


def _origin(view: Event) -> tuple[str | None, str | None]:
    """The names of a view's source and channel; None for none and for direct, so that most records stay short."""
    referrer = None if view.internal else view.referrer
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


def _bury(events: Sequence[Event], poison: Poison) -> int:
    for event in events:
        queue.bury(encode([event]), poison.reason, poison.detail)
    return len(events)
