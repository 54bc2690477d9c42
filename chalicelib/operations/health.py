"""The health of a deployment: the state of each part, in a sentence, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Final

from chalicelib import config
from chalicelib.config import settings
from chalicelib.errors import Unavailable
from chalicelib.operations.durations import in_words
from chalicelib.store import (
    aws,
    build_leases,
    dead_letters,
    geoip_files,
    job_runs,
    segments,
    signing_key,
    tables,
)  # fmt: skip
from chalicelib.store.job_runs import Run
from chalicelib.translation import N_, ngettext
from chalicelib.translation import gettext as _

# A job is overdue after this many of its intervals without a successful run; the alarms wait as long.
OVERDUE_RUNS: Final = 3
# Hits are stored within seconds; beyond this time the worker is too slow, or fails. The alarm `queue-age` has the same.
SLOW_QUEUE_S: Final = 5 * 60
# A message that has just arrived is gone after this pause.
_PAUSE_S = 2.0


class State(Enum):
    """The state of a part, from good to bad."""

    OK = "ok"
    DEGRADED = "degraded"  # it works, but somebody should look
    FAILING = "failing"  # something does not work


@dataclass(frozen=True, slots=True)
class Part:
    """The state of one part of a deployment.

    :ivar name: a key of :data:`TITLES`.
    :ivar summary: what is known, in a sentence.
    :ivar advice: what to do; ``""`` if nothing.
    :ivar figures: numbers and names for programs; those that end in ``_at`` are epoch seconds.
    """

    name: str
    state: State
    summary: str
    advice: str = ""
    figures: Mapping[str, int | str | None] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name for people, in their language."""
        return _(TITLES[self.name])


@dataclass(frozen=True, slots=True)
class Health:
    """The health of the deployment. `checked_at`: epoch seconds."""

    checked_at: int
    parts: tuple[Part, ...]

    @property
    def state(self) -> State:
        """The worst state of any part."""
        order = list(State)
        return max((part.state for part in self.parts), key=order.index)


@dataclass(frozen=True, slots=True)
class _Look:
    """What several checks need. `now`: epoch seconds; `runs`: reads the jobs' last runs, once."""

    now: float
    runs: Callable[[], Mapping[str, Run]]

    def run(self, job: str) -> Run | None:
        return self.runs().get(job)

    def since(self, at_ms: int) -> float:
        """Seconds since that moment."""
        return max(0.0, self.now - at_ms / 1000)


def check() -> Health:
    """Look at every part. AWS errors are a state, and are not raised."""
    look = _Look(time.time(), cache(job_runs.last_runs))
    return Health(int(look.now), tuple(_checked(name, examine, look) for name, examine in _CHECKS.items()))


def _checked(name: str, examine: Callable[[_Look], Part], look: _Look) -> Part:
    try:
        return examine(look)
    except Exception as error:
        if not aws.failed(error) and not isinstance(error, Unavailable):
            raise
        summary = _("AWS did not answer: %(error)s", error=aws.error_code(error) or type(error).__name__)
        return Part(name, State.FAILING, summary, _("Look at the AWS Health Dashboard for this region."))


def _tables(_look: _Look) -> Part:
    if tables.are_reachable():
        return Part("tables", State.OK, _("All tables can be read."))
    return Part(
        "tables", State.FAILING, _("Not all tables can be read."),
        _("Check that the tables %(prefix)s-… exist, and look at the AWS Health Dashboard.", prefix=settings().prefix),
    )  # fmt: skip


def _bucket(_look: _Look) -> Part:
    if segments.bucket_is_reachable():
        return Part("bucket", State.OK, _("The bucket can be reached."))
    return Part(
        "bucket", State.FAILING, _("The bucket cannot be reached."),
        _("Check that the bucket %(name)s exists, and look at the AWS Health Dashboard.", name=settings().bucket),
    )  # fmt: skip


