"""When the scheduled jobs last ran and what came of it, and when the worker last stored a hit; in the table of marks.

A failure to write such a record must not fail the job, so it is only logged. The age of the record then says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pynamodb.expressions.update import Action

from chalicelib.days import now_ms
from chalicelib.store import aws
from chalicelib.store.tables import RunItem
from chalicelib.structured_log import log_line
from chalicelib.timed_cache import on_reset

WORKER: Final = "worker"
_PARTITION: Final = "job"
_ERROR_CHARS: Final = 300
# The worker writes at most this often per process, so that it costs nothing beside the hits.
_NOTE_EVERY_MS: Final = 60_000
_noted: dict[str, int] = {}
on_reset(_noted.clear)


@dataclass(frozen=True, slots=True)
class Run:
    """The last runs of a job, in epoch ms; 0 if there was none.

    :ivar started: the beginning of the last one.
    :ivar ended: the end of the last one that ended; earlier than `started` while one is running, or if it was stopped.
    :ivar succeeded: the end of the last one that succeeded. Of the worker: when it last stored hits.
    :ivar error: what the last one that ended failed with; ``""`` if it succeeded.
    :ivar waited_ms: of the worker: how long the oldest message of that batch had been on the queue.
    """

    started: int = 0
    ended: int = 0
    succeeded: int = 0
    error: str = ""
    waited_ms: int = 0


@contextmanager
def recorded(job: str) -> Iterator[None]:
    """Record the run of a job: its beginning, its end, and the error that it raises."""
    _update(job, [RunItem.started.set(now_ms())])
    try:
        yield
    except Exception as error:
        text = f"{type(error).__name__}: {error}"[:_ERROR_CHARS]
        _update(job, [RunItem.ended.set(now_ms()), RunItem.error.set(text)])
        raise
    now = now_ms()
    _update(job, [RunItem.ended.set(now), RunItem.succeeded.set(now), RunItem.error.remove()])


def note_stored(waited_ms: int) -> None:
    """Record that the worker has just stored hits, at most once a minute.

    :param waited_ms: how long the oldest message of the batch had been on the queue.
    """
    now = now_ms()
    if now - _noted.get(WORKER, 0) < _NOTE_EVERY_MS:
        return
    _noted[WORKER] = now
    try:
        RunItem(_PARTITION, WORKER, succeeded=now, waited=waited_ms).save()
    except Exception as error:
        if not aws.failed(error):
            raise
        _log_failure(WORKER, error)


def last_runs() -> Mapping[str, Run]:
    """The last runs by job; without those that never ran."""
    return {item.sk: _parse(item) for item in RunItem.query(_PARTITION)}


def _update(job: str, actions: list[Action]) -> None:
    try:
        RunItem(_PARTITION, job).update(actions=actions)
    except Exception as error:
        if not aws.failed(error):
            raise
        _log_failure(job, error)


def _log_failure(job: str, error: Exception) -> None:
    log_line(run="not recorded", of=job, error=aws.error_code(error) or type(error).__name__)


def _parse(item: RunItem) -> Run:
    times = (int(item.started or 0), int(item.ended or 0), int(item.succeeded or 0))
    return Run(*times, item.error or "", int(item.waited or 0))
