"""The statistics of many sites at once, without tables: a few reads for all of them, and nothing that is computed anew.

They are read from the totals of days (`store.day_totals`), which builds store beside their rollups.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from chalicelib import config, days
from chalicelib.aggregate import day_sums, month_sums, rollup_sums
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.catalogue import Totals
from chalicelib.errors import Unavailable
from chalicelib.report import comparisons, intervals, refresh, rollup_series, site_stats
from chalicelib.report.comparisons import Comparison
from chalicelib.report.intervals import Interval
from chalicelib.report.periods import Period
from chalicelib.report.refresh import Refreshed
from chalicelib.report.stats import Stats
from chalicelib.store import day_totals, rollups
from chalicelib.store.day_totals import DayTotals, Month
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

log = logging.getLogger("shylight")

# Months whose totals are not complete are completed within this time; the next page continues.
_FILL_BUDGET_S: Final = 4.0
_FILLS_AT_ONCE: Final = 4
_DAY: Final = timedelta(days=1)
# The id of a site, and a day or the first day of a month.
_SiteDay = tuple[str, date]


@dataclass(frozen=True, slots=True)
class Question:
    """Statistics of a site over a period, by default intervals, and compared as is usual for it.

    :ivar now: an aware time.
    """

    site: Site
    period: Period
    now: datetime

    @property
    def today(self) -> date:
        """The day of `now` at the site."""
        return self.now.astimezone(self.site.zone).date()

    @property
    def interval(self) -> Interval:
        """Of the series."""
        return intervals.default(self.period)

    @property
    def comparison(self) -> Comparison:
        """The period before, if it has one."""
        return comparisons.usual(self.period)

    @property
    def runs(self) -> list[tuple[date, date]]:
        """The days whose totals are needed: those of both periods, and those that tell who is online."""
        shown, recent = (self.comparison.first, self.period.last), (self.today - _DAY, self.today)
        if shown[0] > recent[1] + _DAY or recent[0] > shown[1] + _DAY:
            return sorted([shown, recent])
        return [(min(shown[0], recent[0]), max(shown[1], recent[1]))]

    @property
    def months(self) -> list[date]:
        """The first days of the months of these days."""
        found: list[date] = []
        for first, last in self.runs:
            month = month_sums.first_of(first)
            while month <= last:
                found += [month] if month not in found else []
                month = month_sums.next_first(month)
        return found


@dataclass(frozen=True, slots=True)
class ManySites:
    """What is stored of the sites of some questions, to answer them one by one; see :func:`read`."""

    _refreshed: Mapping[str, Refreshed]
    _months: Mapping[_SiteDay, Month]
    _minutes: Mapping[_SiteDay, bytes]
    _with_hours: Mapping[_SiteDay, bytes]

    def stats(self, asked: Question) -> Stats:
        """The answer to one of the questions.

        :raises Unavailable: if the totals of the site are not complete yet.
        """
        site, period = asked.site, asked.period
        found = self._days(asked)
        of_period = {day: one for day, one in found.items() if period.first <= day <= period.last}
        figures = {day: Rollup(Totals.read(one.totals), seen=dict(one.seen)) for day, one in found.items()}
        if asked.interval == "hour":
            figures |= {
                day: rollup_sums.unpack_figures(self._with_hours[site.id, day])
                for day in of_period
                if (site.id, day) in self._with_hours
            }
        whole = Totals.sum(figures[day].totals for day in of_period)
        compared = rollup_series.compared_sum(
            figures, asked.comparison, period, site, asked.now, lambda site_id, day: self._minutes.get((site_id, day))
        )
        refreshed = self._refreshed.get(site.id, Refreshed())
        built = max((one.built_at for one in of_period.values()), default=None)
        nobody = {day: Rollup() for day in (asked.today - _DAY, asked.today)}
        return Stats(
            site=site,
            first=period.first,
            last=period.last,
            compare_first=asked.comparison.first,
            compare_last=asked.comparison.last,
            compare_kind=asked.comparison.kind,
            metrics=site_stats.metrics(whole),
            compare=site_stats.metrics(compared),
            interval=asked.interval,
            series=rollup_series.series(site, period.first, period.last, asked.interval, figures),
            tables={},
            latest=(),
            online=site_stats.online(site, nobody | figures, asked.today, asked.now),
            built_at=None if built is None else days.local(built, site.zone),
            outdated=refreshed.within(refreshed.outdated, period),
            waiting=refreshed.within(self._waiting(refreshed, found), period),
        )

    def _days(self, asked: Question) -> dict[date, DayTotals]:
        months = [self._months[asked.site.id, first] for first in asked.months]
        if not all(month.complete for month in months):
            raise Unavailable(_("The figures of this site are being summed up."), retry_after=10)
        runs = asked.runs
        return {
            day: one
            for month in months
            for day, one in month.days.items()
            if any(first <= day <= last for first, last in runs)
        }

    @staticmethod
    def _waiting(refreshed: Refreshed, found: Mapping[date, DayTotals]) -> set[date]:
        """Days that are being built, without those that were built a moment ago: nearly all is in their figures."""
        recently = days.now_ms() - config.HOME_FRESH_S * 1000
        return {day for day in refreshed.waiting if day not in found or found[day].built_at < recently}


def read(questions: Sequence[Question]) -> ManySites:
    """Read what the answers to questions about different sites need; a few dirty days are built before."""
    refreshed = refresh.refresh_sites({one.site.id: (one.site, one.runs[0][0], one.runs[-1][1]) for one in questions})
    wanted = [(one.site.id, first) for one in questions for first in one.months]
    months = day_totals.of_months(wanted)
    incomplete = [key for key in wanted if not months[key].complete]
    if incomplete:
        months |= day_totals.of_months(_fill(incomplete))
    return ManySites(refreshed, months, rollups.minutes_of(_last_days(questions)), _packed(questions, months))


def _fill(incomplete: Collection[_SiteDay]) -> list[_SiteDay]:
    """Complete the totals of months within the time budget; returns those that were."""
    until = time.monotonic() + _FILL_BUDGET_S

    def fill(key: _SiteDay) -> bool:
        if time.monotonic() < until:
            day_sums.fill(*key)
            return True
        return False

    with ThreadPoolExecutor(_FILLS_AT_ONCE) as pool:
        return [key for key, done in zip(incomplete, pool.map(fill, incomplete), strict=True) if done]


def _last_days(questions: Iterable[Question]) -> list[_SiteDay]:
    """The days that are compared up to a minute."""
    return [
        (one.site.id, one.comparison.last)
        for one in questions
        if one.comparison.same_minute(one.period, one.site.calendar, one.now) is not None
    ]


def _packed(questions: Iterable[Question], months: Mapping[_SiteDay, Month]) -> dict[_SiteDay, bytes]:
    """The rollups of the days that are shown by hour."""
    return rollups.packed_of(
        (one.site.id, day)
        for one in questions
        if one.interval == "hour"
        for day in one.period.days()
        if day in months[one.site.id, month_sums.first_of(day)].days
    )