def _queue(look: _Look) -> Part:
    count = dead_letters.count_messages(settings().queue)
    run = look.run(job_runs.WORKER)
    if count.visible + count.hidden and _silent(look, run):
        time.sleep(_PAUSE_S)  # the first hit after a quiet time has only just come
        count = dead_letters.count_messages(settings().queue)
        run = job_runs.last_runs().get(job_runs.WORKER)
    waiting = count.visible + count.hidden
    figures: dict[str, int | str | None] = {
        "waiting": count.visible,
        "in_progress": count.hidden,
        "last_stored_at": run.succeeded // 1000 if run else None,
        "last_waited_s": run.waited_ms // 1000 if run else None,
    }
    if waiting and _silent(look, run):
        since = in_words(look.since(run.succeeded)) if run else None
        summary = ngettext("%(num)s message waits.", "%(num)s messages wait.", waiting)
        stored = _("No hit has been stored for %(time)s.", time=since) if since else _("No hit was ever stored.")
        advice = _("The worker fails or is held back; its log says why. Hits are kept for 4 days.")
        return Part("queue", State.FAILING, f"{summary} {stored}", advice, figures)
    if run is None:
        return Part("queue", State.OK, _("No hit has been stored yet."), figures=figures)
    if waiting and run.waited_ms > SLOW_QUEUE_S * 1000:
        summary = _("Hits wait for %(time)s before they are stored.", time=in_words(run.waited_ms / 1000))
        advice = _("The worker is catching up. If the time grows, ask AWS for more concurrency.")
        return Part("queue", State.DEGRADED, summary, advice, figures)
    summary = _("The last hit was stored %(time)s ago.", time=in_words(look.since(run.succeeded)))
    return Part("queue", State.OK, summary, figures=figures)


def _silent(look: _Look, run: Run | None) -> bool:
    """Whether the worker has stored nothing for longer than hits should wait."""
    return run is None or look.since(run.succeeded) > SLOW_QUEUE_S


def _dead_letters(_look: _Look) -> Part:
    count = dead_letters.count()
    number = count.visible + count.hidden
    figures = {"messages": number}
    if not number:
        return Part("dead_letters", State.OK, _("There are no dead letters."), figures=figures)
    summary = ngettext("%(num)s message could not be stored.", "%(num)s messages could not be stored.", number)
    advice = _("Look at the reasons, remove the cause and redrive them. They are deleted after 14 days.")
    return Part("dead_letters", State.DEGRADED, summary, advice, figures)


def _aggregate(look: _Look) -> Part:
    failed = sum(1 for state in build_leases.all_states() if state.failures)
    job = _job(look, "aggregate", config.AGGREGATE_EVERY_MIN * 60, State.FAILING)
    figures = {**job.figures, "failed_days": failed}
    if failed:
        summary = ngettext("%(num)s day could not be built.", "%(num)s days could not be built.", failed)
        advice = _("Pages show the last figures of these days. The log of the function has the reason.")
        return Part("aggregate", max(job.state, State.DEGRADED, key=_rank), summary, advice, figures)
    return Part("aggregate", job.state, job.summary, job.advice, figures)


def _salts(look: _Look) -> Part:
    job = _job(look, "expire_salts", config.EXPIRE_SALTS_EVERY_MIN * 60, State.FAILING)
    advice = job.advice
    if job.state is State.FAILING:
        advice += " " + _("Until then, visitors of past days could be recognized by whoever can read the tables.")
    return Part("salts", job.state, job.summary, advice, job.figures)


def _deletions(look: _Look) -> Part:
    job = _job(look, "delete_sites", config.DELETE_SITES_EVERY_MIN * 60, State.DEGRADED)
    return Part("deletions", job.state, job.summary, job.advice, job.figures)


def _geoip(look: _Look) -> Part:
    found = geoip_files.installed_at()
    job = _job(look, "update_geoip", config.UPDATE_GEOIP_EVERY_DAYS * 24 * 60 * 60, State.DEGRADED)
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


def _signing_key(look: _Look) -> Part:
    current, *former = signing_key.signing_keys()
    figures: dict[str, int | str | None] = {"created_at": current.created_at, "former_keys": len(former)}
    age = in_words(look.now - current.created_at)
    return Part("signing_key", State.OK, _("The signing key is %(time)s old.", time=age), figures=figures)


def _job(look: _Look, job: str, every_s: int, if_overdue: State) -> Part:
    """The state of a scheduled job that runs every `every_s` seconds."""
    run = look.run(job)
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


def _rank(state: State) -> int:
    return list(State).index(state)


TITLES: Final[Mapping[str, str]] = {
    "tables": N_("Tables"),
    "bucket": N_("Bucket"),
    "queue": N_("Queue of hits"),
    "dead_letters": N_("Dead letters"),
    "aggregate": N_("Aggregation"),
    "salts": N_("Destruction of salts"),
    "deletions": N_("Deletion of sites"),
    "geoip": N_("GeoIP databases"),
    "signing_key": N_("Signing key"),
}
_CHECKS: Final[Mapping[str, Callable[[_Look], Part]]] = {
    "tables": _tables,
    "bucket": _bucket,
    "queue": _queue,
    "dead_letters": _dead_letters,
    "aggregate": _aggregate,
    "salts": _salts,
    "deletions": _deletions,
    "geoip": _geoip,
    "signing_key": _signing_key,
}
