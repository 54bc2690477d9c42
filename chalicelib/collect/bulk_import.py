"""Hits and events from a site's own backend, of now or of the past: the same queue and worker as any other.

A past day gets a salt of its own for an hour, so the visitors of one import are recognised among each other and,
after that, by nobody.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from chalicelib import config, days
from chalicelib.collect import beacons, custom_events, hit, validation
from chalicelib.collect.event import Event, encode_all
from chalicelib.collect.site_rules import is_ignored
from chalicelib.collect.urls import Location
from chalicelib.collect.visitor import normal_address
from chalicelib.errors import BadRequest, Conflict
from chalicelib.store import exclusions, hit_queue
from chalicelib.store.sites import Site

_DAY_MS = 24 * days.HOUR_MS
# A sender's clock may be this much ahead.
_AHEAD_MS = 5 * 60 * 1000


def accept(site: Site, body: dict[str, Any]) -> int:
    """Queue what ``{"hits": [...]}`` holds, all or none; how many views and events were taken.

    Those of addresses that the site ignores are entered in its ledger instead.

    A view is ``{t?, url, user_agent?, ip?, id?, referrer?, load_time?, engagement?, scroll?, identifier?}``: `t` in
    epoch ms or ISO 8601 with an offset (now, if it is missing), the other times in ms. A custom event is
    ``{t?, event, props?, revenue?, interactive?, url?, user_agent?, ip?, id?, identifier?}``.

    :raises BadRequest: naming the field of the first hit that is wrong, e.g. ``hits[3].t``.
    :raises Conflict: if the site is archived.
    :raises Unavailable: if the queue refuses; sending all again is harmless where every hit has an `id`.
    """
    if not site.active:
        raise Conflict("The site is archived: nothing is recorded. Set its status to active first.")
    hits = body.get("hits")
    if not isinstance(hits, list) or not hits:
        raise BadRequest("hits must be a list of at least one hit.", field="hits")
    if len(hits) > config.MAX_IMPORT_HITS:
        raise BadRequest(f"hits may be at most {config.MAX_IMPORT_HITS} at a time; send more calls.", field="hits")
    now = days.now_ms()
    events: list[Event] = []
    ignored: list[date] = []
    for number, given in enumerate(hits):
        where = f"hits[{number}]."
        if not isinstance(given, dict):
            raise BadRequest(f"hits[{number}] must be an object.", field=f"hits[{number}]")
        read = _events(site, given, where, now)
        address = normal_address(validation.text(given, "ip", where) or "")
        if address and is_ignored(site.ignored_ips, address):
            ignored.append(date.fromisoformat(read[0].day))
        else:
            events += read
    hit_queue.send_all(encode_all(events))
    for day in ignored:
        exclusions.drop(site.id, day, "ignored_address")
    return len(hits) - len(ignored)


def _events(site: Site, given: dict[str, Any], where: str, now: int) -> list[Event]:
    t = _time(site, given, where, now)
    who = _client(given, where)
    id_ = validation.identity(given, "id", where) or uuid.uuid4().hex
    page = beacons.location(site, given, "url", where)
    if given.get("event") is not None:
        return [_custom(site, who, t, id_, page, given, where)]
    if page is None:
        raise BadRequest(f"{where}url is missing: the URL of the page.", field=f"{where}url")
    return _view(site, who, t, id_, page, given, where)


def _custom(
    site: Site, who: hit.Client, t: int, event_id: str, page: Location | None, given: dict[str, Any], where: str
) -> Event:
    return hit.custom(
        site, who, t, event_id=event_id, name=custom_events.read_name(given["event"], f"{where}event"),
        props=custom_events.read_props(given.get("props"), f"{where}props"),
        revenue=custom_events.read_revenue(given.get("revenue"), f"{where}revenue"), location=page,
        interactive=validation.flag(given, "interactive", where, default=False), tracker="api",
    )  # fmt: skip


def _view(
    site: Site, who: hit.Client, t: int, view_id: str, page: Location, given: dict[str, Any], where: str
) -> list[Event]:
    engagement = validation.engagement(given, "engagement", where)
    scroll = validation.percent(given, "scroll", where)
    view = hit.view(
        site, who, t, view_id=view_id, location=page,
        referrer=validation.text(given, "referrer", where), load_time=validation.load_time(given, "load_time", where),
        tracker="api",
    )  # fmt: skip
    if engagement is None and scroll is None:
        return [view]
    left = min(t + (engagement or 0), site.calendar.day_end(site.calendar.day_of(t)) - 1)
    leave = hit.leave(
        site, who, left, view_id=view_id, engagement=engagement or 0, age=left - t, scroll=scroll, tracker="api"
    )
    return [view, leave]


def _client(given: dict[str, Any], where: str) -> hit.Client:
    agent = validation.text(given, "user_agent", where)
    address = validation.text(given, "ip", where)
    who = hit.client(
        address or "",
        agent or "",
        validation.identifier(validation.text(given, "identifier", where), f"{where}identifier"),
    )
    if address and not who.address:
        raise BadRequest(f"{where}ip must be an IPv4 or IPv6 address.", field=f"{where}ip")
    return who


def _time(site: Site, given: dict[str, Any], where: str, now: int) -> int:
    field = f"{where}t"
    value = given.get("t")
    if value is None:
        return now
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise BadRequest(f"{field} must be epoch milliseconds or ISO 8601.", field=field) from None
        if moment.tzinfo is None:
            raise BadRequest(f"{field} must have an offset, as in 2026-11-24T10:00:00+01:00.", field=field)
        t = round(moment.timestamp() * 1000)
    else:
        t = round(validation.number(given, "t", where) or 0)
    if t > now + _AHEAD_MS:
        raise BadRequest(f"{field} lies in the future.", field=field)
    if t < now - site.retention_days * _DAY_MS:
        raise BadRequest(
            f"{field} lies before the {site.retention_days} days for which this site keeps visits.", field=field
        )
    return t
