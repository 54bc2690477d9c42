"""The traffic of a fault run: visitors that send views, leaves and custom events, and the metrics to expect."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from demo.traffic import expected
from demo.traffic.arrivals import DIRECT
from demo.traffic.audience import Audience, Person
from demo.traffic.client import Shylight
from demo.traffic.sites import JOURNAL
from demo.traffic.visits import View

EVENT: Final = "Newsletter"
_AT_A_TIME = 500
_HOUR_MS = 60 * 60 * 1000
_MAX_VISIT_MS = 60 * 1000


@dataclass(frozen=True, slots=True)
class CustomEvent:
    """A custom event."""

    id: str
    person: Person
    url: str


class Traffic:
    """The hits that were sent to one site in one run, all of which were acknowledged.

    :param zone: the site's time zone.
    """

    def __init__(self, site: str, zone: str) -> None:
        self.site = site
        self.zone = ZoneInfo(zone)
        self.views: list[View] = []
        self.custom_events: list[CustomEvent] = []
        self._rng = random.Random(site)
        self._audience = Audience(self._rng)

    @property
    def leaves(self) -> list[View]:
        """The views for which a leave was sent."""
        return [view for view in self.views if view.engagement is not None]

    @property
    def size(self) -> int:
        """The number of hits: views, leaves and events."""
        return len(self.views) + len(self.leaves) + len(self.custom_events)

    def expected(self) -> dict[str, float | None]:
        """The expected metrics, computed independently, except those that depend on when a hit arrives."""
        metrics = expected.metrics(expected.count_visits(self.views, self.zone))
        return {name: value for name, value in metrics.items() if name != "visit_duration"}

    def send(self, shylight: Shylight, visitors: int, senders: int) -> None:
        """Send the hits of `visitors` new visitors as fast as possible, from `senders` concurrent senders.

        The order is random, except that views come before leaves and events. A hit that is not answered with 2xx is
        sent again with the same id.
        """
        views = [view for _ in range(visitors) for view in self._visit(_now())]
        custom_events = [self._custom_event(view) for view in views if self._rng.random() < 0.2]
        self._deliver(senders, [partial(shylight.send_view, self.site, view) for view in views])
        self._deliver(
            senders,
            [partial(shylight.send_leave, self.site, view, 0) for view in views if view.engagement is not None]
            + [partial(shylight.send_event, self.site, one.person, one.id, EVENT, one.url) for one in custom_events],
        )
        self.views += views
        self.custom_events += custom_events

    def send_past(self, shylight: Shylight, visitors: int, hours: float) -> None:
        """Send the views of `visitors` new visitors, spread over the last `hours`, to the import API."""
        views: list[View] = []
        for _ in range(visitors):
            start = _now() - round(self._rng.uniform(0.1, hours) * _HOUR_MS)
            if self._day(start) != self._day(start + _MAX_VISIT_MS):
                start -= _MAX_VISIT_MS
            views += self._visit(start)
        for first in range(0, len(views), _AT_A_TIME):
            shylight.send_history(self.site, views[first : first + _AT_A_TIME])
        self.views += views

    def _visit(self, t: int) -> list[View]:
        """One to three views of a new visitor, the first at `t` (epoch ms)."""
        person, views = self._audience.person(), list[View]()
        for _ in range(self._rng.choice((1, 1, 2, 3))):
            path = JOURNAL.page(self._rng).path
            load_time = self._rng.randrange(200, 3_000)
            engagement = self._rng.randrange(1_000, 15_000) if self._rng.random() < 0.9 else None
            views.append(
                View(self._id(), t, person, JOURNAL.url(path), path, None, load_time, engagement, DIRECT, None)
            )
            t = views[-1].last_activity + 1_000
        return views

    def _custom_event(self, view: View) -> CustomEvent:
        return CustomEvent(self._id(), view.person, view.url)

    def _deliver(self, senders: int, hits: Sequence[Callable[[], None]]) -> None:
        """Send hits in random order."""
        with ThreadPoolExecutor(senders, "sender") as pool:
            for sent in [pool.submit(hit) for hit in self._rng.sample(hits, len(hits))]:
                sent.result()

    def _id(self) -> str:
        return f"{self._rng.getrandbits(60):015x}"

    def _day(self, t: int) -> object:
        return datetime.fromtimestamp(t / 1000, self.zone).date()


def _now() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)
