"""SQS delivers every message twice, the copies late, all at once and in any order."""

from __future__ import annotations

import random

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.proxy import Answer, Call
from harness.faults.tally import Tally


def run(ground: Ground, size: Size) -> Tally:
    """Send hits; then put a copy of every message on the queue."""
    traffic = ground.traffic("Redelivery")
    sent: list[Call] = []

    def keep_a_copy(call: Call) -> Answer:
        if call.sends_hits:
            sent.append(call)
        return call.forward()

    with ground.proxy.rule(keep_a_copy):
        traffic.send(ground.shylight, size.visitors, size.senders)
    copies = list(sent)
    random.Random(1).shuffle(copies)
    for copy in copies:
        copy.forward()
    return tally.take(ground, traffic, size.patience_s).struck(len(copies), f"{len(copies):,} messages came twice")
