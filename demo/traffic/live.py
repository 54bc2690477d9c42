"""Live visitors, whose beacons are sent as by browsers: a view when a page has loaded, a leave when it is left."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from demo.traffic.audience import Audience
from demo.traffic.client import Shylight
from demo.traffic.demo_site import DemoSite
from demo.traffic.visits import DayPlanner, View, Visit, audience_of

# Views are shortened, because nobody watches a demo for long.
_MAX_VIEW_MS = 60_000
_BOTS, _REFUSING = 0.06, 0.07


def run(
    shylight: Shylight, sites: dict[str, DemoSite], every_s: float, stop: threading.Event, rng: random.Random,
    say: Callable[[str], None],
) -> int:  # fmt: skip
    """Send a visitor about every `every_s` seconds until `stop` is set; then send the leaves of all open pages.

    :param sites: the sites by id.
    :param say: called with each line of progress.
    :returns: the number of views sent.
    """
    scheduled: list[tuple[float, int, str, View, bool]] = []
    order = itertools.count()
    reading: dict[str, tuple[str, View, float]] = {}
    audiences = {id_: audience_of(site, rng) for id_, site in sites.items()}
    weights = [site.visits_a_day for site in sites.values()]
    next_visit = time.monotonic()
    sent = 0
    while not stop.is_set():
        now = time.monotonic()
        if now >= next_visit:
            id_ = rng.choices(list(sites), weights)[0]
            for delay, view, is_leave in _beacon_times(_random_visit(sites[id_], audiences[id_], rng)):
                heapq.heappush(scheduled, (now + delay, next(order), id_, view, is_leave))
            next_visit = now + rng.expovariate(1 / every_s)
        while scheduled and scheduled[0][0] <= now and not stop.is_set():
            due, _, id_, view, is_leave = heapq.heappop(scheduled)
            if is_leave:
                reading.pop(view.id, None)
                shylight.send_conversion(id_, view)
                shylight.send_leave(id_, view, view.engagement or 0)
            else:
                shylight.send_view(id_, view)
                reading[view.id] = (id_, view, due)
                sent += 1
                say(f"{sites[id_].name}: {view.path}")
        stop.wait(max(0.0, min(next_visit, scheduled[0][0] if scheduled else next_visit) - time.monotonic()))
    for id_, view, since in reading.values():
        age = round((time.monotonic() - since) * 1000)
        shylight.send_leave(id_, replace(view, engagement=age), age)
    return sent


def _random_visit(site: DemoSite, audience: Audience, rng: random.Random) -> Visit:
    today = datetime.now(ZoneInfo(site.timezone)).date()
    planner = DayPlanner(site, rng, today, audience)
    if rng.random() < _BOTS:
        return planner.crawl()
    person = replace(planner.person(), refuses=rng.random() < _REFUSING)
    return planner.visit(person, 0, planner.arrival(), site.entry(rng).path)


def _beacon_times(visit: Visit) -> list[tuple[float, View, bool]]:
    """A visit's beacons: (seconds from now, view, whether the beacon is its leave)."""
    entries: list[tuple[float, View, bool]] = []
    ms = 0
    for view in visit.views:
        shortened = replace(view, engagement=min(view.engagement or 3000, _MAX_VIEW_MS))
        entries.append((ms / 1000, shortened, False))
        ms += shortened.engagement or 0
        if not view.person.is_bot:
            entries.append((ms / 1000, shortened, True))
        ms += 1500
    return entries
