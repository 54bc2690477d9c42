"""Functions of all kinds are killed at random while hits are sent."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time

from harness.faults.environment import Environment
from harness.faults.result import Result, wait_and_count
from harness.faults.run_size import Size
from localstack import process

# Average time between two kills. A function takes some seconds to start: with much less, none would ever run.
_PAUSE_S = 1.5
_AT_A_TIME = 20


def run(environment: Environment, size: Size) -> Result:
    """Send hits while functions are killed."""
    traffic = environment.traffic("Kills")
    killed: list[int] = []
    until = time.monotonic() + size.seconds
    killer = threading.Thread(target=_kill, args=(environment.emulator_pid, until, killed), daemon=True)
    killer.start()
    while killer.is_alive():
        traffic.send(environment.shylight, _AT_A_TIME, size.senders)
    counted = wait_and_count(environment, traffic, size.timeout_s)
    return counted.with_fault(len(killed), f"{len(killed)} functions were killed in {size.seconds:.0f} s")


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
