"""The gate: which site a request is for, whose it is, and whether the site takes it."""

from __future__ import annotations

from chalicelib import days
from chalicelib.collect import fields, flood, hit, proxy
from chalicelib.collect.admission import refusal
from chalicelib.collect.client_hints import read_client_hints
from chalicelib.collect.hint import read_hint
from chalicelib.collect.visitor import normal_address
from chalicelib.errors import Forbidden, NotFound, TooManyRequests
from chalicelib.store import ledger
from chalicelib.store.sites import Site, cached_site, read_id
from chalicelib.web import Request

_SOON_S = 60


class Dropped(Exception):
    """The site does not want this hit; it is in the ledger, and its sender need not know."""


def find_site(site_id: str) -> Site:
    """The active site with this id.

    :raises NotFound: if there is none.
    """
    wanted = read_id(site_id)
    return active(cached_site(wanted) if wanted is not None else None)


def active(site: Site | None) -> Site:
    """The site, if it is there and active.

    :raises NotFound: if not.
    """
    if site is None or not site.active:
        raise NotFound("There is no such site here, or it is archived. Check the address in the snippet.")
    return site


def admit(request: Request, site_id: str, identifier: str | None = None) -> tuple[Site, hit.Client]:
    """The site a hit is for and the client that sends it.

    :raises NotFound: for an unknown or archived site.
    :raises Dropped: if the site's settings do not want the hit.
    :raises Forbidden: if the page it comes from is not one of the site's origins.
    :raises TooManyRequests: in a flood.
    """
    return admit_to(find_site(site_id), request, identifier)


def admit_to(site: Site, request: Request, identifier: str | None = None) -> tuple[Site, hit.Client]:
    """As :func:`admit`, of a site already found."""
    address = normal_address(proxy.client_address(site.proxies, request.source_ip, request.headers))
    reason = refusal(site, request.headers, address)
    if reason is None and flood.is_flood(site, address):
        reason = "flood_address"
    if reason is not None:
        _enter(site, reason, request)
    agent, hint = request.headers.get("user-agent", ""), read_hint(request.headers)
    told = read_client_hints(request.headers)
    return site, hit.client(address, agent, fields.identifier(identifier), hint, told)


def arrival(request: Request) -> int:
    """When a hit arrived, epoch ms.

    The gateway's clock counts, because a function may have to start first: what the visitor did next would be taken
    by one that runs already, and seem to have come before.
    """
    now = days.now_ms()
    return request.received_at if 0 <= now - request.received_at <= _SOON_S * 1000 else now


def _enter(site: Site, reason: str, request: Request) -> None:
    origin = request.headers.get("origin", "") if reason == "origin" else ""
    ledger.drop(site.id, site.calendar.day_of(days.now_ms()), reason, origin if origin.isprintable() else "")
    if reason == "origin":
        raise Forbidden("This page is not one of the origins that the site's settings allow.")
    if reason == "flood_address":
        raise TooManyRequests("Too many hits from one address; slow down.", retry_after=_SOON_S)
    raise Dropped(reason)
