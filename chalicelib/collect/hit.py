"""A hit: the collector's own making of an event from what a visitor's browser, or a site's owner, says happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib import config
from chalicelib.collect.event import Event
from chalicelib.collect.referrer import read_referrer, same_site
from chalicelib.collect.urls import Location, read_location
from chalicelib.collect.visitor import normal_address, truncated, visitor_key
from chalicelib.store import salts
from chalicelib.store.sites import Site

# What a location says beside its page: its host, and where the visit came from.
_SAID = tuple(name for name in Location.__dataclass_fields__ if name != "page")


@dataclass(frozen=True, slots=True)
class Client:
    """Who sends: the normal form of the address (``""``: unknown), the user agent, the site's name for them.

    :ivar hint: what the request says of a program, see `hint.read_hint`.
    :ivar client_hints: what the browser says of itself, see `client_hints.read_client_hints`.
    """

    address: str
    agent: str
    identifier: str | None = None
    hint: str | None = None
    client_hints: str | None = None


def client(
    source_ip: str,
    agent: str,
    identifier: str | None = None,
    hint: str | None = None,
    client_hints: str | None = None,
) -> Client:
    """A client. Of a user agent that is absurdly long, the first 1,024 characters tell enough."""
    clean = agent[: config.MAX_USER_AGENT_CHARS].encode("utf-8", "replace").decode("utf-8")
    return Client(normal_address(source_ip), clean, identifier, hint, client_hints)


def location_of(
    site: Site, url: str, field: str = "location", *, apps: bool = False, any_hash: bool = False
) -> Location:
    """What `site` keeps of the URL of a viewed page.

    :param apps: whether the URL may be one that a mobile app made up.
    :param any_hash: whether the sender says that the fragment is part of the page, whatever it is.
    :raises BadRequest: naming `field`, if it is not an absolute http(s) URL or is too long.
    """
    return read_location(
        url, field, kept=site.page_parameters, hash_routing=site.hash_routing, any_hash=any_hash,
        merge_slash=site.merge_trailing_slash, apps=apps,
    )  # fmt: skip


def view(
    site: Site, who: Client, t: int, *, view_id: str, location: Location | None, referrer: str | None,
    load_time: int | None, tracker: str, age: int = 0,
) -> Event:  # fmt: skip
    """The event of a page view told of at `t` (epoch ms), which began `age` ms before.

    It belongs to the day on which it began, as long as that day's salt lives; later it is one of today's first.
    """
    day, salt = _day_of_view(site, t, age)
    t = max(t - age, site.calendar.day_start(day))
    came_from = read_referrer(referrer)
    own = {site.domain.partition(":")[0]} | ({location.host} if location else set())
    said = {name: getattr(location, name) for name in _SAID} if location else {}
    return _event(
        site, who, day, salt, t, kind="view", id=view_id, page=location.page if location else None,
        referrer=came_from[1] if came_from else None, load_time=load_time, tracker=tracker,
        internal=came_from is not None and any(same_site(came_from[0], host) for host in own), **said,
    )  # fmt: skip


def leave(
    site: Site,
    who: Client,
    t: int,
    *,
    view_id: str,
    engagement: int,
    age: int,
    tracker: str,
    scroll: int | None = None,
    load_time: int | None = None,
    page: str | None = None,
    redirect: bool = False,
) -> Event:
    """The event of a view's sign of life at `t` (epoch ms), `age` ms after the view began.

    A view that began before midnight keeps its day, as long as that day's salt lives: a session never crosses a
    site-day, but the time read does not get lost at its end.

    :param view_id: ``""`` when the sender does not know it: the leave is then of the visitor's latest view of `page`.
    :param redirect: whether a script replaced the page, without an act of the visitor.
    """
    day, salt = _day_of_view(site, t, age)
    t = min(t, site.calendar.day_end(day) - 1)
    return _event(
        site, who, day, salt, t, kind="leave", id=view_id, page=page, engagement=engagement, scroll=scroll,
        load_time=load_time, tracker=tracker, redirect=redirect,
    )  # fmt: skip


def custom(
    site: Site, who: Client, t: int, *, event_id: str, name: str, props: str | None,
    revenue: tuple[int | None, str | None], location: Location | None, interactive: bool, tracker: str,
) -> Event:  # fmt: skip
    """The event of something the site's owner wants counted, at `t` (epoch ms).

    :param interactive: whether a visit with it is no bounce.
    """
    day = site.calendar.day_of(t)
    return _event(
        site, who, day, salts.salt(site, day), t, kind="event", id=event_id, page=location.page if location else None,
        event_name=name, props=props, amount=revenue[0], currency=revenue[1], interactive=interactive, tracker=tracker,
    )  # fmt: skip


def _event(site: Site, who: Client, day: date, salt: bytes, t: int, **said: Any) -> Event:
    """An event of `who` at `t` (epoch ms) in a site-day, which says what it says."""
    return Event(
        site=site.id,
        day=day.isoformat(),
        hour=site.calendar.hour_of(t, day),
        visitor=visitor_key(salt, who.address, who.agent),
        t=t,
        agent=who.agent,
        address=_for_geography(site, who),
        identifier=who.identifier,
        hint=who.hint,
        client_hints=who.client_hints,
        **said,
    )


def _day_of_view(site: Site, t: int, age: int) -> tuple[date, bytes]:
    """The day, with its salt, of a view that began `age` ms before `t`; today's if that day's salt is destroyed."""
    today = site.calendar.day_of(t)
    began = site.calendar.day_of(t - age)
    if began < today:
        salt = salts.find_salt(site, began)
        if salt is not None:
            return began, salt
    return today, salts.salt(site, today)


def _for_geography(site: Site, who: Client) -> str:
    return who.address if site.collect_ips else truncated(who.address)
