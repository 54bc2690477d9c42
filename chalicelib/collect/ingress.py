"""What visitors' browsers ask for: the tracker's beacons, the pixel, and the tracker itself.

Every hit takes the same steps: find the site, whose address it is, the site's rules, the rate limit, parse what it
tells, make events of it, queue them. See :func:`beacon` and :func:`take`. This is the hit path, so it imports little.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from contextlib import suppress

from chalice import Response

from chalicelib import days
from chalicelib.collect import beacons, hit, proxy, rate_limit, site_rules, tracker_script, validation
from chalicelib.collect.client_hints import read_client_hints
from chalicelib.collect.event import Event, encode_all
from chalicelib.collect.hit import Beacon, View
from chalicelib.collect.prefetch import read_hint
from chalicelib.collect.urls import Location, location_of
from chalicelib.collect.visitor import normal_address
from chalicelib.config import settings
from chalicelib.errors import BadRequest
from chalicelib.store import hit_queue
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply

# Beacons come from other origins by their nature; they carry no credentials and get no secrets.
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
# A transparent GIF of 43 bytes; a PNG would be 67 at least.
_GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
# A changed setting reaches every browser within a minute; in between, nobody asks twice, and the ETag saves the body.
_SCRIPT_CACHE = "public, max-age=30, must-revalidate"
# The gateway's time of arrival is believed if it is no longer ago than this.
_SOON_MS = 60 * 1000
_JAVASCRIPT = "text/javascript; charset=utf-8"


def beacon(request: Request, site: str, identifier: str | None = None) -> Response:
    """A beacon of the tracker: 204 once the queue has its events, or once the ledger has why it was dropped.

    The body is JSON: a view ``{idempotency, location, referrer, loadTime, age}``, a leave
    ``{idempotency, engagement, scroll, loadTime, age}``, both at once, or an event
    ``{event, props, revenue, location, interactive}``: times in ms, scroll in percent. An id makes a repetition
    harmless; without one, every beacon is a view or event of its own. Any of them may have the visitor's
    ``identifier``.
    """
    found = site_rules.find_site(site)
    referer = request.headers.get("referer")
    queue(take(request, found, lambda: beacons.parse(found, request.json(), referer), identifier))
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store", **ANY_ORIGIN})


def take(request: Request, site: Site, parse: Callable[[], Beacon], identifier: str | None = None) -> list[Event]:
    """The events of a request for `site`, by the steps that every hit goes through; none if the site drops it.

    :param parse: reads what the request tells of; it is not called for a hit that is dropped.
    :param identifier: the site's own name for the visitor, if the URL has one.
    :raises Forbidden: if the page is not one of the site's origins.
    :raises TooManyRequests: in a flood.
    :raises BadRequest: naming the field that is wrong.
    """
    headers = request.headers
    address = normal_address(proxy.client_address(site.proxies, request.source_ip, headers))
    reason = site_rules.refusal(site, headers, address)
    if reason is None and rate_limit.is_flood(site, address):
        reason = site_rules.FLOOD
    if reason is not None:
        site_rules.drop(site, reason, headers)
        return []
    named = validation.identifier(identifier)
    who = hit.client(address, headers.get("user-agent", ""), named, read_hint(headers), read_client_hints(headers))
    return hit.events(site, who, arrival(request), parse())


def queue(events: list[Event]) -> None:
    """Hand events over to the worker: after this the hits are safe.

    :raises Unavailable: if the queue refuses.
    """
    for message in encode_all(events):
        hit_queue.send(message)


def arrival(request: Request) -> int:
    """When a hit arrived, epoch ms.

    The gateway's clock counts, because a function may have to start first: the visitor's next hit may go to one that
    runs already, and would then seem to have come before.
    """
    now = days.now_ms()
    return request.received_at if 0 <= now - request.received_at <= _SOON_MS else now


def pixel(request: Request, site: str, identifier: str | None = None) -> Response:
    """The pixel for pages without scripts: each load is a view.

    The page is the query's ``location``, else the Referer header, of which browsers often send only the origin. A
    Referer that is no web page (``about:blank``, an app's) is ignored, because the site's owner could not change it.
    """
    found = site_rules.find_site(site)
    queue(take(request, found, lambda: _pixel_view(found, request), identifier))
    return reply(_GIF, "image/gif", 200, {"Cache-Control": "no-store", **ANY_ORIGIN})


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
    """The answer to a CORS preflight: browsers ask before they send JSON from elsewhere, as with Shynet's script."""
    allowed = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Content-Type"}
    return reply(b"", "text/plain", 204, {**ANY_ORIGIN, **allowed, "Access-Control-Max-Age": "86400"})


def script(request: Request, site: str, identifier: str | None = None) -> Response:
    """The tracker with the site's settings in it; with ``?options`` it has the features that a page can switch on.

    If the query ends in ``?a``, the answer is the larger module, which the tracker loads where a page needs more.
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
    """Whether a browser that sends this header has the body already (weak comparison, RFC 9110, section 13.1.2)."""
    return if_none_match.strip() == "*" or etag in if_none_match
