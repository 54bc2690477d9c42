"""History: the visits of past days, sent through the import API, and the wait until all of them are counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from demo.traffic import expected, plan
from demo.traffic.client import Refused, Shylight
from demo.traffic.plan import View
from demo.traffic.sites import DemoSite

BATCH = 500  # views, some with an event: a request takes 1,000 of both


@dataclass(frozen=True, slots=True)
class History:
    """Visits of a site.

    :ivar first, last: its days, both included, in the site's zone.
    """

    site: DemoSite
    views: tuple[View, ...]
    first: date
    last: date

    @property
    def zone(self) -> ZoneInfo:
        """The site's zone."""
        return ZoneInfo(self.site.timezone)

    @property
    def visits(self) -> list[expected.CountedVisit]:
        """The visits that a counter should see."""
        return expected.count_visits(self.views, self.zone)


def prepare(
    site: DemoSite, days: int, until: datetime, *, seed: int, scale: float = 1.0, since: datetime | None = None,
    full_size_at: date | None = None,
) -> History:  # fmt: skip
    """The visits of the last `days` days up to `until` (an aware time), the running one included.

    :param since: visits that begin before are left out.
    :param full_size_at: the day up to which traffic has been growing; the last one by default.
    """
    zone = ZoneInfo(site.timezone)
    last = until.astimezone(zone).date()
    first = last - timedelta(days=days - 1)
    midnight = datetime(first.year, first.month, first.day, tzinfo=zone)
    begin = max(since, midnight) if since else midnight
    views = plan.history(site, seed, begin, until, full_size_at or last, scale)
    return History(site, tuple(views), first, last)


def send(shylight: Shylight, site_id: str, history: History, say: Callable[[str], None] = lambda _: None) -> None:
    """Send it, in the order in which it happened."""
    views = history.views
    for start in range(0, len(views), BATCH):
        shylight.send_history(site_id, views[start : start + BATCH])
        say(f"{history.site.name}: sent {min(start + BATCH, len(views)):,} of {len(views):,} page views")


def wait_until_counted(
    shylight: Shylight, site_id: str, history: History, patience_s: float, before: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> None:  # fmt: skip
    """Wait until every view that was sent is in the figures of its days, and every leave.

    :param before: page views that were there already; then only they are waited for.
    :raises Refused: if they are not when the patience is over.
    """
    wanted = expected.metrics(history.visits)
    pageviews = before + int(wanted["pageviews"] or 0)
    deadline = time.monotonic() + patience_s
    pause, told = 0.2, -1.0
    while True:
        found = counted(shylight, site_id, history)
        if found["pageviews"] != told:
            told = found["pageviews"] or 0
            say(f"{history.site.name}: counted {told:,} of {pageviews:,} page views by people")
        if told >= pageviews if before else agree(found, wanted):
            return
        if time.monotonic() > deadline:
            raise Refused(f"After {patience_s:.0f} s {history.site.name} shows {found} instead of {wanted}.")
        time.sleep(pause)
        pause = min(pause * 1.5, 2.0)


def counted(shylight: Shylight, site_id: str, history: History) -> dict[str, float | None]:
    """The metrics of its days, as they are now."""
    period = {"from": history.first.isoformat(), "to": history.last.isoformat()}
    return dict(shylight.stats(site_id, **period)["metrics"])


def agree(found: dict[str, float | None], wanted: dict[str, float | None]) -> bool:
    """Whether two sets of figures are the same, but for the last digits of a ratio."""
    for name, value in wanted.items():
        other = found[name]
        if value is None or other is None:
            if value is not other:
                return False
        elif abs(value - other) > 1e-9 * max(1.0, abs(value)):
            return False
    return True
