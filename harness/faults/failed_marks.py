"""Failing batches: hits are stored, but marking their hours as dirty fails, so the batches are redelivered."""

from __future__ import annotations

from harness.faults.environment import Environment
from harness.faults.result import Result, wait_and_count
from harness.faults.rules import RejectCalls
from harness.faults.run_size import Size


def run(environment: Environment, size: Size) -> Result:
    """Reject every write to the marks table for half the duration of `size`, after the hits of a batch were stored."""
    traffic = environment.traffic("Unmarked")
    rule = RejectCalls(lambda call: call.is_on("marks", "PutItem"), size.seconds / 2)
    with environment.proxy.rule(rule):
        traffic.send(environment.shylight, size.visitors, size.senders)
        counted = wait_and_count(environment, traffic, size.timeout_s)
    return counted.with_fault(rule.rejected, f"{rule.rejected:,} writes to the marks table were rejected")
