"""Sums of finished months. A period has the same statistics with months as with their days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from chalicelib.aggregate import rollup_sums
from chalicelib.aggregate.rollup_sums import VERSION, Rollup
from chalicelib.catalogue import Totals
from chalicelib.store import month_rollups, rollups
from chalicelib.store.month_rollups import StoredMonth
from chalicelib.store.rollups import StoredRollup

# A month is summed from a day after its end, and invalidated by builds from a day before its end. So no build is missed
# if clocks differ by less than two days.
_MARGIN = timedelta(days=1)


def first_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def next_first(first: date) -> date:
    """The first day of the month after the one that begins with `first`."""
    return first_of(first + timedelta(days=31))


def within(first: date, last: date, today: date) -> list[date]:
    """The first days of the whole months from `first` to `last`, both included, that may be summed."""
    found = []
    month = first if first == first_of(first) else next_first(first)
    while (end := next_first(month)) - timedelta(days=1) <= last and end + _MARGIN <= today:
        found.append(month)
        month = end
    return found


def invalidate(site_id: str, built: StoredRollup, today: date) -> None:
    """To be called after a rollup was written: invalidates the sum of its month."""
    first = first_of(built.day)
    if next_first(first) - _MARGIN <= today:
        month_rollups.touch(site_id, first)


def build(site_id: str, month: StoredMonth, days: Sequence[StoredRollup]) -> None:
    """Sum a finished month and store it.

    :param month: as stored before its days were read.
    :param days: all its rollups, possibly none.
    """
    newest_first = sorted(days, key=lambda stored: stored.day, reverse=True)
    read = [(stored, rollup_sums.unpack_figures(stored.packed)) for stored in newest_first]
    tables = (rollup_sums.with_tables(figures, stored.packed) for stored, figures in read)
    whole = rollup_sums.sum_days(tables, most=None)
    totals = [[stored.day.day, *figures.totals.values()] for stored, figures in read]
    built_at = max((stored.built_at for stored in days), default=0)
    packed_figures = rollups.compressed({"v": VERSION, "days": totals})
    month_rollups.put(site_id, month, packed_figures, rollup_sums.packed_tables(whole), built_at)


def unpack_days(month: StoredMonth) -> dict[date, Rollup] | None:
    """The totals of the days of a month; None if there is no valid sum."""
    if month.figures is None:
        return None
    data = rollups.decompressed(month.figures)
    if data["v"] != VERSION:
        return None
    return {month.first.replace(day=day): Rollup(totals=Totals.read(totals)) for day, *totals in data["days"]}
