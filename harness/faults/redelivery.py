"""Redelivery: SQS delivers every message twice; the copies come late, together and in random order."""

from __future__ import annotations

import random

from harness.faults.environment import Environment
from harness.faults.proxy import Answer, Call
from harness.faults.result import Result, wait_and_count
from harness.faults.run_size import Size


def run(environment: Environment, size: Size) -> Result:
    """Send hits, then put a copy of every message on the queue."""
    traffic = environment.traffic("Redelivery")
    sent: list[Call] = []

    def record_message(call: Call) -> Answer:
        if call.sends_hits:
            sent.append(call)
        return call.forward()

    with environment.proxy.rule(record_message):
        traffic.send(environment.shylight, size.visitors, size.senders)
    copies = list(sent)
    random.Random(1).shuffle(copies)
    for copy in copies:
        copy.forward()
    return wait_and_count(environment, traffic, size.timeout_s).with_fault(
        len(copies), f"{len(copies):,} messages came twice"
    )
