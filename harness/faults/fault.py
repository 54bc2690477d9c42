"""A fault: what happens to the deployment while hits come in, and how large a run of it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.faults.ground import Ground
from harness.faults.tally import Tally


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it.

    :ivar visitors: each sends some four hits.
    :ivar seconds: how long S3 is away, and functions are killed; other services are away for a part of it.
    :ivar senders: how many send at once, two at least; as many collectors take their hits.
    :ivar patience_s: after which what is not counted counts as lost.
    """

    visitors: int
    seconds: float
    senders: int
    patience_s: float


Run = Callable[[Ground, Size], Tally]
