"""Hits of the past, or from a site's own backend: the same queue and worker as any other, with a time given.

A past day gets a salt of its own for an hour, so the visitors of one import are recognised among each other and,
after that, by nobody.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from chalicelib import config, days
from chalicelib.collect import fields, hit
from chalicelib.collect.event import EVENTS_PER_MESSAGE, Event, encode
from chalicelib.errors import BadRequest
from chalicelib.store import queue
from chalicelib.store.sites import Site

_DAY_MS = 24 * days.HOUR_MS
# A sender's clock may be this much ahead.
_AHEAD_MS = 5 * 60 * 1000


def accept(site: Site, body: dict[str, Any]) -> int:
    """Queue the hits of ``{"hits": [...]}``, all or none; how many views they are.

    A hit is ``{t, url, user_agent, ip, id?, referrer?, load_time?, engagement?, identifier?}``: `t` in epoch ms
    or ISO 8601 with an offset, the other times in ms.

    :raises BadRequest: naming the field of the first hit that is wrong, e.g. ``hits[3].t``.
    :raises Unavailable: if the queue refuses; sending all again is harmless where every hit has an `id`.
    """
    hits = body.get("hits")
    if not isinstance(hits, list) or not hits:
        raise BadRequest("hits must be a list of at least one hit.", field="hits")
    if len(hits) > config.MAX_IMPORT_HITS:
        raise BadRequest(f"hits may be at most {config.MAX_IMPORT_HITS} at a time; send more calls.", field="hits")
    now = days.now_ms()
    events: list[Event] = []
    for number, given in enumerate(hits):
        where = f"hits[{number}]."
        if not isinstance(given, dict):
            raise BadRequest(f"hits[{number}] must be an object.", field=f"hits[{number}]")
        events += _events(site, given, where, now)
    chunks = [events[start : start + EVENTS_PER_MESSAGE] for start in range(0, len(events), EVENTS_PER_MESSAGE)]
    queue.send_all([encode(chunk) for chunk in chunks])
    return len(hits)


def _events(site: Site, given: dict[str, Any], where: str, now: int) -> list[Event]:
    t = _time(site, given, where, now)
    who = _client(given, where)
    url = fields.text(given, "url", where)
    if not url:
        raise BadRequest(f"{where}url is missing: the URL of the page.", field=f"{where}url")
    view_id = fields.identity(given, "id", where) or uuid.uuid4().hex
    engagement = fields.engagement(given, "engagement", where)
    view = hit.view(
        site, who, t, view_id=view_id, location=hit.location_of(site, url, f"{where}url"),
        referrer=fields.text(given, "referrer", where), load_time=fields.load_time(given, "load_time", where),
        tracker="api",
    )  # fmt: skip
    if engagement is None:
        return [view]
    left = min(t + engagement, days.day_end(days.day_of(t, site.zone), site.zone) - 1)
    return [view, hit.leave(site, who, left, view_id=view_id, engagement=engagement, age=left - t, tracker="api")]


def _client(given: dict[str, Any], where: str) -> hit.Client:
    agent = fields.text(given, "user_agent", where)
    address = fields.text(given, "ip", where)
    who = hit.client(
        address or "", agent or "", fields.identifier(fields.text(given, "identifier", where), f"{where}identifier")
    )
    if address and not who.address:
        raise BadRequest(f"{where}ip must be an IPv4 or IPv6 address.", field=f"{where}ip")
    return who


def _time(site: Site, given: dict[str, Any], where: str, now: int) -> int:
    field = f"{where}t"
    value = given.get("t")
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise BadRequest(f"{field} must be epoch milliseconds or ISO 8601.", field=field) from None
        if moment.tzinfo is None:
            raise BadRequest(f"{field} must have an offset, as in 2026-11-24T10:00:00+01:00.", field=field)
        t = round(moment.timestamp() * 1000)
    else:
        number = fields.number(given, "t", where)
        if number is None:
            raise BadRequest(f"{field} is missing: when the view happened.", field=field)
        t = round(number)
    if t > now + _AHEAD_MS:
        raise BadRequest(f"{field} lies in the future.", field=field)
    if t < now - site.retention_days * _DAY_MS:
        raise BadRequest(
            f"{field} lies before the {site.retention_days} days for which this site keeps visits.", field=field
        )
    return t
