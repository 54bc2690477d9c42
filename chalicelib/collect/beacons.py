"""The beacons of the tracker: JSON with a view, a leave, both, or a custom event."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib import config
from chalicelib.collect import custom_events, validation
from chalicelib.collect.hit import Beacon, CustomEvent, Leave, View
from chalicelib.collect.screen import read_screen
from chalicelib.collect.urls import Location, absolute, optional_location
from chalicelib.collect.validation import read, read_by, read_within
from chalicelib.errors import BadRequest
from chalicelib.store.sites import Site

_TRACKER = "script"
_MAX_AGE_MS = 2 * config.MAX_ENGAGEMENT_MS


def parse(site: Site, body: Mapping[str, Any], referer: str | None = None) -> Beacon:
    """The hits in the body of a beacon.

    :param referer: the page of a view without the field ``location``, as in Shynet.
    :raises BadRequest: naming the field that is wrong.
    """
    if "event" in body:
        custom = read(_CustomEvent, body, site)
        return Beacon((custom.event(),), custom.identifier)
    if "engagement" not in body:
        view = read(_View, {"location": referer, **body}, site)
        return Beacon((view.view(),), view.identifier)
    leave = read(_Leave, body, site)
    if not body.get("location"):
        return Beacon((leave.leave(),), leave.identifier)
    # The tracker repeats the view until it has an answer to it.
    return Beacon((read(_View, body, site).view(), leave.leave()), leave.identifier)


def _location(value: Any, field: str, site: Site) -> Location:
    location = optional_location(value, field, site)
    if location is None:
        raise BadRequest(f"{field} is missing: the URL of the page, as in location.href.", field=field)
    return location


def _age(value: Any, field: str) -> int:
    """Time since the view began, ms."""
    age = validation.number(value, field) or 0.0
    if age < 0:
        raise BadRequest(f"{field} must not be negative.", field=field)
    return min(round(age), _MAX_AGE_MS)


def _id_of_view(value: Any, field: str) -> str:
    view_id = validation.hit_id(value, field)
    if view_id is None:
        raise BadRequest(f"{field} is missing: the id of the view that is left.", field=field)
    return view_id


def _is_replaced(value: Any, _field: str) -> bool:
    """Whether the navigation that ended the view replaced it in the browser's history."""
    return bool(value == "replace")


@dataclass(frozen=True, slots=True)
class _View:
    identifier: str | None = read_by(validation.identifier)
    id: str | None = read_by(validation.hit_id, "idempotency")
    location: Location = read_within(_location)
    url: str | None = read_by(validation.text, "location")
    referrer: str | None = read_by(validation.text)
    load_time: int | None = read_by(validation.load_time, "loadTime")
    age: int = read_by(_age)
    screen: str | None = read_by(read_screen, "innerWidth")

    def view(self) -> View:
        # The tracker sends the previous page of a single-page app as a path.
        came_from = absolute(self.referrer, self.url or "")
        id_ = self.id or uuid.uuid4().hex
        return View(
            id_, self.location, _TRACKER, referrer=came_from, load_time=self.load_time, age=self.age, screen=self.screen
        )


@dataclass(frozen=True, slots=True)
class _Leave:
    identifier: str | None = read_by(validation.identifier)
    id: str = read_by(_id_of_view, "idempotency")
    engagement: int | None = read_by(validation.engagement)
    age: int = read_by(_age)
    scroll: int | None = read_by(validation.percent)
    load_time: int | None = read_by(validation.load_time, "loadTime")
    replaced: bool = read_by(_is_replaced, "on")

    def leave(self) -> Leave:
        engagement = self.engagement or 0
        redirect = self.replaced and engagement < config.REDIRECT_AT_ONCE_MS
        return Leave(
            self.id, engagement, self.age, _TRACKER, scroll=self.scroll, load_time=self.load_time, redirect=redirect
        )


@dataclass(frozen=True, slots=True)
class _CustomEvent:
    identifier: str | None = read_by(validation.identifier)
    id: str | None = read_by(validation.hit_id, "idempotency")
    name: str = read_by(custom_events.read_name, "event")
    props: str | None = read_by(custom_events.read_props)
    revenue: tuple[int | None, str | None] = read_by(custom_events.read_revenue)
    location: Location | None = read_within(optional_location)
    interactive: bool = read_by(validation.flag(default=False))

    def event(self) -> CustomEvent:
        id_ = self.id or uuid.uuid4().hex
        return CustomEvent(id_, self.name, self.location, _TRACKER, self.props, self.revenue, self.interactive)
