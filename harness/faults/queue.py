"""The queue refuses: collectors answer 503, and trackers send their hits again."""

from __future__ import annotations

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.rules import Refusing
from harness.faults.tally import Tally


def run(ground: Ground, size: Size) -> Tally:
    """Refuse every message for a quarter of the time of `size`."""
    traffic = ground.traffic("Queue")
    seconds = size.seconds / 4
    rule = Refusing(lambda call: call.sends_hits, seconds)
    with ground.proxy.rule(rule):
        traffic.send(ground.shylight, size.visitors, size.senders)
        counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(rule.refused, f"the queue was away for {seconds:.0f} s; {rule.refused:,} calls were refused")
