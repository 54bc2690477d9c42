"""S3 refuses everything for a minute, while every worker is new and wants its GeoIP databases from there."""

from __future__ import annotations

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.rules import Refusing
from harness.faults.tally import Tally


def run(ground: Ground, size: Size) -> Tally:
    """Refuse from the first call on."""
    traffic = ground.traffic("Bucket")
    ground.restart("worker")
    rule = Refusing(lambda call: call.service == "s3", size.seconds)
    with ground.proxy.rule(rule):
        traffic.send(ground.shylight, size.visitors, size.senders)
        counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(rule.refused, f"S3 was away for {size.seconds:.0f} s; {rule.refused:,} calls were refused")
