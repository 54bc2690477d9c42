"""Answers are lost: a write was done, but who asked for it sees a closed connection, and asks again."""

from __future__ import annotations

import itertools

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.proxy import Answer, Call
from harness.faults.tally import Tally

_EVERY = 4


def run(ground: Ground, size: Size) -> Tally:
    """Lose the answer to every fourth write to a table, the queue or the bucket."""
    traffic = ground.traffic("Answers")
    numbers = itertools.count(1)
    lost: list[Call] = []

    def lose(call: Call) -> Answer | None:
        answer = call.forward()
        writes = call.writes or call.sends_hits or (call.service == "s3" and call.operation in ("PUT", "DELETE"))
        if writes and answer.status < 300 and next(numbers) % _EVERY == 0:
            lost.append(call)
            return None
        return answer

    with ground.proxy.rule(lose):
        traffic.send(ground.shylight, size.visitors, size.senders)
        counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(len(lost), f"the answers to {len(lost):,} writes that were done were lost")
