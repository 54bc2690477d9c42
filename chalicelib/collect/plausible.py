"""The Plausible Events API, ``POST /api/event``, for Plausible's trackers and server-side clients.

Source: Plausible's documentation of its Events API, and the requests of its npm packages. The site is named by its
domain, or by its id, if several sites have the same domain.

Server-side clients send the visitor's ``User-Agent`` and ``X-Forwarded-For``. The latter is used only for sites that
declare proxies, see `collect.client_ip`, because anybody can send it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from chalice import Response

from chalicelib import config
from chalicelib.collect import custom_events, ingress, site_rules, validation
from chalicelib.collect.event import Event
from chalicelib.collect.hit import Beacon, CustomEvent, Leave, View
from chalicelib.collect.screen import read_screen
from chalicelib.collect.urls import Location, location_of
from chalicelib.collect.validation import read, read_by, read_within
from chalicelib.errors import BadRequest
from chalicelib.hostnames import normal_host
from chalicelib.store.sites import Site, cached_site, read_id, sites_by_domain
from chalicelib.web import Request, reply

# Newer trackers abbreviate the fields.
_SHORT: Final = {
    "n": "name", "u": "url", "d": "domain", "r": "referrer", "p": "props", "m": "props", "meta": "props",
    "$": "revenue", "i": "interactive", "e": "engagement", "sd": "scroll", "h": "hashMode",
    "w": "screen_width",
}  # fmt: skip
_TRACKER: Final = "plausible"


def event(request: Request) -> Response:
    """A page view (``name: "pageview"``), its engagement, or a custom event: 202 once the queue has it.

    With several sites, nothing is queued unless all of them accept the event.
    """
    body = {_SHORT.get(name, name): value for name, value in request.json().items()}
    events: list[Event] = []
    for site in _sites(body):
        events += ingress.accept_hit(request, site, partial(parse, site, body))
    ingress.queue(events)
    return reply(b"ok", "text/plain; charset=utf-8", 202, {"Cache-Control": "no-store", **ingress.ANY_ORIGIN})


def _sites(body: Mapping[str, Any]) -> list[Site]:
    """The sites in ``domain``: one, or several separated by commas (roll-ups).

    Without ``domain`` (some server-side clients), the site is that of the URL.
    """
    given = validation.text(body.get("domain"), "domain") or _host(body)
    named = list(dict.fromkeys(filter(None, (part.strip().lower() for part in given.split(",")))))
    if not 1 <= len(named) <= config.MAX_DOMAINS:
        raise BadRequest(
            f"domain must be the domain or id of a site, or up to {config.MAX_DOMAINS} of them separated by commas.",
            field="domain",
        )
    found = [site_rules.require_active(_site(domain)) for domain in named]
    return list({site.id: site for site in found}.values())  # a site may be named twice, by id and by domain


def _host(body: Mapping[str, Any]) -> str:
    try:
        return urlsplit(validation.text(body.get("url"), "url") or "").hostname or ""
    except ValueError:
        return ""


def _site(domain: str) -> Site | None:
    site_id = read_id(domain)
    if site_id is not None:
        return cached_site(site_id)
    named = sites_by_domain(normal_host(domain) or domain)
    return min(named, key=lambda site: (not site.active, site.created_at, site.id)) if named else None


def parse(site: Site, body: Mapping[str, Any]) -> Beacon:
    """The hits in a body whose fields have their long names.

    :raises BadRequest: naming the invalid field.
    """
    said = read(_Event, body, _Pages(site, any_hash=body.get("hashMode") in (1, True)))
    if said.name == "pageview":
        return Beacon((View(uuid.uuid4().hex, said.url, _TRACKER, referrer=said.referrer, screen=said.screen),))
    if said.name == "engagement":
        # Without a view id: it is added to the visitor's latest view of the page.
        return Beacon((Leave("", said.engagement or 0, 0, _TRACKER, scroll=said.scroll, page=said.url.page),))
    more = read(_Custom, body)
    id_ = uuid.uuid4().hex
    return Beacon((CustomEvent(id_, said.name, said.url, _TRACKER, more.props, more.revenue, said.interactive),))


@dataclass(frozen=True, slots=True)
class _Pages:
    """How pages are read from URLs.

    :ivar any_hash: whether the whole fragment is part of the page.
    """

    site: Site
    any_hash: bool


def _page(value: Any, field: str, pages: _Pages) -> Location:
    url = validation.text(value, field)
    if not url:
        raise BadRequest(f"{field} is missing: the URL of the page.", field=field)
    return location_of(pages.site, url, field, apps=True, any_hash=pages.any_hash)


def _screen(value: Any, field: str) -> str | None:
    """The class of the screen; None for what is no number, because older senders rely on its being ignored."""
    with suppress(BadRequest):
        return read_screen(value, field)
    return None


def _props(value: Any, field: str) -> str | None:
    return custom_events.read_props(_object(value) or None, field)


def _revenue(value: Any, field: str) -> tuple[int | None, str | None]:
    return custom_events.read_revenue(_object(value) or None, field)


def _object(value: object) -> object:
    """Some clients send objects as strings of JSON, and ``{}`` or ``[]`` (in PHP) for no value."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


@dataclass(frozen=True, slots=True)
class _Event:
    """The fields of every event."""

    name: str = read_by(custom_events.read_name)
    url: Location = read_within(_page)
    referrer: str | None = read_by(validation.text)
    interactive: bool = read_by(validation.flag(default=True))
    engagement: int | None = read_by(validation.engagement)
    scroll: int | None = read_by(validation.percent)
    screen: str | None = read_by(_screen, "screen_width")


@dataclass(frozen=True, slots=True)
class _Custom:
    """The additional fields of a custom event."""

    props: str | None = read_by(_props)
    revenue: tuple[int | None, str | None] = read_by(_revenue)
