"""Stale reads: eventually consistent reads find neither a new site nor its salt."""

from __future__ import annotations

from harness.faults.environment import Environment
from harness.faults.proxy import Answer, Call
from harness.faults.result import Result, wait_and_count
from harness.faults.run_size import Size


def run(environment: Environment, size: Size) -> Result:
    """Make all eventually consistent reads of new items stale, while hits are sent and stored."""
    traffic = environment.traffic("Lag")
    lagged: list[Call] = []

    def lag(call: Call) -> Answer:
        if not _may_lag(call):
            return call.forward()
        lagged.append(call)
        return Answer(200, b"{}", {"Content-Type": "application/x-amz-json-1.0"})

    with environment.proxy.rule(lag):
        traffic.send(environment.shylight, size.visitors, size.senders)
        counted = wait_and_count(environment, traffic, size.timeout_s)
    return counted.with_fault(len(lagged), f"{len(lagged):,} reads were stale")


def _may_lag(call: Call) -> bool:
    """Whether the call is an eventually consistent read of a site or a salt."""
    of_new = call.is_on("salts", "GetItem") or (
        call.is_on("core", "GetItem") and call.given["Key"]["pk"]["S"] == "site"
    )
    return of_new and not call.given.get("ConsistentRead")
