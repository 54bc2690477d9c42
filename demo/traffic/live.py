"""A trickle of visitors now, sent as their browsers would: a view when a page has loaded, a leave when it is left."""

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

from demo.traffic.arrivals import arrive
from demo.traffic.audience import Audience
from demo.traffic.client import Shylight
from demo.traffic.plan import View, Visit, Writer
from demo.traffic.sites import DemoSite

# Nobody watches a demo for long, so its readers are hasty.
_LONGEST_MS = 60_000
_ROBOTS = 0.06


def run(
    shylight: Shylight, sites: dict[str, DemoSite], every_s: float, stop: threading.Event, rng: random.Random,
    say: Callable[[str], None],
) -> int:  # fmt: skip
    """Let a visitor come every `every_s` seconds or so until `stop` is set; then all who are there leave.

    :param sites: the sites by id.
    :return: how many views were sent.
    """
    coming: list[tuple[float, int, str, View, bool]] = []
    order = itertools.count()
    reading: dict[str, tuple[str, View, float]] = {}
    audiences = {id_: Audience(rng) for id_ in sites}
    weights = [site.visits_a_day for site in sites.values()]
    next_visit = time.monotonic()
    sent = 0
    while not stop.is_set():
        now = time.monotonic()
        if now >= next_visit:
            id_ = rng.choices(list(sites), weights)[0]
            for delay, view, leaves in _timetable(_some_visit(sites[id_], audiences[id_], rng)):
                heapq.heappush(coming, (now + delay, next(order), id_, view, leaves))
            next_visit = now + rng.expovariate(1 / every_s)
        while coming and coming[0][0] <= now and not stop.is_set():
            due, _, id_, view, leaves = heapq.heappop(coming)
            if leaves:
                reading.pop(view.id, None)
                shylight.send_success(id_, view)
                shylight.send_leave(id_, view, view.engagement or 0)
            else:
                shylight.send_view(id_, view)
                reading[view.id] = (id_, view, due)
                sent += 1
                say(f"{sites[id_].name}: {view.path}")
        stop.wait(max(0.0, min(next_visit, coming[0][0] if coming else next_visit) - time.monotonic()))
    for id_, view, since in reading.values():
        age = round((time.monotonic() - since) * 1000)
        shylight.send_leave(id_, replace(view, engagement=age), age)
    return sent


def _some_visit(site: DemoSite, audience: Audience, rng: random.Random) -> Visit:
    today = datetime.now(ZoneInfo(site.timezone)).date()
    writer = Writer(site, rng, today, audience)
    if rng.random() < _ROBOTS:
        return writer.crawl()
    return writer.visit(audience.person(), 0, arrive(rng, today.isocalendar().week), site.entry(rng).path)


def _timetable(visit: Visit) -> list[tuple[float, View, bool]]:
    """(seconds from now, view, whether it is left then) of a visit's beacons."""
    entries: list[tuple[float, View, bool]] = []
    ms = 0
    for view in visit.views:
        hasty = replace(view, engagement=min(view.engagement or 3000, _LONGEST_MS))
        entries.append((ms / 1000, hasty, False))
        ms += hasty.engagement or 0
        if not view.person.robot:
            entries.append((ms / 1000, hasty, True))
        ms += 1500
    return entries
