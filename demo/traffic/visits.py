"""Visits as they are planned: the views of one person, with their times and attributes, and what happens in them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from demo.traffic import audience
from demo.traffic.arrivals import DIRECT, Arrival, pick_arrival
from demo.traffic.audience import PHONE, Audience, Person
from demo.traffic.demo_site import DemoSite, Goal

# Relative number of visits by hour in the site's time zone, with peaks at lunchtime and in the evening.
_WEEKDAY = (6, 3, 2, 1, 2, 4, 12, 26, 38, 44, 46, 45, 52, 48, 42, 40, 40, 42, 44, 50, 58, 56, 36, 16)
_WEEKEND = (12, 8, 5, 3, 2, 3, 6, 12, 24, 38, 48, 50, 48, 46, 46, 46, 46, 46, 48, 52, 54, 50, 38, 22)
_MAX_PAGES = 14


@dataclass(frozen=True, slots=True)
class Conversion:
    """A custom event during a view. `cents`: its revenue in hundredths of `currency`; None: no revenue."""

    event: str
    props: tuple[tuple[str, str], ...]
    cents: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class View:
    """A page view as it is sent. `t` is epoch ms; load time and engagement are ms.

    :ivar engagement: None if the leave was lost.
    :ivar source, shown_referrer, channel, campaign: what should be reported for a visit that begins with this view.
    :ivar conversion: the custom event in the middle of the view.
    :ivar scroll: how far down the page was read, percent; None if the leave was lost.
    """

    id: str
    t: int
    person: Person
    url: str
    path: str
    referrer: str | None
    load_time: int | None
    engagement: int | None
    source: str
    shown_referrer: str | None
    channel: str = DIRECT
    campaign: str | None = None
    conversion: Conversion | None = None
    scroll: int | None = None

    @property
    def middle(self) -> int:
        """The middle of the view, in epoch ms."""
        return self.t + (self.engagement or 0) // 2

    @property
    def last_activity(self) -> int:
        """The last activity in the view, in epoch ms."""
        return self.t + (self.engagement or 0)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of one person as planned; it may be counted as more than one, see `expected.count_visits`."""

    views: tuple[View, ...]

    @property
    def end(self) -> int:
        """The last activity in the visit, in epoch ms."""
        return max(view.last_activity for view in self.views)


def audience_of(site: DemoSite, rng: random.Random) -> Audience:
    """The audience of one day of a site."""
    prefix, count, _ = site.members
    members = _members(site.domain, prefix, count, tuple(site.nearby.items())) if count else ()
    return Audience(rng, site.nearby, members)


