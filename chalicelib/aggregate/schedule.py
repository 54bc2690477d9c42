"""The scheduled jobs: building dirty site-days, closing finished days, destroying salts."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import date
from typing import Any

from chalicelib.aggregate import leased_builds
from chalicelib.aggregate.leased_builds import Outcome
from chalicelib.days import now_ms
from chalicelib.store import build_leases, dirty_hours, job_runs, salts, sites
from chalicelib.store.dirty_hours import Mark
from chalicelib.store.sites import Site
from chalicelib.structured_log import log_line

log = logging.getLogger("shylight")

# No new day is begun when less time than this is left; the next run continues.
_RESERVE_MS = 60_000
# Large days take longer than those that pages build.
_LEASE_MS = 60_000


def refresh_marked(context: Any) -> int:
    """Build every site-day with a mark that is due, as far as the time allows; returns how many were built.

    :param context: of the invocation, for the remaining time.
    :raises RuntimeError: at the end, as long as any day fails, so that the alarm is triggered. Includes days that a
        page tried to build, and days whose next attempt is not due yet.
    """
    with job_runs.recorded("aggregate"):
        return _refresh_marked(context)


def _refresh_marked(context: Any) -> int:
    done = busy = left = 0
    failing = {(state.site_id, state.day): state for state in build_leases.all_states()}
    failed = {key for key, state in failing.items() if state.failures}
    due = _longest_waiting_first(dirty_hours.all_due(now_ms()))
    for site_id, day in sorted(failed - set(due)):  # no longer marked
        build_leases.delete(site_id, day)
        failed.discard((site_id, day))
    for site_id, day in due:
        if context.get_remaining_time_in_millis() < _RESERVE_MS:
            left += 1
            continue
        site = sites.get_site(site_id)
        if site is None:  # deleted meanwhile
            for mark in dirty_hours.of_day(site_id, day):
                dirty_hours.clear(mark)
            build_leases.delete(site_id, day)
            failed.discard((site_id, day))
            continue
        state = failing.get((site_id, day))
        if state is not None and state.due > now_ms():
            continue  # it failed, and the next attempt is not due yet
        outcome = _build(site, day)
        if outcome is Outcome.BUILT:
            done += 1
            failed.discard((site_id, day))
        elif outcome is Outcome.BUSY:
            busy += 1  # another build has the lease; the mark stays
        else:
            failed.add((site_id, day))  # one broken day must not delay the others; its mark stays
    log_line(job="aggregate", days=done, busy=busy, failed=len(failed), left=left)
    if failed:
        raise RuntimeError(f"{len(failed)} site-days could not be built; the log has the reasons")
    return done


def _build(site: Site, day: date) -> Outcome:
    try:
        return leased_builds.build(site, day, _LEASE_MS)
    except Exception:
        log.exception("could not build %s %s", site.id, day)
        return Outcome.FAILED


def _longest_waiting_first(due: Iterable[Mark]) -> list[tuple[str, date]]:
    """The site-days of the marks, without duplicates."""
    waiting: dict[tuple[str, date], int] = {}
    for mark in due:
        key = (mark.site_id, mark.day)
        waiting[key] = min(waiting.get(key, mark.until), mark.until)
    return sorted(waiting, key=lambda key: (waiting[key], key))


def destroy_finished_salts() -> int:
    """Destroy the salts of days that are over; returns how many."""
    with job_runs.recorded("expire_salts"):
        destroyed = salts.delete_expired(time.time())
    log_line(job="expire_salts", salts=destroyed)
    return destroyed
