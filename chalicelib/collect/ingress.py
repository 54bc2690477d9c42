"""What visitors' browsers ask for: the tracker, its beacons, and the pixel. The hit path; it loads little."""

from __future__ import annotations

import base64
import uuid
from contextlib import suppress

from chalice import Response

from chalicelib.collect import beacons, hit, site_rules, tracker_script, validation
from chalicelib.collect.event import encode
from chalicelib.collect.urls import Location
from chalicelib.config import settings
from chalicelib.errors import BadRequest
from chalicelib.store import hit_queue
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply

# Beacons come from other origins by their nature; they carry no credentials and get no secrets.
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
# A transparent GIF of 43 bytes; a PNG would be 67 at least.
_GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
# A changed setting reaches every browser within a minute; in between, nobody asks twice, and the ETag saves the body.
_SCRIPT_CACHE = "public, max-age=30, must-revalidate"
_JAVASCRIPT = "text/javascript; charset=utf-8"


def script(request: Request, site: str, identifier: str | None = None) -> Response:
    """The tracker, as the site's settings make it; with ``?options``, what a page may switch on is in it.

    What ends in ``?a``, behind whatever query, is what it asks for itself where a page needs more of it.
    """
    found = site_rules.find_site(site)
    whole = any(text.endswith("?a") for name, value in request.query.items() for text in (f"?{name}", value))
    made = tracker_script.script_of(found, options="options" in request.query, whole=whole)
    validation.identifier(identifier)
    packed = not settings().plain_script and tracker_script.takes_gzip(request.headers.get("accept-encoding", ""))
    etag = made.etag(packed=packed)
    headers = {"Cache-Control": _SCRIPT_CACHE, "ETag": etag, "Vary": "Accept-Encoding", **_ANY_ORIGIN}
    if _has(request.headers.get("if-none-match", ""), etag):
        return reply(b"", _JAVASCRIPT, 304, headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = made.packed if packed else made.body
    return reply(body, _JAVASCRIPT, 200, headers)


def beacon(request: Request, site: str, identifier: str | None = None) -> Response:
    """A beacon of the tracker: 204 once the queue has the event, or once the ledger has why it was dropped.

    The body is JSON: a view ``{idempotency, location, referrer, loadTime, age}``, a leave
    ``{idempotency, engagement, scroll, loadTime, age}``, both at once, or an event
    ``{event, props, revenue, location, interactive}``: times in ms, scroll in percent. An id makes a repetition
    harmless; without one, every beacon is a view or event of its own. Any of them may have the visitor's
    ``identifier``.
    """
    taken = {"Cache-Control": "no-store", **_ANY_ORIGIN}
    try:
        found, who = site_rules.admit(request, site, identifier)
    except site_rules.Dropped:
        return reply(b"", "text/plain", 204, taken)
    body, referer = request.json(), request.headers.get("referer")
    hit_queue.send(encode(beacons.read(found, who, body, site_rules.arrival(request), referer)))
    return reply(b"", "text/plain", 204, taken)


def preflight(_request: Request, **_: str) -> Response:
    """Yes to a browser that asks before it sends JSON from another origin, as Shynet's own script makes it do."""
    allowed = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Content-Type"}
    return reply(b"", "text/plain", 204, {**_ANY_ORIGIN, **allowed, "Access-Control-Max-Age": "86400"})


def pixel(request: Request, site: str, identifier: str | None = None) -> Response:
    """The pixel for pages without scripts: each load is a view.

    The page is the query's ``location``, else the Referer header, of which browsers often send only the origin. A
    Referer that is no web page (``about:blank``, an app's) is none: the site's owner could not mend it.
    """
    image = reply(_GIF, "image/gif", 200, {"Cache-Control": "no-store", **_ANY_ORIGIN})
    try:
        found, who = site_rules.admit(request, site, identifier)
    except site_rules.Dropped:
        return image
    event = hit.view(
        found, who, site_rules.arrival(request), view_id=uuid.uuid4().hex, location=_page(found, request),
        referrer=request.query.get("referrer"), load_time=None, tracker="pixel",
    )  # fmt: skip
    hit_queue.send(encode([event]))
    return image


def _page(site: Site, request: Request) -> Location | None:
    given = request.query.get("location")
    if given:
        return hit.location_of(site, given)
    with suppress(BadRequest):
        return hit.location_of(site, request.headers.get("referer", ""), "referer")
    return None


def _has(if_none_match: str, etag: str) -> bool:
    """Whether a browser that sends this header has the body already (weak comparison, RFC 9110, section 13.1.2)."""
    return if_none_match.strip() == "*" or etag in if_none_match
