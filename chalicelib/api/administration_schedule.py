"""``/api/v1/administration/schedule``: the scheduled functions and their last runs."""

from __future__ import annotations

from typing import Any

from chalice import Response

from chalicelib.api.times import iso_of_ms
from chalicelib.operations import schedules
from chalicelib.operations.schedules import LastRun
from chalicelib.store.people import Person
from chalicelib.web import Request, reply_json


def show(_request: Request, _person: Person) -> Response:
    """``GET /api/v1/administration/schedule``."""
    return reply_json({"functions": [as_json(run) for run in schedules.last_runs()]})


def as_json(run: LastRun) -> dict[str, Any]:
    """A scheduled function with its last run."""
    return {
        "name": run.schedule.function,
        "purpose": run.schedule.purpose,
        "every_s": run.schedule.every_s,
        "outcome": run.outcome.value,
        "last_started_at": iso_of_ms(run.started),
        "last_succeeded_at": iso_of_ms(run.succeeded),
        "last_error": run.error or None,
        "next_by": iso_of_ms(run.next_by),
    }
