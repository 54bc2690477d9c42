"""The health of a deployment: the state of each part, in a sentence, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from chalicelib.accounts.mailing import mail
from chalicelib.config import settings
from chalicelib.errors import Unavailable
from chalicelib.operations import job_health
from chalicelib.operations.durations import in_words
from chalicelib.operations.part import Look, Part, State, worst
from chalicelib.store import aws, dead_letters, job_runs, segments, signing_key, tables
from chalicelib.store.job_runs import Run
from chalicelib.translation import gettext as _
from chalicelib.translation import ngettext

# Hits are stored within seconds; beyond this time the worker is too slow, or fails. The alarm `queue-age` has the same.
SLOW_QUEUE_S: Final = 5 * 60
# A message that has just arrived is gone after this pause.
_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """The health of the deployment. `checked_at`: epoch seconds."""

    checked_at: int
    parts: tuple[Part, ...]

    @property
    def state(self) -> State:
        """The worst state of any part."""
        return worst(*(part.state for part in self.parts))


def check() -> Health:
    """Look at every part. AWS errors are a state, and are not raised."""
    look = Look(time.time(), cache(job_runs.last_runs))
    return Health(int(look.now), tuple(_checked(name, examine, look) for name, examine in _CHECKS.items()))


def _checked(name: str, examine: Callable[[Look], Part], look: Look) -> Part:
    try:
        return examine(look)
    except Exception as error:
        if not aws.failed(error) and not isinstance(error, Unavailable):
            raise
        summary = _("AWS did not answer: %(error)s", error=aws.error_code(error) or type(error).__name__)
        return Part(name, State.FAILING, summary, _("Look at the AWS Health Dashboard for this region."))


def _tables(_look: Look) -> Part:
    if tables.are_reachable():
        return Part("tables", State.OK, _("All tables can be read."))
    return Part(
        "tables", State.FAILING, _("Not all tables can be read."),
        _("Check that the tables %(prefix)s-… exist, and look at the AWS Health Dashboard.", prefix=settings().prefix),
    )  # fmt: skip


def _bucket(_look: Look) -> Part:
    if segments.bucket_is_reachable():
        return Part("bucket", State.OK, _("The bucket can be reached."))
    return Part(
        "bucket", State.FAILING, _("The bucket cannot be reached."),
        _("Check that the bucket %(name)s exists, and look at the AWS Health Dashboard.", name=settings().bucket),
    )  # fmt: skip


def _queue(look: Look) -> Part:
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


def _silent(look: Look, run: Run | None) -> bool:
    """Whether the worker has stored nothing for longer than hits should wait."""
    return run is None or look.since(run.succeeded) > SLOW_QUEUE_S


def _dead_letters(_look: Look) -> Part:
    count = dead_letters.count()
    number = count.visible + count.hidden
    figures = {"messages": number}
    if not number:
        return Part("dead_letters", State.OK, _("There are no dead letters."), figures=figures)
    summary = ngettext("%(num)s message could not be stored.", "%(num)s messages could not be stored.", number)
    advice = _("Look at the reasons, remove the cause and redrive them. They are deleted after 14 days.")
    return Part("dead_letters", State.DEGRADED, summary, advice, figures)


def _signing_key(look: Look) -> Part:
    current, *former = signing_key.signing_keys()
    figures: dict[str, int | str | None] = {"created_at": current.created_at, "former_keys": len(former)}
    age = in_words(look.now - current.created_at)
    return Part("signing_key", State.OK, _("The signing key is %(time)s old.", time=age), figures=figures)


def _mail(_look: Look) -> Part:
    sender = mail.sender_state()
    figures = {"sender": sender.sender or None}
    if not sender.sender:
        summary = _("No mail is sent, because there is no sender. People get links that they hand over by themselves.")
        return Part("mail", State.OK, summary, figures=figures)
    if sender.ready:
        return Part("mail", State.OK, sender.sentence, figures=figures)
    advice = _("No mail is sent until Amazon SES has verified the sender. See the SES console of this region.")
    return Part("mail", State.DEGRADED, sender.sentence, advice, figures)


_CHECKS: Final[Mapping[str, Callable[[Look], Part]]] = {
    "tables": _tables,
    "bucket": _bucket,
    "queue": _queue,
    "dead_letters": _dead_letters,
    "aggregate": job_health.check_aggregate,
    "salts": job_health.check_salts,
    "deletions": job_health.check_deletions,
    "geoip": job_health.check_geoip,
    "signing_key": _signing_key,
    "mail": _mail,
}
