"""S3 rejects all calls for a minute, while all workers are new and need to fetch their GeoIP databases."""

from __future__ import annotations

from harness.faults.environment import Environment
from harness.faults.result import Result, wait_and_count
from harness.faults.rules import RejectCalls
from harness.faults.run_size import Size


def run(environment: Environment, size: Size) -> Result:
    """Reject calls, starting with the first one."""
    traffic = environment.traffic("Bucket")
    environment.restart("worker")
    rule = RejectCalls(lambda call: call.service == "s3", size.seconds)
    with environment.proxy.rule(rule):
        traffic.send(environment.shylight, size.visitors, size.senders)
        counted = wait_and_count(environment, traffic, size.timeout_s)
    return counted.with_fault(
        rule.rejected, f"S3 was away for {size.seconds:.0f} s; {rule.rejected:,} calls were rejected"
    )
