"""Rules for the proxy that more than one fault goes by."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from harness.faults.proxy import Answer, Call, refusal


class Refusing:
    """Refuse the calls that `which` picks, for some seconds from the first of them.

    :ivar refused: how many were.
    """

    def __init__(self, which: Callable[[Call], bool], seconds: float = math.inf) -> None:
        self.refused = 0
        self._which = which
        self._seconds = seconds
        self._until = math.inf

    def __call__(self, call: Call) -> Answer:
        """What the proxy asks."""
        now = time.monotonic()
        if now >= self._until or not self._which(call):
            return call.forward()
        if self.refused == 0:
            self._until = now + self._seconds
        self.refused += 1
        return refusal(call)
