"""The scheduled functions: the table is that of the program, and what their recorded runs say."""

from __future__ import annotations

import re

import pytest

import app
from chalicelib.operations.schedules import SCHEDULES, Outcome, last_run, schedule_of
from chalicelib.store.job_runs import Run

NOW, MINUTE = 1_800_000_000_000, 60_000
AGGREGATE = schedule_of("aggregate")
SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def test_the_schedules_are_those_of_the_program() -> None:
    found = {}
    for source in app.app.event_sources:
        if hasattr(source, "schedule_expression"):
            rate = re.fullmatch(r"rate\((\d+) (\w+?)s?\)", source.schedule_expression.to_string())
            assert rate
            found[source.name] = int(rate[1]) * SECONDS[rate[2]]
    assert {schedule.function: schedule.every_s for schedule in SCHEDULES} == found
    assert all(schedule.title and schedule.purpose.endswith(".") for schedule in SCHEDULES)


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (None, Outcome.NEVER_RAN),
        (Run(), Outcome.NEVER_RAN),
        (Run(NOW - MINUTE, NOW - 2 * MINUTE, NOW - 2 * MINUTE), Outcome.RUNNING),
        (Run(NOW - MINUTE), Outcome.RUNNING),
        (Run(NOW - 16 * MINUTE, NOW - 20 * MINUTE, NOW - 20 * MINUTE), Outcome.STOPPED),
        (Run(NOW - 3 * MINUTE, NOW - 2 * MINUTE, NOW - 2 * MINUTE), Outcome.SUCCEEDED),
        (Run(NOW - 3 * MINUTE, NOW - 3 * MINUTE, NOW - 3 * MINUTE), Outcome.SUCCEEDED),
        (Run(NOW - 3 * MINUTE, NOW - 2 * MINUTE, NOW - 9 * MINUTE, "ValueError: x"), Outcome.FAILED),
    ],
)
def test_the_outcome_of_the_last_run(run: Run | None, outcome: Outcome) -> None:
    assert last_run(AGGREGATE, run, NOW).outcome is outcome


def test_the_next_run_begins_an_interval_after_the_last_one_at_the_latest() -> None:
    """A function that is also started by hand runs earlier, never later."""
    began = NOW - 3 * MINUTE
    assert last_run(AGGREGATE, Run(began, began, began), NOW).next_by == began + 5 * MINUTE
    overdue = NOW - 6 * MINUTE
    assert last_run(AGGREGATE, Run(overdue, overdue, overdue), NOW).next_by == 0
    assert last_run(AGGREGATE, None, NOW).next_by == 0
