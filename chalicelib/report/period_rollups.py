"""The rollups of a period and of the one before it: of days, and of finished months in place of their days."""

from __future__ import annotations

import functools
import itertools
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chalicelib import days
from chalicelib.aggregate import month_sums, rollup_sums
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.report import recent_sums
from chalicelib.report.periods import Period
from chalicelib.store import aws, month_rollups, rollups
from chalicelib.store.month_rollups import StoredMonth
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.sites import Site

log = logging.getLogger("shylight")

# The time that a page may spend on summing months; the next page continues.
_SUM_BUDGET_S: Final = 2.0
# Days that began earlier are closed. Their figures seldom change.
_MAY_CHANGE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stored:
    """The rollups of a period and the one before it.

    :ivar days: the sums by day, of both periods; only totals for days that are read from their month.
    :ivar whole: the sum of the period; with tables if requested.
    :ivar built_at: epoch ms of the newest rollup of the period, see `StoredRollup`; None if there is none.
    """

    days: dict[date, Rollup]
    whole: Rollup
    built_at: int | None


@dataclass(frozen=True, slots=True)
class _Month:
    """A month that is used in place of its days.

    :ivar made: unique to the sum; :ivar tables: packed; None if not requested.
    """

    days: dict[date, Rollup]
    built_at: int
    made: str
    tables: bytes | None

    def rollup(self) -> Rollup:
        whole = rollup_sums.sum_days(self.days.values())
        return whole if self.tables is None else rollup_sums.with_packed_tables(whole, self.tables)


def of_period(site: Site, period: Period, today: date, *, tables: bool, compare: bool = True) -> Stored:
    """The rollups of a period and the one before it; finished months that have no sum yet are summed and stored.

    :param today: in the site's zone.
    :param compare: False: only the period itself.
    """
    before = period.before()
    earliest_day = before[0] if compare else period.first
    ours = month_sums.within(period.first, period.last, today)
    # The last day before the period is read separately, because today is compared with a part of it.
    others = month_sums.within(before[0], before[1] - timedelta(days=1), today) if compare else []
    found = _find(site.id, others + ours)
    standing = _standing(site.id, found, ours, tables=tables)
    by_themselves = [day for day in days.each(earliest_day, period.last) if month_sums.first_of(day) not in standing]
    runs = days.runs(by_themselves, lambda day: day + timedelta(days=1))
    items = {item.day: item for run in runs for item in rollups.between(site.id, *run)}
    if tables or not compare:  # the home page reads many sites without tables
        earliest = month_sums.first_of(min([*items, *standing], default=today))
        missing = [month for first, month in found.items() if first not in standing and first >= earliest]
        _sum_months(site.id, missing, items)

    figures = {day: rollup_sums.unpack_figures(item.packed) for day, item in items.items()}
    of_ours = {day: item for day, item in items.items() if day >= period.first}
    standing_ours = {first: month for first, month in standing.items() if first in ours}
    whole = rollup_sums.sum_days(_newest_first(of_ours, figures, standing_ours, today, tables=tables))
    built = [item.built_at for item in of_ours.values()]
    built += [month.built_at for month in standing_ours.values() if month.days]
    for month in standing.values():
        figures |= month.days
    return Stored(figures, whole, max(built, default=None))


def _find(site_id: str, wanted: Sequence[date]) -> dict[date, StoredMonth]:
    """The stored months that begin with these days; empty ones for those not stored."""
    if not wanted:
        return {}
    found = month_rollups.between(site_id, min(wanted), max(wanted))
    return {first: found.get(first, StoredMonth(first)) for first in wanted}


def _standing(
    site_id: str, found: Mapping[date, StoredMonth], ours: Sequence[date], *, tables: bool
) -> dict[date, _Month]:
    """The months that can be used in place of their days; those of the period with their tables, if requested."""
    summed = {first: totals for first, month in found.items() if (totals := month_sums.unpack_days(month)) is not None}
    packed = month_rollups.tables(site_id, [found[first] for first in ours if first in summed]) if tables else {}
    return {
        first: _Month(totals, found[first].built_at, found[first].made, packed.get(first))
        for first, totals in summed.items()
        if first in packed or not tables or first not in ours
    }


def _sum_months(site_id: str, missing: Iterable[StoredMonth], items: Mapping[date, StoredRollup]) -> None:
    """Sum months within the time budget; also those without days, so that they are not read again."""
    until = time.monotonic() + _SUM_BUDGET_S
    for month in missing:
        if time.monotonic() >= until:
            break
        of_month = [item for day, item in items.items() if month_sums.first_of(day) == month.first]
        try:
            month_sums.build(site_id, month, of_month)
        except Exception as error:
            if not aws.failed(error):
                raise
            log.warning("could not store the sum of %s %s; the next page will retry: %s", site_id, month.first, error)
            break  # the page has its data already; the table may be throttled


def _newest_first(
    items: Mapping[date, StoredRollup],
    figures: Mapping[date, Rollup],
    standing: Mapping[date, _Month],
    today: date,
    *,
    tables: bool,
) -> Iterator[Rollup]:
    """The rollups of a period, newest first, unpacked one at a time; with tables, also sums of several that follow."""

    def unpacked(first: date) -> Rollup:
        if first in standing:
            return standing[first].rollup()
        return rollup_sums.with_tables(figures[first], items[first].packed) if tables else figures[first]

    def kind(first: date) -> str:
        return "month" if first in standing else "day" if first < today - _MAY_CHANGE else "recent day"

    for kind_of_all, together in itertools.groupby(sorted([*items, *standing], reverse=True), kind):
        firsts = list(together)
        if not tables or kind_of_all == "recent day":
            yield from map(unpacked, firsts)
        else:
            names = [standing[first].made if first in standing else items[first].build for first in firsts]
            yield recent_sums.of_builds(names, functools.partial(map, unpacked, firsts))
