"""What a site of the demo is: its pages and the ways between them, its goals, its stories, and who comes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.traffic.arrivals import Arrival, Weighted


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal on a page, which is counted as a custom event.

    :ivar share: the share of the page's views that reach it.
    :ivar props: the event's properties, each with its values, the most frequent first.
    :ivar cents: the minimum and maximum revenue in hundredths of `currency`; None: no revenue.
    """

    event: str
    share: float
    props: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cents: tuple[int, int] | None = None
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    :ivar seconds: the median engagement time.
    :ivar goals: of which a view reaches at most one.
    :ivar host: if it is not the site's domain.
    :ivar leads_to: where readers go next, with the share of them; the others go anywhere.
    :ivar inner: nobody begins a visit here, or comes here from a page that does not lead to it.
    """

    path: str
    seconds: float
    goals: tuple[Goal, ...] = ()
    host: str = ""
    leads_to: tuple[tuple[str, float], ...] = ()
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """Why many people come on one day: a link to a page. `text`: how the site's editors note it."""

    arrival: Arrival
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A site with its pages, the most popular first.

    :ivar visits_a_day: visits by people on an average weekday, after the traffic has grown.
    :ivar bounce: the share of visits with one page view, on average.
    :ivar depth: the average number of further pages of the other visits, after the second.
    :ivar stories: what spreads, in turn, every `story_every` days.
    :ivar arrivals: how visits begin, with their weights.
    :ivar nearby: how many times as many visitors as elsewhere come from a country.
    :ivar members: prefix of the identifiers of people who sign in, how many there are, and the share of visits by them.
    :ivar growth: the share of its full size that the traffic had before it grew.
    :ivar started: how many days ago its first visit was, if its history is shorter than that of the others.
    :ivar settings: as the API takes them.
    """

    name: str
    domain: str
    timezone: str
    pages: tuple[Page, ...]
    visits_a_day: float
    bounce: float
    stories: tuple[Story, ...]
    story_every: int
    arrivals: Weighted
    depth: float = 1.9
    nearby: Mapping[str, float] = field(default_factory=dict)
    members: tuple[str, int, float] = ("", 0, 0.0)
    growth: float = 0.65
    started: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def url(self, path: str, query: str = "") -> str:
        """The URL of a page."""
        host = next((page.host for page in self.pages if page.path == path), "") or self.domain
        return f"https://{host}{path}{'?' if query else ''}{query}"

    def entry(self, rng: random.Random) -> Page:
        """A random entry page, most often the home page."""
        return self.pages[0] if rng.random() < 0.2 else self.page(rng)

    def page(self, rng: random.Random) -> Page:
        """A random page, weighted by popularity according to Zipf's law; no inner one."""
        weights = [0 if page.inner else 1 / rank for rank, page in enumerate(self.pages, start=1)]
        return rng.choices(self.pages, weights)[0]
