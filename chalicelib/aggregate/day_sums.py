"""Keeping the totals of days, which pages of many sites read, equal to the rollups that builds have stored."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from chalicelib import config
from chalicelib.aggregate import month_sums, rollup_sums
from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.store import day_totals, rollups
from chalicelib.store.day_totals import DayTotals
from chalicelib.store.rollups import StoredRollup

if TYPE_CHECKING:
    from datetime import date

# Minutes around a build whose visitors may be online after it: those of `online`, and the difference of clocks.
_SEEN_MINUTES: Final = 2 * config.ONLINE_MINUTES
_MINUTE_MS: Final = 60_000


def note(site_id: str, stored: StoredRollup, rollup: Rollup) -> None:
    """To be called after a rollup was written: stores its totals."""
    if not day_totals.put(site_id, stored, _of(stored, rollup)):
        fill(site_id, month_sums.first_of(stored.day))


def fill(site_id: str, first: date) -> None:
    """Store the totals of all days of a month that have a rollup, and declare the month complete.

    It is needed once for each month: an earlier release may have built its days, or nobody has built one yet. A build
    that stores a rollup meanwhile finds the month incomplete and does the same, so no day is left out.
    """
    for stored in rollups.between(site_id, first, month_sums.next_first(first) - timedelta(days=1)):
        day_totals.add(site_id, stored, _of(stored, rollup_sums.unpack_figures(stored.packed)))
    day_totals.declare_complete(site_id, first)


def _of(stored: StoredRollup, rollup: Rollup) -> DayTotals:
    now = stored.built_at // _MINUTE_MS
    seen = [(minute, visitors) for minute, visitors in rollup.seen.items() if abs(minute - now) <= _SEEN_MINUTES]
    return DayTotals(stored.built_at, rollup.totals.values(), seen)
