"""Proxy rules that several faults use."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from harness.faults.proxy import Answer, Call, rejection


class RejectCalls:
    """Reject the calls that `which` selects, for `seconds` after the first of them.

    :ivar rejected: the number of rejected calls.
    """

    def __init__(self, which: Callable[[Call], bool], seconds: float = math.inf) -> None:
        self.rejected = 0
        self._which = which
        self._seconds = seconds
        self._until = math.inf

    def __call__(self, call: Call) -> Answer:
        """The response to a call."""
        now = time.monotonic()
        if now >= self._until or not self._which(call):
            return call.forward()
        if self.rejected == 0:
            self._until = now + self._seconds
        self.rejected += 1
        return rejection(call)
