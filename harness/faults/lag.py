"""Reads lag behind writes: whoever does not ask for a consistent read finds neither the new site nor its salt."""

from __future__ import annotations

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.proxy import Answer, Call
from harness.faults.tally import Tally


def run(ground: Ground, size: Size) -> Tally:
    """Let no read that may lag see what is new, while hits come in and are stored."""
    traffic = ground.traffic("Lag")
    lagged: list[Call] = []

    def lag(call: Call) -> Answer:
        if not _may_lag(call):
            return call.forward()
        lagged.append(call)
        return Answer(200, b"{}", {"Content-Type": "application/x-amz-json-1.0"})

    with ground.proxy.rule(lag):
        traffic.send(ground.shylight, size.visitors, size.senders)
        counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(len(lagged), f"{len(lagged):,} reads lagged")


def _may_lag(call: Call) -> bool:
    """Whether it reads a site or a salt without asking for what is there by now."""
    of_new = call.is_on("salts", "GetItem") or (
        call.is_on("core", "GetItem") and call.given["Key"]["pk"]["S"] == "site"
    )
    return of_new and not call.given.get("ConsistentRead")
