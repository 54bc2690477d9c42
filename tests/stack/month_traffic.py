"""A month of two sites as it is sent: people and bots, several hosts, languages, screens, sources, events, identifiers.

The month is the last October that is over: its last Sunday has 25 hours in Berlin, its first one 23 hours in Sydney.
"""

from __future__ import annotations

import ipaddress
import json
import random
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from chalicelib import days
from chalicelib.collect import hit
from chalicelib.collect.accept_language import first_language
from chalicelib.collect.event import Event
from chalicelib.collect.urls import Location
from chalicelib.store.sites import Site
from demo.traffic.audience import Audience, Person

MINUTE: Final = 60_000
ZONES: Final = ("Europe/Berlin", "Australia/Sydney")
_PAGES: Final = ("/", "/pricing", "/docs/start", "/docs/api", "/blog/服务", "/a,b")
_HOSTS: Final = ("example.com", "blog.example.com", "xn--bcher-kva.example.com")
_PLANS: Final = ("pro", "basic", "Pro, yearly")
_SCREENS: Final = ("mobile", "tablet", "laptop", "desktop", None)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a visit comes from, as it is sent and as it should be reported."""

    referrer: str | None
    tags: tuple[tuple[str, str], ...]
    shown_referrer: str
    source: str
    channel: str
    campaign: str

    def tag(self, name: str) -> str:
        """The tag ``utm_…`` of this name; ``""`` without one."""
        return dict(self.tags).get(name, "")


_ORIGINS: Final = (
    Origin(None, (), "", "Direct", "Direct", ""),
    Origin("https://www.google.com/", (), "https://www.google.com/", "Google", "Organic Search", ""),
    Origin("https://duckduckgo.com/", (), "https://duckduckgo.com/", "DuckDuckGo", "Organic Search", ""),
    Origin(None, (("utm_source", "Letter"), ("utm_medium", "email"), ("utm_campaign", "Spring")),
           "", "Letter", "Email", "Spring"),
    Origin(None, (("utm_source", "letter"), ("utm_medium", "email"), ("utm_campaign", "SPRING"),
                  ("utm_term", "Analytics"), ("utm_content", "Button, red")),
           "", "letter", "Email", "SPRING"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """What a GeoIP database with cities and networks says of an address, ``""`` for what it does not know."""

    region: str
    city: str
    network: str


_PLACES: Final = (
    Place("Bavaria", "Munich", "Deutsche Telekom AG"),
    Place("Île-de-France", "Paris", "Free, SAS"),
    Place("", "Springfield", ""),
    Place("Taipei City", "", "中華電信"),
    Place("", "", "Springfield"),
    Place("", "", ""),
)


def place_of(address: str) -> Place:
    """The place of an address: the same for all of a network that the worker does not tell apart."""
    network = ipaddress.ip_network(f"{address}/{48 if ':' in address else 24}", strict=False)
    return _PLACES[zlib.crc32(network.network_address.packed) % len(_PLACES)]


@dataclass(frozen=True, slots=True)
class Sender:
    """A person or a bot on one day.

    :ivar identifier: ``""`` without one; :ivar languages: the header Accept-Language, ``""`` without one.
    """

    day: date
    person: Person
    identifier: str
    languages: str


@dataclass(frozen=True, slots=True)
class _OfSender:
    sender: Sender
    t: int
    id: str

    @property
    def day(self) -> date:
        """The day on which it was sent."""
        return self.sender.day

    @property
    def person(self) -> Person:
        """Who sent it."""
        return self.sender.person

    @property
    def identifier(self) -> str:
        """The site's own identifier of the sender."""
        return self.sender.identifier


@dataclass(frozen=True, slots=True)
class SentView(_OfSender):
    """A page view, with its leave `engagement` ms later if that is not None.

    :ivar hour_of_day: the hour on the site's clock; :ivar screen: class of the width of the window.
    """

    hour_of_day: int
    page: str
    host: str
    origin: Origin
    screen: str | None
    load_time: int | None
    engagement: int | None
    scroll: int | None


