"""The plan of a site's visits: every view with its time and attributes, the same for the same seed.

Each day is planned with its own seed, so that a plan can continue where an earlier one ended.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from demo.traffic.arrivals import DIRECT, Arrival
from demo.traffic.demo_site import DemoSite, Story
from demo.traffic.visits import DayPlanner, View, Visit, epoch_ms

_BY_WEEKDAY = (1.08, 1.1, 1.06, 1.02, 0.92, 0.66, 0.74)
# Traffic grows over this many days.
_GROWTH_DAYS = 60
# How many visits there are on the day on which a story spreads, and on the days after it; 1: as many as usual.
_STORY_FACTORS = (2.9, 1.7, 1.25)
_BOTS_PER_VISIT = 0.07
_EDITORS_A_DAY = 1.2
_RETURNS = 0.1
_EPOCH = date(2026, 1, 1)
# The visits of the last half hour, as a share of those of a day, and at least so many.
_RECENT = timedelta(minutes=29)
_RECENT_SHARE, _RECENT_LEAST = 0.11, 4


def history(
    site: DemoSite, seed: int, since: datetime, until: datetime, full_size_at: date, scale: float = 1.0
) -> list[View]:
    """The views of all visits that begin at `since` or later and end before `until` (aware times), by time.

    :param full_size_at: the day until which the site's traffic grows.
    :param scale: a factor for the site's number of visits.
    """
    zone = ZoneInfo(site.timezone)
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    lower, upper = epoch_ms(since), epoch_ms(until)
    views: list[View] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for visit in day_of_visits(site, seed, day, _size(site, day, full_size_at) * scale):
            if visit.views[0].t >= lower and visit.end < upper:
                views += visit.views
    return sorted(views, key=lambda view: (view.t, view.id))


def recent(site: DemoSite, seed: int, until: datetime) -> list[View]:
    """The views of visitors of the half hour before `until` (an aware time), some of whom are still there, by time.

    They come in addition to those of `history`, at any time of day, so that there is something to see right now.
    """
    zone, upper = ZoneInfo(site.timezone), epoch_ms(until)
    rng = random.Random(f"{seed} {site.domain} {until.isoformat()}")
    count = max(_RECENT_LEAST, round(site.visits_a_day * _RECENT_SHARE))
    planners: dict[date, DayPlanner] = {}
    views: list[View] = []
    for number in range(count):
        start = until - _RECENT * ((number + rng.uniform(0.05, 0.95)) / count) ** 2  # most of them lately
        day = start.astimezone(zone).date()
        planner = planners.setdefault(day, DayPlanner(site, rng, day))
        visit = planner.visit(planner.person(), epoch_ms(start), planner.arrival(), site.entry(rng).path)
        views += [view for one in planner.if_within_day(_until(visit, upper)) for view in one.views]
    return sorted(views, key=lambda view: (view.t, view.id))


def _until(visit: Visit, upper: int) -> Visit:
    """A visit as it is at `upper` (epoch ms): the page that is open then has been read for as long as it is open."""
    return Visit(
        tuple(
            replace(view, engagement=None if view.engagement is None else min(view.engagement, upper - 1 - view.t))
            for view in visit.views
            if view.t < upper - 1
        )
    )


def _size(site: DemoSite, day: date, full_at: date) -> float:
    grown = min(1.0, max(0.0, 1 - (full_at - day).days / (site.started or _GROWTH_DAYS)))
    spread = spreading(site, day)
    factor = _STORY_FACTORS[spread[1]] if spread else 1.0
    return site.visits_a_day * _BY_WEEKDAY[day.weekday()] * (site.growth + (1 - site.growth) * grown) * factor


def spreading(site: DemoSite, day: date) -> tuple[Story, int] | None:
    """The story about the site that spreads on that day, and for how many days it has done so before; None: none."""
    number, since = divmod((day - _EPOCH).days + len(site.pages), site.story_every)
    return (site.stories[number % len(site.stories)], since) if since < len(_STORY_FACTORS) else None


def day_of_visits(site: DemoSite, seed: int, day: date, size: float) -> Iterator[Visit]:
    """The visits of one site-day; none extends past midnight.

    :param size: the average number of visits by people.
    """
    rng = random.Random(f"{seed} {site.domain} {day.isoformat()}")
    planner = DayPlanner(site, rng, day)
    spread = spreading(site, day)
    by_story = 1 - 1 / _STORY_FACTORS[spread[1]] if spread else 0.0
    for _ in range(_poisson(rng, size)):
        start = planner.random_time()
        if spread and rng.random() < by_story:
            visit = planner.visit(planner.audience.person(), start, spread[0].arrival, spread[0].path)
        else:
            visit = planner.visit(planner.person(), start, planner.arrival(), site.entry(rng).path)
        yield from planner.if_within_day(visit)
        if rng.random() < _RETURNS:
            yield from planner.if_within_day(planner.return_visit(visit))
    for _ in range(_poisson(rng, size * _BOTS_PER_VISIT)):
        yield from planner.if_within_day(planner.crawl())
    if "ignored_ips" in site.settings and day.weekday() < 5:
        for _ in range(_poisson(rng, _EDITORS_A_DAY)):
            visit = planner.visit(planner.audience.editor(), planner.random_time(), Arrival(DIRECT), site.pages[0].path)
            yield from planner.if_within_day(visit)


def _poisson(rng: random.Random, mean: float) -> int:
    """A Poisson-distributed number; for a large mean, the normal approximation is good enough."""
    if mean > 200:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count
