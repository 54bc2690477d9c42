"""History: visits of past days, which are sent to the import API; and waiting until all of them are counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from demo.traffic import expected, plan
from demo.traffic.client import RequestFailed, Shylight
from demo.traffic.demo_site import DemoSite
from demo.traffic.visits import View

BATCH = 500  # views, some with an event; a request may contain 1,000 hits


@dataclass(frozen=True, slots=True)
class History:
    """Visits of a site.

    :ivar first, last: the first and last day, both included, in the site's time zone.
    """

    site: DemoSite
    views: tuple[View, ...]
    first: date
    last: date

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.site.timezone)

    @property
    def visits(self) -> list[expected.CountedVisit]:
        """The visits that a counter should see."""
        return expected.count_visits(self.views, self.zone)


def prepare(
    site: DemoSite, days: int, until: datetime, *, seed: int, scale: float = 1.0, since: datetime | None = None,
    full_size_at: date | None = None, recent: bool = False,
) -> History:  # fmt: skip
    """Plan the visits of the last `days` days until `until` (an aware time), including the current day.

    :param since: visits that begin earlier are omitted.
    :param full_size_at: the day until which traffic grows; by default the last one.
    :param recent: with those who were there in the last half hour, see `plan.recent`.
    """
    zone = ZoneInfo(site.timezone)
    first, last = first_day(site, days, until), until.astimezone(zone).date()
    midnight = datetime(first.year, first.month, first.day, tzinfo=zone)
    begin = max(since, midnight) if since else midnight
    views = plan.history(site, seed, begin, until, full_size_at or last, scale)
    views += plan.recent(site, seed, until) if recent else []
    return History(site, tuple(sorted(views, key=lambda view: (view.t, view.id))), first, last)


def first_day(site: DemoSite, days: int, until: datetime) -> date:
    """The first of the last `days` days until `until` (an aware time), or of those since the site began."""
    today = until.astimezone(ZoneInfo(site.timezone)).date()
    return today - timedelta(days=min(days, site.started or days) - 1)


def send(shylight: Shylight, site_id: str, history: History, say: Callable[[str], None] = lambda _: None) -> None:
    """Send the history in chronological order."""
    views = history.views
    for start in range(0, len(views), BATCH):
        shylight.send_history(site_id, views[start : start + BATCH])
        say(f"{history.site.name}: sent {min(start + BATCH, len(views)):,} of {len(views):,} page views")


def wait_until_stored(shylight: Shylight, timeout_s: float, say: Callable[[str], None] = lambda _: None) -> None:
    """Wait until the queue is empty, or for `timeout_s`.

    Whoever asks for figures before builds days of which only a part is there, and delays the rest.
    """
    deadline = time.monotonic() + timeout_s
    reported = -1
    while (waiting := shylight.waiting_hits()) and time.monotonic() < deadline:
        if waiting != reported:
            say(f"{waiting:,} messages with hits wait to be stored")
        reported = waiting
        time.sleep(1.0)


def wait_until_counted(
    shylight: Shylight, site_id: str, history: History, timeout_s: float, before: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> None:  # fmt: skip
    """Wait until every view and leave that was sent is counted.

    :param before: page views that were counted already; if not 0, only the number of page views is compared.
    :raises RequestFailed: if they are not counted within `timeout_s`.
    """
    expected_metrics = expected.metrics(history.visits)
    pageviews = before + int(expected_metrics["pageviews"] or 0)
    deadline = time.monotonic() + timeout_s
    pause, reported = 0.3, -1.0
    while True:
        found = counted(shylight, site_id, history)
        if found["pageviews"] != reported:
            reported = found["pageviews"] or 0
            say(f"{history.site.name}: counted {reported:,} of {pageviews:,} page views by people")
        if reported >= pageviews if before else metrics_equal(found, expected_metrics):
            return
        if time.monotonic() > deadline:
            raise RequestFailed(
                f"After {timeout_s:.0f} s {history.site.name} shows {found} instead of {expected_metrics}."
            )
        time.sleep(pause)
        pause = min(pause * 2, 8.0)  # each question about days that are not built yet starts another aggregator


def counted(shylight: Shylight, site_id: str, history: History) -> dict[str, float | None]:
    """The metrics of its days, as they are now."""
    period = {"from": history.first.isoformat(), "to": history.last.isoformat()}
    return dict(shylight.stats(site_id, **period)["metrics"])


def metrics_equal(found: dict[str, float | None], expected_metrics: dict[str, float | None]) -> bool:
    """Whether two sets of metrics are equal, except for rounding errors."""
    for name, value in expected_metrics.items():
        other = found[name]
        if value is None or other is None:
            if value is not other:
                return False
        elif abs(value - other) > 1e-9 * max(1.0, abs(value)):
            return False
    return True
