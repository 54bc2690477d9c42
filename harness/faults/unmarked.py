"""The worker stores hits and then fails: the mark that would tell of them is refused, and the batches come again."""

from __future__ import annotations

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.rules import Refusing
from harness.faults.tally import Tally


def run(ground: Ground, size: Size) -> Tally:
    """Refuse every write to the marks for half the time of `size`, each after the hits of a batch were stored."""
    traffic = ground.traffic("Unmarked")
    rule = Refusing(lambda call: call.is_on("marks", "PutItem"), size.seconds / 2)
    with ground.proxy.rule(rule):
        traffic.send(ground.shylight, size.visitors, size.senders)
        counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(rule.refused, f"{rule.refused:,} writes of marks were refused")
