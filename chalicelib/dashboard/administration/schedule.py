"""The page of the scheduled functions: what each does, what came of its last run, and when it runs next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.config import settings
from chalicelib.dashboard import formatting, render, sections
from chalicelib.operations import schedules
from chalicelib.operations.durations import in_words
from chalicelib.operations.schedules import LastRun, Outcome
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request

PATH: Final = "/administration/schedule"
OUTCOME_NAMES: Final[Mapping[Outcome, str]] = {
    Outcome.NEVER_RAN: N_("Has not run yet"),
    Outcome.RUNNING: N_("Running"),
    Outcome.SUCCEEDED: N_("Succeeded"),
    Outcome.FAILED: N_("Failed"),
    Outcome.STOPPED: N_("Stopped before it ended"),
}
_STATES: Final[Mapping[Outcome, str]] = {
    Outcome.NEVER_RAN: "none",
    Outcome.RUNNING: "ok",
    Outcome.SUCCEEDED: "ok",
    Outcome.FAILED: "failing",
    Outcome.STOPPED: "failing",
}


class Row(NamedTuple):
    """A scheduled function on the page.

    :ivar state: of the last run, for the style sheet; :ivar outcome: the same, for people.
    :ivar function: its name in AWS, whose log has the details of a failure; ``""`` unless it failed.
    """

    title: str
    purpose: str
    every: str
    state: str
    outcome: str
    started: str
    succeeded: str
    error: str
    function: str
    next_run: str


def show(request: Request, person: Person) -> Response:
    """``GET /administration/schedule``."""
    return page(request, person, schedules.last_runs())


def page(request: Request, person: Person, runs: Sequence[LastRun]) -> Response:
    """The page of some scheduled functions with their last runs."""
    return render.page(
        request,
        "administration/schedule.html",
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(PATH),
        rows=[row_of(run) for run in runs],
    )


def row_of(run: LastRun) -> Row:
    """A scheduled function as pages show it."""
    state = _STATES[run.outcome]
    return Row(
        run.schedule.title,
        run.schedule.purpose,
        _("Every %(time)s", time=in_words(run.schedule.every_s)),
        state,
        _(OUTCOME_NAMES[run.outcome]),
        _moment(run.started),
        _moment(run.succeeded),
        run.error,
        f"{settings().prefix}-{run.schedule.function}" if state == "failing" else "",
        _next_run(run),
    )


def _next_run(run: LastRun) -> str:
    if run.next_by:
        return _("Before %(time)s", time=_moment(run.next_by))
    return _("Soon") if run.outcome is Outcome.NEVER_RAN else _("Overdue")


def _moment(at_ms: int) -> str:
    return formatting.moment(at_ms // 1000) if at_ms else formatting.NOTHING
