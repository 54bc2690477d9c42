"""Bringing the dirty days of a period up to date before their figures are shown.

Small days are built at once. For large ones the aggregator is woken, and what is stored is shown meanwhile: a page must
not wait for a build, and the function of the pages has less memory.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from chalicelib import config, days
from chalicelib.aggregate import leased_builds
from chalicelib.aggregate.leased_builds import LEASE_MS, Outcome
from chalicelib.report.comparisons import Comparison
from chalicelib.report.periods import Period
from chalicelib.store import build_leases, dirty_hours, rollups, wake_ups
from chalicelib.store.build_leases import State
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.sites import Site

log = logging.getLogger("shylight")

# The time that a page may spend on building dirty days; the schedule builds the others.
REFRESH_BUDGET_S: Final = 4.0


@dataclass(slots=True)
class Refreshed:
    """What could not be brought up to date; the stored figures of these days are shown.

    :ivar outdated: days whose build has failed.
    :ivar waiting: days that are being built.
    """

    outdated: set[date] = field(default_factory=set)
    waiting: set[date] = field(default_factory=set)

    @staticmethod
    def within(of_days: set[date], period: Period) -> tuple[date, ...]:
        """Those of some days that are in a period, in order."""
        return tuple(sorted(day for day in of_days if period.first <= day <= period.last))


def refresh_period(
    site: Site,
    period: Period,
    comparison: Comparison,
    now: datetime,
    until: float | None = None,
    fresh_s: float | None = None,
) -> Refreshed:
    """Refresh the dirty days of a period, of the days that it is compared with, and of those that tell who is online.

    :param now: an aware time; for the rest, see :func:`refresh_dirty_days`.
    """
    today = now.astimezone(site.zone).date()
    first = period.first
    if comparison.last == first - timedelta(days=1):
        first = min(first, comparison.first)
    elif comparison.days():
        refresh_dirty_days(site, comparison.first, comparison.last, until, fresh_s)
    if period.last < today:  # just after midnight, yesterday tells who is online, too
        refresh_dirty_days(site, today - timedelta(days=1), today, until, fresh_s)
    return refresh_dirty_days(site, first, period.last, until, fresh_s)


def refresh_dirty_days(
    site: Site, first: date, last: date, until: float | None = None, fresh_s: float | None = None
) -> Refreshed:
    """Build the small dirty days from `first` to `last` within a time budget, and have the large ones built.

    Days with the oldest build come first, then newer days before older ones. A day stays dirty for a while after its
    build, so that after an import of many days, each page builds other days. Failed days whose next attempt is not due
    are left as they are.

    :param until: deadline for beginning builds, on the monotonic clock, s; by default, the budget of a page from now.
    :param fresh_s: days whose last build began less than this ago are not built, s; by default, REFRESH_AFTER_S.
    :raises Exception: if a build fails because of AWS, and nothing is stored that could be shown.
    """
    fresh_s = config.REFRESH_AFTER_S if fresh_s is None else fresh_s
    until = time.monotonic() + REFRESH_BUDGET_S if until is None else until
    now = days.now_ms()
    dirty = {mark.day for mark in dirty_hours.of_days(site.id, first, last) if mark.due <= now}
    if not dirty:
        return Refreshed()
    states = build_leases.of_days(site.id, min(dirty), max(dirty))
    stored = rollups.without_figures(site.id, min(dirty), max(dirty))
    built_at = {day: item.built_at for day, item in stored.items()}
    found = Refreshed(outdated={day for day in dirty if day in states and states[day].failures})
    for day in sorted(dirty, key=lambda day: (built_at.get(day, 0), -day.toordinal())):
        if now - built_at.get(day, 0) < fresh_s * 1000:
            continue
        state = states.get(day)
        if state is not None and state.due > now:
            continue
        if time.monotonic() > until or _is_large(stored.get(day)) or _is_being_built(state, now):
            found.waiting.add(day)
        elif not _build(site, day, until, found, is_stored=bool(stored)):
            break
    if not all(_is_being_built(states.get(day), now) for day in found.waiting):
        wake_ups.wake(site.id)
    return found


def refresh_sites(asked: Mapping[str, tuple[Site, date, date]]) -> dict[str, Refreshed]:
    """Bring the dirty days of sites up to date if they are few; if they are many, have them built.

    :param asked: by id, sites, and the first and the last of the days that are shown of them.
    :returns: by id of the site, only those that have dirty days.
    """
    dirty: dict[str, set[date]] = {}
    shown = {site_id: (first, last) for site_id, (_, first, last) in asked.items()}
    for mark in dirty_hours.due_of_sites(shown, days.now_ms()):
        dirty.setdefault(mark.site_id, set()).add(mark.day)
    if sum(map(len, dirty.values())) <= config.HOME_BUILDS:
        until = time.monotonic() + REFRESH_BUDGET_S
        return {
            site_id: refresh_dirty_days(site, first, last, until)
            for site_id, (site, first, last) in asked.items()
            if site_id in dirty
        }
    failed = {(state.site_id, state.day) for state in build_leases.all_states() if state.failures}
    wake_ups.wake_for_all()
    return {
        site_id: Refreshed(
            outdated={day for day in of_days if (site_id, day) in failed},
            waiting={day for day in of_days if (site_id, day) not in failed},
        )
        for site_id, of_days in dirty.items()
    }


def _is_large(stored: StoredRollup | None) -> bool:
    """Whether a build could take longer than a page has. Without a manifest, all of a day may have to be read."""
    return stored is not None and (stored.manifest is None or stored.manifest.records > config.SMALL_DAY_RECORDS)


def _is_being_built(state: State | None, now: int) -> bool:
    return state is not None and not state.is_free(now)


def _build(site: Site, day: date, until: float, found: Refreshed, *, is_stored: bool) -> bool:
    """Build a day; returns whether others should be tried."""
    try:
        outcome = leased_builds.build(site, day, LEASE_MS, until, config.SMALL_DAY_RECORDS)
    except Exception as error:
        if not is_stored:
            raise  # there is no earlier build to show, and zeros would be wrong
        log.warning("could not build %s %s; the previous build is shown: %s", site.id, day, error)
        found.outdated.add(day)
        return False
    if outcome is Outcome.BUILT:
        found.outdated.discard(day)
    elif outcome is Outcome.FAILED:
        found.outdated.add(day)
    else:
        found.waiting.add(day)
    return True
