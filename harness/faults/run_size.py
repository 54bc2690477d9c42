"""The size of a fault run, and the type of the functions that run a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.faults.environment import Environment
from harness.faults.result import Result


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a run.

    :ivar visitors: the number of visitors; each sends about four hits.
    :ivar seconds: the duration of the S3 outage and of the killing of functions; other outages last a part of it.
    :ivar senders: the number of concurrent senders, at least two; as many collectors receive their hits.
    :ivar timeout_s: the time after which hits that are not counted are considered lost.
    """

    visitors: int
    seconds: float
    senders: int
    timeout_s: float


Run = Callable[[Environment, Size], Result]