class DayPlanner:
    """Plans the visits of one site-day."""

    def __init__(self, site: DemoSite, rng: random.Random, day: date, visitors: Audience | None = None) -> None:
        self._site, self._rng, self._day = site, rng, day
        self._zone = ZoneInfo(site.timezone)
        self._ends = epoch_ms(datetime(day.year, day.month, day.day, tzinfo=self._zone) + timedelta(days=1))
        self._pages = {page.path: page for page in site.pages}
        self.audience = visitors or audience_of(site, rng)

    def person(self) -> Person:
        """A visitor: by a certain chance, one who signs in to the site."""
        return self.audience.member() if self._rng.random() < self._site.members[2] else self.audience.person()

    def arrival(self) -> Arrival:
        """A random arrival."""
        return pick_arrival(self._rng, self._day.isocalendar().week, self._site.arrivals)

    def random_time(self) -> int:
        """A random time of the day, weighted by hour, in epoch ms."""
        weights = _WEEKEND if self._day.weekday() >= 5 else _WEEKDAY
        hour = self._rng.choices(range(24), weights=weights)[0]
        moment = datetime(self._day.year, self._day.month, self._day.day, hour, tzinfo=self._zone)
        return epoch_ms(moment) + self._rng.randrange(3_600_000)

    def if_within_day(self, visit: Visit | None) -> Iterator[Visit]:
        """The visit, unless it is None or extends past midnight."""
        if visit is not None and self._first_is_today(visit) and visit.end < self._ends - 1000:
            yield visit

    def _first_is_today(self, visit: Visit) -> bool:
        return datetime.fromtimestamp(visit.views[0].t / 1000, self._zone).date() == self._day

    def visit(self, person: Person, start: int, arrival: Arrival, path: str) -> Visit:
        """A visit that begins at `start` on the page `path`."""
        rng, views = self._rng, list[View]()
        bounce = self._site.bounce * arrival.bounce * (1.1 if person.agent.device == PHONE else 0.92)
        bounce = bounce * 0.6 if person.identifier else bounce
        count = 1 if rng.random() < bounce else min(_MAX_PAGES, 2 + int(rng.expovariate(1 / self._site.depth)))
        t, referrer, query = start, arrival.referrer, arrival.query
        for number in range(count):
            view = self._view(person, t, path, query, referrer)
            if number == 0:
                view = replace(
                    view, source=arrival.source, shown_referrer=arrival.shown_referrer, channel=arrival.channel,
                    campaign=arrival.campaign,
                )  # fmt: skip
            views.append(view)
            referrer, query = view.url.partition("?")[0], ""
            path = self._next(path)
            t = view.last_activity + self._pause()
        return Visit(tuple(views))

    def return_visit(self, before: Visit) -> Visit:
        """A later visit of the same person on that day: by a link within the site, or like any other visit."""
        rng = self._rng
        last = before.views[-1]
        start = before.end + round(rng.uniform(31, 420) * 60_000)
        host = last.url.split("/")[2]
        if rng.random() < 0.25 and host == self._site.domain:  # the tab was still open
            came_from = Arrival(DIRECT, referrer=last.url.partition("?")[0], internal=True)
            return self.visit(last.person, start, came_from, self._next(last.path))
        return self.visit(last.person, start, self.arrival(), self._site.entry(rng).path)

    def crawl(self) -> Visit:
        """A bot's visit: many pages in a short time."""
        rng, t, views = self._rng, self.random_time(), list[View]()
        bot = self.audience.bot()
        for _ in range(rng.randint(1, 6)):
            path = self._site.page(rng).path
            views.append(View(self._id(), t, bot, self._site.url(path), path, None, None, None, DIRECT, None))
            t += rng.randint(400, 20_000)
        return Visit(tuple(views))

    def _view(self, person: Person, t: int, path: str, query: str, referrer: str | None) -> View:
        rng = self._rng
        slow = 1500 if person.agent.device == PHONE else 800
        load_time = round(rng.lognormvariate(math.log(slow), 0.55)) if rng.random() < 0.93 else None
        seconds = rng.lognormvariate(math.log(self._pages[path].seconds), 0.9)
        engagement = round(min(seconds, 1500) * 1000) if rng.random() < 0.94 else None
        url = self._site.url(path, query)
        # The referrer is a page of the site itself, so a visit that begins with this view has no source.
        view = View(self._id(), t, person, url, path, referrer, load_time, engagement, DIRECT, None)
        scroll = None if engagement is None else _scroll(random.Random(f"{view.id} scroll"))
        conversion = _conversion(self._pages[path].goals, random.Random(view.id))
        return replace(view, conversion=conversion, scroll=scroll)

    def _next(self, path: str) -> str:
        for leads_to, share in self._pages[path].leads_to:
            if self._rng.random() < share:
                return leads_to
        while (found := self._site.page(self._rng).path) == path:
            pass
        return found

    def _pause(self) -> int:
        rng = self._rng
        if rng.random() < 0.05:  # interrupted, sometimes for longer than the visit timeout
            return round(rng.uniform(5, 40) * 60_000)
        return rng.randint(300, 9_000)

    def _id(self) -> str:
        return f"{self._rng.getrandbits(60):012x}"


def _conversion(goals: tuple[Goal, ...], rng: random.Random) -> Conversion | None:
    goal = next((goal for goal in goals if rng.random() < goal.share), None)
    if goal is None:
        return None
    props = tuple(
        (name, rng.choices(values, [0.5**rank for rank in range(len(values))])[0]) for name, values in goal.props
    )
    cents = None
    if goal.cents:
        least, most = goal.cents
        cents = round(rng.triangular(least, most, least + (most - least) / 8) / 50) * 50
    return Conversion(goal.event, props, cents, goal.currency)


def _scroll(rng: random.Random) -> int:
    """How far down a page is read, percent: to its end by some, and by most at least to the middle."""
    return min(100, round(rng.betavariate(2.6, 1.3) * 110))


@cache
def _members(domain: str, prefix: str, count: int, nearby: tuple[tuple[str, float], ...]) -> tuple[Person, ...]:
    return audience.members(domain, prefix, count, dict(nearby))


def epoch_ms(moment: datetime) -> int:
    """An aware time in epoch ms."""
    return round(moment.timestamp() * 1000)
