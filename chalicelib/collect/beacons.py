"""Beacons: what the tracker's JSON says, as an event."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from typing import Any

from chalicelib import config
from chalicelib.collect import custom_events, hit, validation
from chalicelib.collect.event import Event
from chalicelib.collect.urls import Location, absolute
from chalicelib.errors import BadRequest
from chalicelib.store.sites import Site

_MAX_AGE_MS = 2 * config.MAX_ENGAGEMENT_MS


def read(site: Site, who: hit.Client, body: Mapping[str, Any], t: int, referer: str | None = None) -> list[Event]:
    """The events of a beacon received at `t` (epoch ms): a custom event, a view, a leave, or a view with its leave.

    :param referer: the page of a view that has no field ``location``; for Shynet it was that, too.
    :raises BadRequest: naming the field that is wrong.
    """
    named = validation.identifier(validation.text(body, "identifier"))
    if named:
        who = dataclasses.replace(who, identifier=named)
    if "event" in body:
        return [_custom(site, who, body, t)]
    if "engagement" not in body:
        return [_view(site, who, {"location": referer, **body}, t)]
    leave = _leave(site, who, body, t)
    # The tracker tells of the view again as long as it does not know that it arrived.
    return [_view(site, who, body, t), leave] if body.get("location") else [leave]


def location(site: Site, body: Mapping[str, Any], name: str = "location", where: str = "") -> Location | None:
    """The page of a body's URL, as the site's settings keep it; None where there is none.

    :raises BadRequest: if it is no URL of a page.
    """
    url = validation.text(body, name, where)
    return hit.location_of(site, url, where + name) if url else None


def _view(site: Site, who: hit.Client, body: Mapping[str, Any], t: int) -> Event:
    view_id = validation.identity(body, "idempotency") or uuid.uuid4().hex
    page = location(site, body)
    if page is None:
        raise BadRequest("location is missing: the URL of the page, as in location.href.", field="location")
    return hit.view(
        site, who, t, view_id=view_id, location=page, referrer=_referrer(body),
        load_time=validation.load_time(body, "loadTime"), age=_age(body), tracker="script",
    )  # fmt: skip


def _referrer(body: Mapping[str, Any]) -> str | None:
    """Where a view came from. The tracker tells of a page that the site's own routing led away from by its path."""
    return absolute(validation.text(body, "referrer"), validation.text(body, "location") or "")


def _leave(site: Site, who: hit.Client, body: Mapping[str, Any], t: int) -> Event:
    view_id = validation.identity(body, "idempotency")
    if view_id is None:
        raise BadRequest("idempotency is missing: the id of the view that is left.", field="idempotency")
    engagement = validation.engagement(body, "engagement") or 0
    return hit.leave(
        site, who, t, view_id=view_id, engagement=engagement, age=_age(body),
        scroll=validation.percent(body, "scroll"), load_time=validation.load_time(body, "loadTime"), tracker="script",
        redirect=body.get("on") == "replace" and engagement < config.REDIRECT_AT_ONCE_MS,
    )  # fmt: skip


def _age(body: Mapping[str, Any]) -> int:
    """How long ago the view began, ms."""
    age = validation.number(body, "age") or 0.0
    if age < 0:
        raise BadRequest("age must not be negative.", field="age")
    return min(round(age), _MAX_AGE_MS)


def _custom(site: Site, who: hit.Client, body: Mapping[str, Any], t: int) -> Event:
    return hit.custom(
        site, who, t, event_id=validation.identity(body, "idempotency") or uuid.uuid4().hex,
        name=custom_events.read_name(body["event"]), props=custom_events.read_props(body.get("props")),
        revenue=custom_events.read_revenue(body.get("revenue")), location=location(site, body),
        interactive=validation.flag(body, "interactive", default=False), tracker="script",
    )  # fmt: skip
