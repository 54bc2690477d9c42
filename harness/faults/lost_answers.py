"""Lost responses: a write succeeds, but its client sees a closed connection and retries."""

from __future__ import annotations

import itertools

from harness.faults.environment import Environment
from harness.faults.proxy import Answer, Call
from harness.faults.result import Result, wait_and_count
from harness.faults.run_size import Size

_EVERY = 4


def run(environment: Environment, size: Size) -> Result:
    """Drop the response to every fourth write to a table, the queue or the bucket."""
    traffic = environment.traffic("Answers")
    numbers = itertools.count(1)
    lost: list[Call] = []

    def lose(call: Call) -> Answer | None:
        answer = call.forward()
        writes = call.writes or call.sends_hits or (call.service == "s3" and call.operation in ("PUT", "DELETE"))
        if writes and answer.status < 300 and next(numbers) % _EVERY == 0:
            lost.append(call)
            return None
        return answer

    with environment.proxy.rule(lose):
        traffic.send(environment.shylight, size.visitors, size.senders)
        counted = wait_and_count(environment, traffic, size.timeout_s)
    return counted.with_fault(len(lost), f"the responses to {len(lost):,} successful writes were lost")
