"""Hits as parsed from a request, independent of its format, and their conversion to events."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from chalicelib import config
from chalicelib.collect.event import Event
from chalicelib.collect.referrer import read_referrer, same_site
from chalicelib.collect.urls import Location
from chalicelib.collect.visitor import normal_address, truncated, visitor_key
from chalicelib.store import salts
from chalicelib.store.sites import Site

# The fields of a location that become fields of the event.
_OF_LOCATION = tuple(one.name for one in fields(Location) if one.name in Event.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class View:
    """A page view.

    :ivar referrer: URL of the previous page, as sent; :ivar load_time: ms.
    :ivar age: time since the view began, ms; :ivar screen: see `screen.read_screen`.
    """

    id: str
    location: Location | None
    tracker: str
    referrer: str | None = None
    load_time: int | None = None
    age: int = 0
    screen: str | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The end of a view, or an update: its engagement and scroll depth until now.

    :ivar id: the id of the view; ``""`` if unknown: then it belongs to the visitor's latest view of `page`.
    :ivar engagement: ms; :ivar age: time since the view began, ms; :ivar scroll: percent; :ivar load_time: ms.
    :ivar redirect: whether a script replaced the page without an interaction of the visitor.
    """

    id: str
    engagement: int
    age: int
    tracker: str
    scroll: int | None = None
    load_time: int | None = None
    page: str | None = None
    redirect: bool = False


@dataclass(frozen=True, slots=True)
class CustomEvent:
    """A custom event.

    :ivar props: a JSON object of strings; :ivar revenue: millionths, and their currency.
    :ivar interactive: whether a visit with it is not a bounce.
    """

    id: str
    name: str
    location: Location | None
    tracker: str
    props: str | None = None
    revenue: tuple[int | None, str | None] = (None, None)
    interactive: bool = False


@dataclass(frozen=True, slots=True)
class Beacon:
    """The hits of one request by one visitor.

    :ivar identifier: the site's own identifier of the visitor, if the body has one.
    """

    hits: tuple[View | Leave | CustomEvent, ...]
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """The sender of a hit: normalized IP address (``""``: unknown), user agent, and the site's own identifier.

    :ivar hint: see `prefetch.read_hint`.
    :ivar client_hints: see `client_hints.read_client_hints`; :ivar language: see `accept_language.first_language`.
    """

    address: str
    agent: str
    identifier: str | None = None
    hint: str | None = None
    client_hints: str | None = None
    language: str | None = None


def client(
    source_ip: str,
    agent: str,
    identifier: str | None = None,
    hint: str | None = None,
    client_hints: str | None = None,
    language: str | None = None,
) -> Client:
    """A client. Long user agents are truncated to 1,024 characters."""
    clean = agent[: config.MAX_USER_AGENT_CHARS].encode("utf-8", "replace").decode("utf-8")
    return Client(normal_address(source_ip), clean, identifier, hint, client_hints, language)


def events(site: Site, who: Client, t: int, beacon: Beacon) -> list[Event]:
    """The events of a beacon that arrived at `t` (epoch ms)."""
    named = replace(who, identifier=beacon.identifier) if beacon.identifier else who
    return [event(site, named, t, hit) for hit in beacon.hits]


def event(site: Site, who: Client, t: int, hit: View | Leave | CustomEvent) -> Event:
    """The event of a hit that `who` sent at `t` (epoch ms)."""
    if isinstance(hit, View):
        return _view(site, who, t, hit)
    if isinstance(hit, Leave):
        return _leave(site, who, t, hit)
    return _custom_event(site, who, t, hit)


def _view(site: Site, who: Client, t: int, view: View) -> Event:
    """A view belongs to the day on which it began, as long as that day's salt exists; after that, to today."""
    day, salt = _day_of_view(site, t, view.age)
    t = max(t - view.age, site.calendar.day_start(day))
    came_from = read_referrer(view.referrer)
    own = {site.domain.partition(":")[0]} | ({view.location.host} if view.location else set())
    of_location = {name: getattr(view.location, name) for name in _OF_LOCATION} if view.location else {}
    return _event(
        site, who, day, salt, t, kind="view", id=view.id, referrer=came_from[1] if came_from else None,
        load_time=view.load_time, tracker=view.tracker, screen=view.screen,
        internal=came_from is not None and any(same_site(came_from[0], host) for host in own), **of_location,
    )  # fmt: skip


def _leave(site: Site, who: Client, t: int, leave: Leave) -> Event:
    """A leave belongs to the day of its view as long as that day's salt exists, so that midnight cuts off nothing."""
    day, salt = _day_of_view(site, t, leave.age)
    t = min(t, site.calendar.day_end(day) - 1)
    return _event(
        site, who, day, salt, t, kind="leave", id=leave.id, page=leave.page, engagement=leave.engagement,
        scroll=leave.scroll, load_time=leave.load_time, tracker=leave.tracker, redirect=leave.redirect,
    )  # fmt: skip


def _custom_event(site: Site, who: Client, t: int, custom: CustomEvent) -> Event:
    day = site.calendar.day_of(t)
    return _event(
        site, who, day, salts.salt(site, day), t, kind="event", id=custom.id,
        page=custom.location.page if custom.location else None, event_name=custom.name, props=custom.props,
        amount=custom.revenue[0], currency=custom.revenue[1], interactive=custom.interactive, tracker=custom.tracker,
    )  # fmt: skip


def _event(site: Site, who: Client, day: date, salt: bytes, t: int, **of_hit: Any) -> Event:
    """An event of `who` at `t` (epoch ms) in a site-day."""
    return Event(
        site=site.id,
        day=day.isoformat(),
        hour=site.calendar.hour_of(t, day),
        visitor=visitor_key(salt, who.address, who.agent),
        t=t,
        agent=who.agent,
        address=who.address if site.collect_ips else truncated(who.address),
        identifier=who.identifier,
        hint=who.hint,
        client_hints=who.client_hints,
        language=who.language,
        **of_hit,
    )


def _day_of_view(site: Site, t: int, age: int) -> tuple[date, bytes]:
    """The day, with its salt, of a view that began `age` ms before `t`; today if that day's salt is destroyed."""
    today = site.calendar.day_of(t)
    began = site.calendar.day_of(t - age)
    if began < today:
        salt = salts.find_salt(site, began)
        if salt is not None:
            return began, salt
    return today, salts.salt(site, today)
