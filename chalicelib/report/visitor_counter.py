"""The visitors and page views of a site for its counter and badge: read from stored rollups, never built.

So they may be some minutes old, and anybody may ask for them without causing work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chalicelib import config
from chalicelib.catalogue.periods import ALL
from chalicelib.errors import BadRequest
from chalicelib.report import periods
from chalicelib.report.period_rollups import of_period
from chalicelib.store.sites import Site
from chalicelib.timed_cache import TimedCache

DEFAULT: Final = "30d"
PERIODS: Final = ("today", "7d", DEFAULT, ALL)


@dataclass(frozen=True, slots=True)
class Count:
    """The figures of a period.

    :ivar period: one of :data:`PERIODS`; :ivar first, last: its days, both included.
    :ivar visitors: the sum of daily visitors.
    """

    period: str
    first: date
    last: date
    visitors: int
    pageviews: int


_counts: TimedCache[tuple[str, str, date], Count] = TimedCache()


def count(site: Site, period: str, now: datetime) -> Count:
    """The figures of a period up to today, at most :data:`config.COUNTER_CACHE_S` seconds older than those stored.

    :param now: an aware time.
    :raises BadRequest: if `period` is none of :data:`PERIODS`.
    """
    if period not in PERIODS:
        raise BadRequest(f"period must be one of {', '.join(PERIODS)}.", field="period")
    today = now.astimezone(site.zone).date()
    return _counts.get((site.id, period, today), lambda: _read(site, period, today), config.COUNTER_CACHE_S)


def _read(site: Site, period: str, today: date) -> Count:
    asked = periods.named(period, site, today)
    totals = of_period(site, asked, today, tables=False, compare=False).whole.totals
    return Count(period, asked.first, asked.last, totals.visitors, totals.pageviews)
