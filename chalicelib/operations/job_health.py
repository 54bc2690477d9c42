"""The health of the scheduled functions, and of what they leave behind."""

from __future__ import annotations

from typing import Final

from chalicelib.config import settings
from chalicelib.operations.durations import in_words
from chalicelib.operations.part import Look, Part, State, worst
from chalicelib.operations.schedules import schedule_of
from chalicelib.store import build_leases, geoip_files
from chalicelib.translation import gettext as _
from chalicelib.translation import ngettext

# A job is overdue after this many of its intervals without a successful run; the alarms wait as long.
OVERDUE_RUNS: Final = 3


def check_aggregate(look: Look) -> Part:
    """The aggregation, and days that it could not build."""
    failed = sum(1 for state in build_leases.all_states() if state.failures)
    job = _job(look, "aggregate", State.FAILING)
    figures = {**job.figures, "failed_days": failed}
    if failed:
        summary = ngettext("%(num)s day could not be built.", "%(num)s days could not be built.", failed)
        advice = _("Pages show the last figures of these days. The log of the function has the reason.")
        return Part("aggregate", worst(job.state, State.DEGRADED), summary, advice, figures)
    return Part("aggregate", job.state, job.summary, job.advice, figures)


def check_salts(look: Look) -> Part:
    """The destruction of salts."""
    job = _job(look, "expire_salts", State.FAILING)
    advice = job.advice
    if job.state is State.FAILING:
        advice += " " + _("Until then, visitors of past days could be recognized by whoever can read the tables.")
    return Part("salts", job.state, job.summary, advice, job.figures)


def check_deletions(look: Look) -> Part:
    """The deletion of sites and people."""
    job = _job(look, "delete_sites", State.DEGRADED)
    return Part("deletions", job.state, job.summary, job.advice, job.figures)


def check_geoip(look: Look) -> Part:
    """The GeoIP databases and their updates."""
    found = geoip_files.installed_at()
    job = _job(look, "update_geoip", State.DEGRADED)
    figures: dict[str, int | str | None] = dict(job.figures)
    for name, at in found.items():
        edition = geoip_files.edition(name)
        database = name.removesuffix(".mmdb")
        figures |= {f"{database}_installed_at": at, f"{database}_release": edition.release if edition else None}
    if not found:
        advice = _("Deploy again, or install databases with: make geo STAGE=%(stage)s", stage=settings().stage)
        return Part("geoip", State.DEGRADED, _("There are no databases; locations are unknown."), advice, figures)
    if job.state is not State.OK and look.run("update_geoip") is not None:
        return Part("geoip", State.DEGRADED, job.summary, job.advice, figures)
    newest = in_words(look.now - max(found.values()))
    return Part("geoip", State.OK, _("The newest database was installed %(time)s ago.", time=newest), figures=figures)


def _job(look: Look, job: str, if_overdue: State) -> Part:
    """The state of a scheduled job. `if_overdue`: its state if it has not succeeded for several intervals."""
    run, every_s = look.run(job), schedule_of(job).every_s
    figures: dict[str, int | str | None] = {
        "last_started_at": run.started // 1000 if run and run.started else None,
        "last_succeeded_at": run.succeeded // 1000 if run and run.succeeded else None,
        "last_error": (run.error or None) if run else None,
    }
    advice = _("The log of the function %(name)s has the reason.", name=f"{settings().prefix}-{job}")
    if run is None:
        summary = _("It has not run yet; it runs every %(time)s.", time=in_words(every_s))
        return Part(job, State.DEGRADED, summary, _("Wait for its first run."), figures)
    if run.error:
        overdue = look.since(run.succeeded) > OVERDUE_RUNS * every_s
        summary = _("The last run failed: %(error)s", error=run.error)
        return Part(job, if_overdue if overdue else State.DEGRADED, summary, advice, figures)
    last = max(run.succeeded, run.started if not run.succeeded else 0)
    time_ago = in_words(look.since(last))
    if look.since(last) > OVERDUE_RUNS * every_s:
        return Part(job, if_overdue, _("No run has succeeded for %(time)s.", time=time_ago), advice, figures)
    return Part(job, State.OK, _("The last run was %(time)s ago.", time=time_ago), figures=figures)
