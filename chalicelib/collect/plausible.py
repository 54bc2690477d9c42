"""The Plausible Events API: ``POST /api/event``, so that its trackers and server-side clients work with another URL.

Source of the fields: Plausible's documentation of its Events API, and the requests its npm packages send. The
site is named by its domain, or by its id here where several sites share one.

A server-side client tells whose event it is in ``User-Agent`` and ``X-Forwarded-For``. Anybody could, so the latter
counts only on a site that declares its proxies, see `collect.proxy`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from chalice import Response

from chalicelib import config
from chalicelib.collect import custom_events, hit, site_rules, validation
from chalicelib.collect.event import Event, encode_all
from chalicelib.collect.urls import Location
from chalicelib.errors import BadRequest
from chalicelib.hostnames import normal_host
from chalicelib.store import hit_queue
from chalicelib.store.sites import Site, cached_site, read_id, sites_at
from chalicelib.web import Request, reply

# Its newer trackers abbreviate.
_SHORT: Final = {
    "n": "name", "u": "url", "d": "domain", "r": "referrer", "p": "props", "m": "props", "meta": "props",
    "$": "revenue", "i": "interactive", "e": "engagement", "sd": "scroll", "h": "hashMode",
}  # fmt: skip
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}


def event(request: Request) -> Response:
    """A page view (``name: "pageview"``), its engagement, or a custom event: 202 once the queue has it.

    For several sites it is all or nothing: nothing is queued before every site has taken it.
    """
    body = {_SHORT.get(name, name): value for name, value in request.json().items()}
    events: list[Event] = []
    for site in _sites(body):
        try:
            found, who = site_rules.admit_to(site, request)
        except site_rules.Dropped:
            continue
        events.append(_read(found, who, body, site_rules.arrival(request)))
    for message in encode_all(events):
        hit_queue.send(message)
    return reply(b"ok", "text/plain; charset=utf-8", 202, {"Cache-Control": "no-store", **_ANY_ORIGIN})


def _sites(body: Mapping[str, Any]) -> list[Site]:
    """The sites of ``domain``: one, or several separated by commas, as Plausible's roll-ups are.

    Without it, as some server-side clients are, the site is that of the URL.
    """
    domains = [part.strip().lower() for part in (validation.text(body, "domain") or _host(body)).split(",")]
    named = list(dict.fromkeys(filter(None, domains)))
    if not 1 <= len(named) <= config.MAX_DOMAINS:
        raise BadRequest(
            f"domain must be the site's domain as it is named here, or up to {config.MAX_DOMAINS} with commas between.",
            field="domain",
        )
    found = [site_rules.active(_site(domain)) for domain in named]
    return list({site.id: site for site in found}.values())  # one may be named in several ways


def _host(body: Mapping[str, Any]) -> str:
    try:
        return urlsplit(validation.text(body, "url") or "").hostname or ""
    except ValueError:
        return ""


def _site(domain: str) -> Site | None:
    site_id = read_id(domain)
    if site_id is not None:
        return cached_site(site_id)
    named = sites_at(normal_host(domain) or domain)
    return min(named, key=lambda site: (not site.active, site.created_at, site.id)) if named else None


def _read(site: Site, who: hit.Client, body: Mapping[str, Any], t: int) -> Event:
    name = custom_events.read_name(body.get("name"), "name")
    page = _page(site, body)
    referrer = validation.text(body, "referrer")
    interactive = validation.flag(body, "interactive", default=True)
    engagement, scroll = validation.engagement(body, "engagement"), validation.percent(body, "scroll")
    if name == "pageview":
        return hit.view(
            site, who, t, view_id=uuid.uuid4().hex, location=page, referrer=referrer, load_time=None,
            tracker="plausible",
        )  # fmt: skip
    if name == "engagement":
        # It knows no id of its view: it is added to the visitor's latest view of the page.
        return hit.leave(
            site, who, t, view_id="", engagement=engagement or 0, age=0, scroll=scroll, page=page.page,
            tracker="plausible",
        )  # fmt: skip
    # Its tracker of tagged links sends {} where there is none, and clients in PHP send [].
    revenue, props = _object(body.get("revenue")) or None, _object(body.get("props")) or None
    return hit.custom(
        site, who, t, event_id=uuid.uuid4().hex, name=name, props=custom_events.read_props(props),
        revenue=custom_events.read_revenue(revenue), location=page, interactive=interactive, tracker="plausible",
    )  # fmt: skip


def _page(site: Site, body: Mapping[str, Any]) -> Location:
    url = validation.text(body, "url")
    if not url:
        raise BadRequest("url is missing: the URL of the page.", field="url")
    return hit.location_of(site, url, "url", apps=True, any_hash=body.get("hashMode") in (1, True))


def _object(value: object) -> object:
    """Some of its clients send objects as JSON in a text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
