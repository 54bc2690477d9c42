"""Two collectors create the day's salt at the same time, and responses are lost: all must use the stored salt."""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress

from harness.faults.environment import Environment
from harness.faults.proxy import Answer, Call
from harness.faults.result import Result, wait_and_count
from harness.faults.run_size import Size

_PATIENCE_S = 10.0


def run(environment: Environment, size: Size) -> Result:
    """Delay the first collector that creates a salt until a second one has found none and creates one, too."""
    traffic = environment.traffic("Salt")
    both = threading.Barrier(2)
    numbers = itertools.count(1)
    made: set[str] = set()
    kept: set[str] = set()

    def race(call: Call) -> Answer | None:
        if not call.is_on("salts", "PutItem"):
            return call.forward()
        made.add(call.given["Item"]["salt"]["B"])
        if next(numbers) <= both.parties:
            with suppress(threading.BrokenBarrierError):
                both.wait(_PATIENCE_S)
        answer = call.forward()
        if answer.status != 200:
            return answer
        kept.add(call.given["Item"]["salt"]["B"])
        return None

    with environment.proxy.rule(race):
        traffic.send(environment.shylight, size.visitors, size.senders)
        counted = wait_and_count(environment, traffic, size.timeout_s)
    return counted.with_fault(len(made) - 1, f"{len(made)} salts were created for the day, {len(kept)} was stored")
