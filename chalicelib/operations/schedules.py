"""The scheduled functions: what each does, how often it runs, and what came of its last run.

The table has every schedule of `app.py`; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from chalicelib import config
from chalicelib.days import now_ms
from chalicelib.store import job_runs
from chalicelib.store.job_runs import Run
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

# A run that has begun longer ago without an end was stopped: no Lambda function runs longer.
_LONGEST_RUN_MS: Final = 15 * 60 * 1000


class Outcome(Enum):
    """What came of the last run of a scheduled function."""

    NEVER_RAN = "never_ran"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"  # it neither succeeded nor failed, such as at its time limit


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduled function.

    :ivar function: its name, which is also that of its runs.
    :ivar every_s: seconds from one run to the next.
    """

    function: str
    every_s: int
    _title: str
    _purpose: str

    @property
    def title(self) -> str:
        """The name for people, in their language."""
        return _(self._title)

    @property
    def purpose(self) -> str:
        """What it does, in a sentence."""
        return _(self._purpose)


@dataclass(frozen=True, slots=True)
class LastRun:
    """What is known of the runs of a scheduled function.

    :ivar started, succeeded: epoch ms of the last run, and of the last one that succeeded; 0: none.
    :ivar error: what the last run failed with; ``""`` if it did not.
    :ivar next_by: epoch ms before which the next run begins; 0 if that is unknown, or the run is overdue.
    """

    schedule: Schedule
    outcome: Outcome
    started: int = 0
    succeeded: int = 0
    error: str = ""
    next_by: int = 0


SCHEDULES: Final = (
    Schedule(
        "aggregate", config.AGGREGATE_EVERY_MIN * 60, N_("Aggregation"),
        N_("Brings the figures of days with new hits up to date."),
    ),
    Schedule(
        "expire_salts", config.EXPIRE_SALTS_EVERY_MIN * 60, N_("Destruction of salts"),
        N_("Destroys the salts of days that are over, so that nobody can recognize the visitors of those days."),
    ),
    Schedule(
        "delete_sites", config.DELETE_SITES_EVERY_MIN * 60, N_("Deletion of sites and people"),
        N_("Removes what is stored of deleted sites and people."),
    ),
    Schedule(
        "update_geoip", config.UPDATE_GEOIP_EVERY_DAYS * 24 * 60 * 60, N_("GeoIP updates"),
        N_("Downloads newer GeoIP databases from the chosen source."),
    ),
)  # fmt: skip
_BY_FUNCTION: Final[Mapping[str, Schedule]] = {schedule.function: schedule for schedule in SCHEDULES}


def schedule_of(function: str) -> Schedule:
    """The schedule of a function."""
    return _BY_FUNCTION[function]


def last_runs() -> list[LastRun]:
    """The last run of each scheduled function, in the order of :data:`SCHEDULES`."""
    runs, now = job_runs.last_runs(), now_ms()
    return [last_run(schedule, runs.get(schedule.function), now) for schedule in SCHEDULES]


def last_run(schedule: Schedule, run: Run | None, now: int) -> LastRun:
    """What a recorded run says at `now`, epoch ms."""
    if run is None or not run.started:
        return LastRun(schedule, Outcome.NEVER_RAN, succeeded=run.succeeded if run else 0)
    next_by = run.started + schedule.every_s * 1000
    return LastRun(schedule, _outcome(run, now), run.started, run.succeeded, run.error, next_by if next_by > now else 0)


def _outcome(run: Run, now: int) -> Outcome:
    if run.started > run.ended:
        return Outcome.RUNNING if now - run.started < _LONGEST_RUN_MS else Outcome.STOPPED
    return Outcome.FAILED if run.error else Outcome.SUCCEEDED
