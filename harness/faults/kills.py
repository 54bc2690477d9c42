"""Functions are killed at random while hits come in: collectors, workers, whoever is there."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.tally import Tally
from localstack import process

# Between two kills, on average. A function takes some seconds to start: much more often, and none would ever be up.
_PAUSE_S = 1.5
_AT_A_TIME = 20


def run(ground: Ground, size: Size) -> Tally:
    """Send hits for as long as the killing lasts."""
    traffic = ground.traffic("Kills")
    killed: list[int] = []
    until = time.monotonic() + size.seconds
    killer = threading.Thread(target=_kill, args=(ground.emulator_pid, until, killed), daemon=True)
    killer.start()
    while killer.is_alive():
        traffic.send(ground.shylight, _AT_A_TIME, size.senders)
    counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(len(killed), f"{len(killed)} functions were killed in {size.seconds:.0f} s")


def _kill(emulator: int, until: float, killed: list[int]) -> None:
    chance = random.Random(1)
    while time.monotonic() < until:
        time.sleep(chance.uniform(0.5, 1.5) * _PAUSE_S)
        running = process.children(emulator)
        if running:
            victim = chance.choice(running)
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)
