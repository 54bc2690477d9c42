"""Collectors race for the day's salt, and the winner never hears that it won: all must use the one that is kept."""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.proxy import Answer, Call
from harness.faults.tally import Tally

_PATIENCE_S = 10.0


def run(ground: Ground, size: Size) -> Tally:
    """Hold the first collector that makes a salt until a second has found none either, and makes one too."""
    traffic = ground.traffic("Salt")
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

    with ground.proxy.rule(race):
        traffic.send(ground.shylight, size.visitors, size.senders)
        counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(len(made) - 1, f"{len(made)} salts were made for the day, {len(kept)} was kept")
