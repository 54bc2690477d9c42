"""The last minutes of a site: who viewed what, by minute, with the top pages, sources and countries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib import config
from chalicelib.aggregate import compute_rollup, figures, rollup_sums
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.days import MINUTE_MS, local
from chalicelib.report import site_stats
from chalicelib.report.filters import Condition
from chalicelib.report.narrowing import Window
from chalicelib.report.query_budget import deadline
from chalicelib.report.question_engine import opened
from chalicelib.report.refresh import refresh_dirty_days
from chalicelib.report.stats import Row
from chalicelib.store import rollups
from chalicelib.store.sites import Site

TABLES: Final = ("pages", "sources", "countries")
_COUNTS: Final = "count(DISTINCT visitor_number)::BIGINT, count(*)::BIGINT FROM human_views"
_WHOLE: Final = f"SELECT {_COUNTS}"
_BY_MINUTE: Final = f"SELECT t // {MINUTE_MS}, {_COUNTS} GROUP BY ALL"


@dataclass(frozen=True, slots=True)
class Minute:
    """A minute: `t` is its beginning, in the site's zone; `visitors` had a page view in it."""

    t: datetime
    visitors: int
    pageviews: int


@dataclass(frozen=True, slots=True)
class Realtime:
    """The minutes up to now.

    :ivar visitors: with a page view in these minutes; :ivar online: with activity in the last five minutes.
    :ivar minutes: in order; the last one is not over.
    :ivar tables: the top rows by table, see :data:`TABLES`; visits count if they have a page view in these minutes.
    """

    visitors: int
    pageviews: int
    online: int
    minutes: tuple[Minute, ...]
    tables: dict[str, tuple[Row, ...]]


def of_site(site: Site, conditions: Sequence[Condition], limit: int, now: datetime) -> Realtime:
    """The last :data:`config.REALTIME_MINUTES` minutes, up to the current one.

    :param limit: rows per table; :param now: an aware time.
    :raises QueryTooLarge: if it takes too much time or memory.
    """
    until = deadline()
    current = int(now.timestamp()) // 60
    first = current + 1 - config.REALTIME_MINUTES
    window = Window(first * MINUTE_MS, (current + 1) * MINUTE_MS)
    begin, end = (site.calendar.day_of(t) for t in (window.first, window.end - 1))
    refresh_dirty_days(site, begin, end)
    built = rollups.without_figures(site.id, begin, end)
    with opened(site, built, conditions, until, window=window) as db:
        counts = {minute: (visitors, views) for minute, visitors, views in db.rows(_BY_MINUTE)}
        ((visitors, views),) = db.rows(_WHOLE)
        figures.compute(db, TABLES)
        tables, _ = compute_rollup.tables(db, TABLES)
    minutes = tuple(
        Minute(local(minute * MINUTE_MS, site.zone), *counts.get(minute, (0, 0)))
        for minute in range(first, current + 1)
    )
    online = site_stats.online(site, {}, end, now)
    whole = rollup_sums.sum_days([Rollup(tables=tables)])
    shown = {name: tuple(Row(*row) for row in whole.tables[name][:limit]) for name in TABLES}
    return Realtime(visitors, views, online, minutes, shown)
