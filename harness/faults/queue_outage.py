"""Queue outage: collectors answer 503, and trackers send their hits again."""

from __future__ import annotations

from harness.faults.environment import Environment
from harness.faults.result import Result, wait_and_count
from harness.faults.rules import RejectCalls
from harness.faults.run_size import Size


def run(environment: Environment, size: Size) -> Result:
    """Reject every message for a quarter of the duration of `size`."""
    traffic = environment.traffic("Queue")
    seconds = size.seconds / 4
    rule = RejectCalls(lambda call: call.sends_hits, seconds)
    with environment.proxy.rule(rule):
        traffic.send(environment.shylight, size.visitors, size.senders)
        counted = wait_and_count(environment, traffic, size.timeout_s)
    return counted.with_fault(
        rule.rejected, f"the queue was away for {seconds:.0f} s; {rule.rejected:,} calls were rejected"
    )
