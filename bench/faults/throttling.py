"""DynamoDB throttles every third write, whatever the table."""

from __future__ import annotations

import itertools

from bench.faults import tally
from bench.faults.fault import Size
from bench.faults.ground import Ground
from bench.faults.rules import Refusing
from bench.faults.tally import Tally


def run(ground: Ground, size: Size) -> Tally:
    """Throttle from the first hit until the last is counted."""
    traffic = ground.traffic("Throttling")
    numbers = itertools.count(1)
    rule = Refusing(lambda call: call.writes and next(numbers) % 3 == 0)
    with ground.proxy.rule(rule):
        traffic.send(ground.shylight, size.visitors, size.senders)
        counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(rule.refused, f"{rule.refused:,} writes were throttled")
