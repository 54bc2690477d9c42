"""The scheduled jobs: building dirty site-days, closing finished days, destroying salts."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from chalicelib import config
from chalicelib.aggregate import leased_builds
from chalicelib.aggregate.leased_builds import Outcome
from chalicelib.days import now_ms
from chalicelib.errors import Unavailable
from chalicelib.store import build_leases, dirty_hours, functions, job_runs, salts, sites
from chalicelib.store.build_leases import State
from chalicelib.store.dirty_hours import Mark
from chalicelib.store.sites import Site
from chalicelib.structured_log import log_line

log = logging.getLogger("shylight")

# No new day is begun when less time than this is left; the next run continues.
_RESERVE_MS: Final = 60_000
# Longer than a turn, and the portion of hits that it may begin at its end.
_LEASE_MS: Final = 60_000
_Key = tuple[str, date]


def refresh_marked(context: Any, wanted_site: str | None = None) -> int:
    """Build every site-day with a mark that is due, as far as the time allows; returns how many are up to date.

    The day that has waited longest comes first. A day with many hits to take up is left after a while, and continued
    once the others had their turn. If days are left when the time is over, the function is started again at once.

    :param context: of the invocation, for the remaining time.
    :param wanted_site: the id of a site that somebody is looking at: only its days are built.
    :raises RuntimeError: at the end, as long as any day fails, so that the alarm is triggered. Includes days that a
        page tried to build, and days whose next attempt is not due yet.
    """
    if wanted_site is not None:
        marks = dirty_hours.of_days(wanted_site, date.min, date.max)
        due = [mark for mark in marks if mark.due <= now_ms()]
        return _Run(context, due, build_leases.of_days(wanted_site, date.min, date.max).values()).work()
    with job_runs.recorded("aggregate"):
        run = _Run(context, dirty_hours.all_due(now_ms()), build_leases.all_states())
        run.forget_unmarked()
        done = run.work()
        if run.waiting and run.turns:
            _start_again()
        if run.failed:
            raise RuntimeError(f"{len(run.failed)} site-days could not be built; the log has the reasons")
        return done


class _Run:
    """One run of the job.

    :ivar waiting: the days that are to be built, the next one first; :ivar turns: how many turns days had.
    :ivar failed: days that could not be built.
    """

    def __init__(self, context: Any, due: Iterable[Mark], states: Iterable[State]) -> None:
        self._context = context
        self._states = {(state.site_id, state.day): state for state in states}
        self.waiting = deque(_longest_waiting_first(due))
        self.failed = {key for key, state in self._states.items() if state.failures}
        self.turns = self._done = self._busy = 0

    def forget_unmarked(self) -> None:
        """Delete the state of days that failed and need not be built any more."""
        for site_id, day in sorted(self.failed - set(self.waiting)):
            build_leases.delete(site_id, day)
            self.failed.discard((site_id, day))

    def work(self) -> int:
        """Build the days; returns how many are up to date."""
        while self.waiting and self._context.get_remaining_time_in_millis() >= _RESERVE_MS:
            key = self.waiting.popleft()
            site = sites.get_site(key[0])
            state = self._states.get(key)
            if site is None:
                self._forget(key)
            elif state is None or state.due <= now_ms():  # else it failed, and the next attempt is not due yet
                self._take_turn(site, key)
        counts = {"days": self._done, "busy": self._busy, "failed": len(self.failed), "left": len(self.waiting)}
        log_line(job="aggregate", **counts)
        return self._done

    def _take_turn(self, site: Site, key: _Key) -> None:
        self.turns += 1
        outcome = _build(site, key[1])
        if outcome is Outcome.BUSY:
            self._busy += 1  # another build has the lease; the mark stays
        elif outcome is Outcome.FAILED:
            self.failed.add(key)  # one broken day must not delay the others; its mark stays
        else:
            self.failed.discard(key)
            if outcome is Outcome.BUILT_IN_PART:
                self.waiting.append(key)
            else:
                self._done += 1

    def _forget(self, key: _Key) -> None:
        """Delete the marks and the state of a day whose site was deleted meanwhile."""
        for mark in dirty_hours.of_day(*key):
            dirty_hours.clear(mark)
        build_leases.delete(*key)
        self.failed.discard(key)


def _build(site: Site, day: date) -> Outcome:
    try:
        return leased_builds.build(site, day, _LEASE_MS, time.monotonic() + config.DAY_TURN_S)
    except Exception:
        log.exception("could not build %s %s", site.id, day)
        return Outcome.FAILED


def _start_again() -> None:
    try:
        functions.start(config.settings().aggregate, "More days are waiting than one run can build")
    except Unavailable as error:  # its schedule goes on within minutes
        log_line(job="aggregate", again="not started", error=error.message)


def _longest_waiting_first(due: Iterable[Mark]) -> list[_Key]:
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
