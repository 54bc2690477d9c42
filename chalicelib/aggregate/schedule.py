"""What happens by the clock: refreshing what is dirty, closing days that are over, destroying salts."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import date
from typing import Any

from chalicelib.aggregate import leased_builds
from chalicelib.aggregate.leased_builds import Outcome
from chalicelib.days import now_ms
from chalicelib.store import build_leases, dirty_hours, salts, sites
from chalicelib.store.dirty_hours import Mark
from chalicelib.store.sites import Site
from chalicelib.structured_log import log_line

log = logging.getLogger("shylight")

# Stop beginning new days when less than this is left of the function's time; the next run goes on.
_RESERVE_MS = 60_000
# A large day takes its time; pages show what there is meanwhile.
_LEASE_MS = 60_000


def refresh_marked(context: Any) -> int:
    """Refresh every site-day with a mark that is due, as far as the time allows; how many were.

    :param context: the invocation's, which knows how long it may still run.
    :raises RuntimeError: at the end, as long as any day cannot be refreshed, for the alarm to see: also one that a page
        tried, and one that is not to be tried again yet.
    """
    done = busy = left = 0
    failing = {(state.site_id, state.day): state for state in build_leases.everything()}
    failed = {key for key, state in failing.items() if state.failures}
    due = _longest_waiting_first(dirty_hours.all_due(now_ms()))
    for site_id, day in sorted(failed - set(due)):  # nothing asks for these any more
        build_leases.forget(site_id, day)
        failed.discard((site_id, day))
    for site_id, day in due:
        if context.get_remaining_time_in_millis() < _RESERVE_MS:
            left += 1
            continue
        site = sites.get_site(site_id)
        if site is None:  # deleted meanwhile: nothing will ever ask for this day
            for mark in dirty_hours.of_day(site_id, day):
                dirty_hours.clear(mark)
            build_leases.forget(site_id, day)
            failed.discard((site_id, day))
            continue
        state = failing.get((site_id, day))
        if state is not None and state.due > now_ms():
            continue  # it failed, and it is not its time yet
        outcome = _build(site, day)
        if outcome is Outcome.BUILT:
            done += 1
            failed.discard((site_id, day))
        elif outcome is Outcome.BUSY:
            busy += 1  # somebody else is at it; the mark stays
        else:
            failed.add((site_id, day))  # one broken day must not keep the others waiting; its mark stays
    log_line(job="aggregate", days=done, busy=busy, failed=len(failed), left=left)
    if failed:
        raise RuntimeError(f"{len(failed)} site-days could not be refreshed; the log tells why when they are tried")
    return done


def _build(site: Site, day: date) -> Outcome:
    try:
        return leased_builds.build(site, day, _LEASE_MS)
    except Exception:
        log.exception("could not refresh %s %s", site.id, day)
        return Outcome.FAILED


def _longest_waiting_first(due: Iterable[Mark]) -> list[tuple[str, date]]:
    """The site-days of marks, each once."""
    waiting: dict[tuple[str, date], int] = {}
    for mark in due:
        key = (mark.site_id, mark.day)
        waiting[key] = min(waiting.get(key, mark.until), mark.until)
    return sorted(waiting, key=lambda key: (waiting[key], key))


def destroy_finished_salts() -> int:
    """Destroy the salts of days that are over; how many they were."""
    destroyed = salts.destroy_finished(time.time())
    log_line(job="expire_salts", salts=destroyed)
    return destroyed
