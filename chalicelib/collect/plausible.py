"""The Plausible Events API: ``POST /api/event``, so that its trackers and server-side clients work with another URL.

Source of the fields: Plausible's documentation of its Events API, and the requests its npm packages send. The
site is named by its domain, or by its id here where several sites share one.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final

from chalice import Response

from chalicelib.collect import beacons, custom, fields, gate, hit
from chalicelib.collect.event import Event, encode
from chalicelib.days import now_ms
from chalicelib.errors import BadRequest
from chalicelib.store import queue
from chalicelib.store.sites import Site, cached_site, cached_sites
from chalicelib.web import Request, reply

# Its newer trackers abbreviate.
_SHORT: Final = {
    "n": "name", "u": "url", "d": "domain", "r": "referrer", "p": "props", "m": "props", "$": "revenue",
    "i": "interactive", "e": "engagement", "sd": "scroll",
}  # fmt: skip
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}


def event(request: Request) -> Response:
    """A page view (``name: "pageview"``), its engagement, or a custom event: 202 once the queue has it."""
    body = {_SHORT.get(name, name): value for name, value in request.json().items()}
    answer = reply(b"ok", "text/plain; charset=utf-8", 202, {"Cache-Control": "no-store", **_ANY_ORIGIN})
    for site in _sites(body):
        try:
            found, who = gate.admit_to(site, request)
        except gate.Dropped:
            continue
        read = _read(found, who, body, now_ms())
        if read is not None:
            queue.send(encode([read]))
    return answer


def _sites(body: Mapping[str, Any]) -> list[Site]:
    """The sites of ``domain``: one, or several separated by commas, as Plausible's roll-ups are."""
    domain = fields.text(body, "domain")
    if not domain or not domain.strip():
        raise BadRequest("domain is missing: the site's domain as it is named here.", field="domain")
    return [gate.active(_site(part.strip().lower())) for part in domain.split(",")[:10]]


def _site(domain: str) -> Site | None:
    try:
        return cached_site(str(uuid.UUID(domain)))
    except ValueError:
        pass
    named = [site for site in cached_sites() if site.domain.removeprefix("www.") == domain.removeprefix("www.")]
    return min(named, key=lambda site: (not site.active, site.created_at, site.id)) if named else None


def _read(site: Site, who: hit.Client, body: Mapping[str, Any], t: int) -> Event | None:
    name = custom.read_name(body.get("name"), "name")
    page = beacons.location(site, body, "url")
    if page is None:
        raise BadRequest("url is missing: the URL of the page.", field="url")
    if name == "pageview":
        return hit.view(
            site, who, t, view_id=uuid.uuid4().hex, location=page, referrer=fields.text(body, "referrer"),
            load_time=None, tracker="plausible",
        )  # fmt: skip
    if name == "engagement":
        # It knows no id of its view: it is added to the visitor's latest view of the page.
        read = fields.engagement(body, "engagement") or 0
        return hit.leave(
            site, who, t, view_id="", engagement=read, age=0, scroll=fields.percent(body, "scroll"), page=page.page,
            tracker="plausible",
        )  # fmt: skip
    return hit.custom(
        site, who, t, event_id=uuid.uuid4().hex, name=name, props=custom.read_props(_object(body.get("props"))),
        revenue=custom.read_revenue(_object(body.get("revenue"))), location=page, tracker="plausible",
    )  # fmt: skip


def _object(value: object) -> object:
    """Some of its clients send objects as JSON in a text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
