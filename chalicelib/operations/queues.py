"""The queues: how many messages wait on each, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.config import settings
from chalicelib.store import dead_letters, job_runs


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of SQS.

    :ivar waiting: messages that nobody has taken yet, as SQS estimates it; `in_progress`: that somebody works on.
    """

    name: str
    waiting: int
    in_progress: int


@dataclass(frozen=True, slots=True)
class Queues:
    """Both queues.

    :ivar last_stored_at: when the worker last stored hits, epoch ms; 0: never.
    :ivar waited_ms: how long the oldest message of that batch had been on the queue.
    """

    hits: Queue
    dead_letters: Queue
    last_stored_at: int
    waited_ms: int


def read() -> Queues:
    """The queues as they are now; the worker notes what it stored at most once a minute."""
    run = job_runs.last_runs().get(job_runs.WORKER)
    return Queues(
        _queue(settings().queue),
        _queue(settings().dead_letters),
        run.succeeded if run else 0,
        run.waited_ms if run else 0,
    )


def _queue(name: str) -> Queue:
    count = dead_letters.count_messages(name)
    return Queue(name, count.visible, count.hidden)