@dataclass(frozen=True, slots=True)
class SentEvent(_OfSender):
    """A custom event; `amount` is in millionths of a euro."""

    name: str
    props: dict[str, str]
    amount: int | None
    interactive: bool


Sent = SentView | SentEvent


def month() -> list[date]:
    """The days of the last October that is over in all time zones."""
    today = datetime.now(UTC).date()
    year = today.year if today >= date(today.year, 11, 3) else today.year - 1
    return days.each(date(year, 10, 1), date(year, 10, 31))


def of_site(site: Site, of_days: list[date], seed: int) -> list[Sent]:
    """What is sent to a site on some days."""
    chance = random.Random(seed)
    sent: list[Sent] = []
    for day in of_days:
        audience = Audience(chance)
        people = [audience.person() for _ in range(9)] + [audience.bot() for _ in range(2)]
        for person in people:
            sent += _of_person(site, day, person, chance)
    return sent


def _of_person(site: Site, day: date, person: Person, chance: random.Random) -> list[Sent]:
    identifier = chance.choice(["", "", "user-1", "user-2"])
    sender = Sender(day, person, identifier, chance.choice([person.accept_language, person.accept_language, ""]))
    start, end = days.day_start(day, site.zone), days.day_end(day, site.zone)
    t = chance.randrange(start, end - 40 * MINUTE)
    sent: list[Sent] = []
    origin = chance.choice(_ORIGINS)
    for number in range(chance.choice([0, 1, 1, 2, 2, 3, 4])):
        if number and chance.random() < 0.3:
            t += 45 * MINUTE
            origin = chance.choice(_ORIGINS)
        if t > end - 31 * MINUTE:
            break
        view = _view(site, sender, t, origin, chance)
        sent.append(view)
        t += chance.randrange(1, MINUTE)
        if chance.random() < 0.4:
            sent.append(_event(sender, t, chance))
        t += (view.engagement or 0) + chance.randrange(1, 5 * MINUTE)
    if not sent:  # an event without a page view
        sent.append(_event(sender, t, chance))
    return sent


def _view(site: Site, sender: Sender, t: int, origin: Origin, chance: random.Random) -> SentView:
    engagement = chance.choice([None, chance.randrange(1, 20 * MINUTE)])
    return SentView(
        sender, t, f"v{chance.randrange(10**12)}", datetime.fromtimestamp(t / 1000, site.zone).hour,
        chance.choice(_PAGES), chance.choice(_HOSTS), origin, chance.choice(_SCREENS),
        chance.choice([None, chance.randrange(1, 3000)]), engagement,
        None if engagement is None else chance.randrange(101),
    )  # fmt: skip


def _event(sender: Sender, t: int, chance: random.Random) -> SentEvent:
    name = chance.choice(["Signup", "Purchase", "Download"])
    props = {"plan": chance.choice(_PLANS)} if chance.random() < 0.6 else {}
    amount = chance.randrange(1, 10**9) if name == "Purchase" else None
    return SentEvent(sender, t, f"e{chance.randrange(10**12)}", name, props, amount, chance.random() < 0.5)


def as_events(site: Site, sent: list[Sent]) -> list[Event]:
    """The same as the collector puts it on the queue."""
    found = []
    for one in sent:
        language = first_language(one.sender.languages)
        who = hit.client(one.person.address, one.person.agent.text, one.identifier or None, language=language)
        if isinstance(one, SentEvent):
            props = json.dumps(one.props, sort_keys=True) if one.props else None
            revenue = (one.amount, "EUR" if one.amount is not None else None)
            page = Location("example.com", "/")
            custom = hit.CustomEvent(one.id, one.name, page, "script", props, revenue, one.interactive)
            found.append(hit.event(site, who, one.t, custom))
            continue
        tags = dict(one.origin.tags)
        location = Location(one.host, one.page, **tags, source_tag=tags.get("utm_source"))
        view = hit.View(one.id, location, "script", one.origin.referrer, one.load_time, screen=one.screen)
        found.append(hit.event(site, who, one.t, view))
        if one.engagement is not None:
            left = hit.Leave(one.id, one.engagement, one.engagement, "script", one.scroll)
            found.append(hit.event(site, who, one.t + one.engagement, left))
    return found
