"""The budget of time and memory in which a question about visits is answered, or refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from chalicelib import config
from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.errors import QueryTooLarge
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

_REPEAT_S: Final = 0.05
_ADVICE: Final = N_(
    "Ask for a shorter period, or add filters on visits, such as the country, the source or the browser."
)


def deadline() -> float:
    """When a question that is asked now must be answered, on the monotonic clock, s."""
    return time.monotonic() + config.QUERY_BUDGET_S


@contextmanager
def within_budget(db: Engine, until: float) -> Iterator[None]:
    """Stop the queries of a block when its time is over.

    :param until: see :func:`deadline`.
    :raises QueryTooLarge: if they were stopped, or needed too much memory.
    """
    too_slow = QueryTooLarge(
        _advised(_("Answering this takes more than %(seconds)s s.", seconds=f"{config.QUERY_BUDGET_S:g}"))
    )
    if time.monotonic() >= until:
        raise too_slow
    finished = threading.Event()

    def watch() -> None:
        wait_s = max(until - time.monotonic(), 0)
        # Again and again, because between two queries there is nothing to interrupt.
        while not finished.wait(wait_s):
            db.interrupt()
            wait_s = _REPEAT_S

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except duckdb.InterruptException:
        raise too_slow from None
    except (duckdb.OutOfMemoryException, MemoryError):
        raise QueryTooLarge(_advised(_("Answering this takes more memory than there is."))) from None
    finally:
        finished.set()
        watcher.join()


def _advised(problem: str) -> str:
    return f"{problem} {_(_ADVICE)}"
