"""Functions are killed at random while hits come in: collectors, workers, whoever is there."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time

from bench.faults import tally
from bench.faults.fault import Size
from bench.faults.ground import Ground
from bench.faults.tally import Tally
from localstack import process

# Between two kills, on average. Far more often than once a delivery, and a batch would use up its five deliveries.
_PAUSE_S = 1.0
_AT_A_TIME = 20


def run(ground: Ground, size: Size) -> Tally:
    """Send hits for as long as the killing lasts, at least those of `size`."""
    traffic = ground.traffic("Kills")
    over = threading.Event()
    killed: list[int] = []
    killer = threading.Thread(target=_kill, args=(ground.emulator_pid, over, killed))
    until = time.monotonic() + size.seconds
    killer.start()
    try:
        while time.monotonic() < until:
            traffic.send(ground.shylight, _AT_A_TIME)
    finally:
        over.set()
        killer.join()
    return tally.take(ground, traffic, size.patience_s, f"{len(killed)} functions were killed in {size.seconds:.0f} s")


def _kill(emulator: int, over: threading.Event, killed: list[int]) -> None:
    chance = random.Random(1)
    while not over.wait(chance.uniform(0.5, 1.5) * _PAUSE_S):
        running = process.children(emulator)
        if running:
            victim = chance.choice(running)
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)
