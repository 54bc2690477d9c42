"""A question for the statistics of a site: of which period, with which filters, by what, compared with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.config import DEFAULT_PERIOD
from chalicelib.report import comparisons, filters, intervals, periods, site_stats
from chalicelib.report.comparisons import Comparison
from chalicelib.report.filters import Condition
from chalicelib.report.intervals import Interval
from chalicelib.report.periods import Period
from chalicelib.report.stats import Stats
from chalicelib.store.sites import Site


@dataclass(frozen=True, slots=True)
class StatsQuestion:
    """What is asked for. `by_hour`: whether the period is given by hour, too."""

    period: Period
    conditions: tuple[Condition, ...]
    interval: Interval
    comparison: Comparison
    by_hour: bool = False


def parse(
    query: Mapping[str, str], texts: list[str], site: Site, now: datetime, usual_period: str = DEFAULT_PERIOD
) -> StatsQuestion:
    """The question of a query such as ``period=7d&f=is,country,DE&interval=hour&compare=year``.

    :param texts: the values of its parameter ``f``.
    :param now: an aware time; :param usual_period: the name of the period if the query asks for none.
    :raises BadRequest: if a parameter is not valid.
    """
    period = periods.parse(query, site, now, usual_period)
    comparison = comparisons.parse(query, period)
    interval = intervals.parse(query, period, max(period.length, len(comparison.days())))
    return StatsQuestion(period, filters.parse(texts), interval, comparison)


def answer(site: Site, question: StatsQuestion, now: datetime, fresh_s: float | None = None) -> Stats:
    """The statistics: from rollups, unless they need visits.

    :param now: an aware time; :param fresh_s: see `site_stats.stats`, if rollups are enough.
    :raises QueryTooLarge: if it takes too much time or memory.
    """
    period, comparison, interval = question.period, question.comparison, question.interval
    if not question.conditions and interval != "minute":
        return site_stats.stats(
            site,
            period,
            now,
            interval=interval,
            comparison=comparison,
            fresh_s=fresh_s,
            by_hour=question.by_hour,
        )
    from chalicelib.report import filtered_stats  # imports DuckDB

    return filtered_stats.stats(site, period, question.conditions, interval, comparison, now, by_hour=question.by_hour)
