"""The endpoints for visitors' browsers: the tracker, its beacons, and the pixel.

Every hit goes through the same steps: find the site, find the client's IP address, apply the site's rules, apply the
rate limit, parse the hit, create events, queue them. See :func:`beacon` and :func:`accept_hit`. Imports are few, for
cold starts.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from chalice import Response

from chalicelib import days
from chalicelib.collect import beacons, client_ip, hit, rate_limit, site_rules, tracker_script, validation
from chalicelib.collect.accept_language import first_language
from chalicelib.collect.client_hints import read_client_hints
from chalicelib.collect.event import Event, encode_all
from chalicelib.collect.hit import Beacon, View
from chalicelib.collect.prefetch import read_hint
from chalicelib.collect.urls import Location, location_of
from chalicelib.collect.visitor import normal_address
from chalicelib.config import SCRIPT_CACHE_S, settings
from chalicelib.errors import BadRequest
from chalicelib.store import hit_queue
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply

# Beacons come from other origins; they have no credentials, and responses have no secrets.
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
# A transparent GIF of 43 bytes; the smallest PNG has 67.
_GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_AS_PIXEL: Final = ("image/gif", 200, {"Cache-Control": "no-store", **ANY_ORIGIN})
# Every time that a browser asks again is a request to be paid for. The ETag saves sending the body again.
_SCRIPT_CACHE = f"public, max-age={SCRIPT_CACHE_S}"
# The gateway's time of arrival is used if it is not older than this.
_SOON_MS = 60 * 1000
_JAVASCRIPT = "text/javascript; charset=utf-8"


def beacon(request: Request, site: str, identifier: str | None = None) -> Response:
    """A beacon of the tracker: 204 once its events are queued, or once it is counted as excluded traffic.

    The body is JSON: a view ``{idempotency, location, referrer, loadTime, age, innerWidth}``, a leave
    ``{idempotency, engagement, scroll, loadTime, age}``, both at once, or an event
    ``{event, props, revenue, location, interactive}``: times in ms, scroll in percent. With an id,
    beacons are idempotent; without one, each is a view or event of its own. All of them can have the visitor's
    ``identifier``.
    """
    found = site_rules.find_site(site)
    referer = request.headers.get("referer")
    queue(accept_hit(request, found, lambda: beacons.parse(found, request.json(), referer), identifier))
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store", **ANY_ORIGIN})


def accept_hit(request: Request, site: Site, parse: Callable[[], Beacon], identifier: str | None = None) -> list[Event]:
    """The events of a request for `site`; none if the hit is dropped.

    :param parse: parses the request; not called for a hit that is dropped.
    :param identifier: the site's own identifier of the visitor, if the URL has one.
    :raises Forbidden: if the page is not one of the site's origins.
    :raises TooManyRequests: if the rate limit is exceeded.
    :raises BadRequest: naming the invalid field.
    """
    headers = request.headers
    address = normal_address(client_ip.client_address(site.proxies, request.source_ip, headers))
    reason = site_rules.refusal(site, headers, address)
    if reason is None and rate_limit.is_flood(site, address):
        reason = site_rules.FLOOD
    if reason is not None:
        site_rules.drop(site, reason, headers)
        return []
    named = validation.identifier(identifier)
    language = first_language(headers.get("accept-language", ""))
    agent = headers.get("user-agent", "")
    who = hit.client(address, agent, named, read_hint(headers), read_client_hints(headers), language)
    return hit.events(site, who, arrival(request), parse())


def queue(events: list[Event]) -> None:
    """Queue events for the worker. After this, no hit is lost.

    :raises Unavailable: if the queue fails.
    """
    for message in encode_all(events):
        hit_queue.send(message)


def arrival(request: Request) -> int:
    """When a hit arrived, epoch ms.

    The gateway's clock is used, because of cold starts: the visitor's next hit could go to a warm function and seem to
    have arrived earlier.
    """
    now = days.now_ms()
    return request.received_at if 0 <= now - request.received_at <= _SOON_MS else now


def pixel(request: Request, site: str, identifier: str | None = None) -> Response:
    """The pixel for pages without scripts: each load is a view.

    The page is the parameter ``location``, else the Referer header, of which browsers often send only the origin. A
    Referer that is not a web page (``about:blank``, an app) is ignored, because the site's owner cannot change it.
    """
    found = site_rules.find_site(site)
    queue(accept_hit(request, found, lambda: _pixel_view(found, request), identifier))
    return reply(_GIF, *_AS_PIXEL)


def pixel_headers(_request: Request, site: str, identifier: str | None = None) -> Response:
    """``HEAD`` of a pixel: its headers, without a view."""
    site_rules.find_site(site)
    validation.identifier(identifier)
    return reply(_GIF, *_AS_PIXEL)


def _pixel_view(site: Site, request: Request) -> Beacon:
    view = View(uuid.uuid4().hex, _pixel_page(site, request), "pixel", referrer=request.query.get("referrer"))
    return Beacon((view,))


def _pixel_page(site: Site, request: Request) -> Location | None:
    given = request.query.get("location")
    if given:
        return location_of(site, given, "location")
    with suppress(BadRequest):
        return location_of(site, request.headers.get("referer", ""), "referer")
    return None


def preflight(_request: Request, **_: str) -> Response:
    """The response to a CORS preflight, which browsers send before JSON to another origin (Shynet's script does)."""
    allowed = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Content-Type"}
    return reply(b"", "text/plain", 204, {**ANY_ORIGIN, **allowed, "Access-Control-Max-Age": "86400"})


def script(request: Request, site: str, identifier: str | None = None) -> Response:
    """The tracker with the site's settings; with ``?options``, it includes the features that its tag can enable.

    If the query ends in ``?a``, the response is the larger module, which the tracker loads on pages that need it.
    """
    found = site_rules.find_site(site)
    whole = any(text.endswith("?a") for name, value in request.query.items() for text in (f"?{name}", value))
    made = tracker_script.script_of(found, options="options" in request.query, whole=whole)
    validation.identifier(identifier)
    packed = not settings().plain_script and tracker_script.takes_gzip(request.headers.get("accept-encoding", ""))
    etag = made.etag(packed=packed)
    headers = {"Cache-Control": _SCRIPT_CACHE, "ETag": etag, "Vary": "Accept-Encoding", **ANY_ORIGIN}
    if _has(request.headers.get("if-none-match", ""), etag):
        return reply(b"", _JAVASCRIPT, 304, headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = made.packed if packed else made.body
    return reply(body, _JAVASCRIPT, 200, headers)


def _has(if_none_match: str, etag: str) -> bool:
    """Whether the ETag is in an If-None-Match header (weak comparison, RFC 9110, section 13.1.2)."""
    return if_none_match.strip() == "*" or etag in if_none_match
