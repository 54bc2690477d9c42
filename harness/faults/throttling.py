"""DynamoDB throttles every third write, whatever the table; of a batch, every third of its items stays unwritten."""

from __future__ import annotations

import itertools
import json

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.proxy import Answer, Call, refusal
from harness.faults.tally import Tally

_EVERY = 3


def run(ground: Ground, size: Size) -> Tally:
    """Throttle from the first hit until the last is counted."""
    traffic = ground.traffic("Throttling")
    throttling = _Throttling()
    with ground.proxy.rule(throttling):
        traffic.send(ground.shylight, size.visitors, size.senders)
        counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(
        throttling.refused,
        f"{throttling.refused:,} writes were throttled, {throttling.left:,} of them as parts of a batch",
    )


class _Throttling:
    """The rule.

    :ivar refused: how many writes were; :ivar left: those of them that a batch was answered without.
    """

    def __init__(self) -> None:
        self.refused = self.left = 0
        self._numbers = itertools.count(1)

    def __call__(self, call: Call) -> Answer:
        """What the proxy asks."""
        if call.operation == "BatchWriteItem":
            return self._batch(call)
        return self._refuse(call) if call.writes and self._strikes() else call.forward()

    def _strikes(self) -> bool:
        return next(self._numbers) % _EVERY == 0

    def _refuse(self, call: Call) -> Answer:
        self.refused += 1
        return refusal(call)

    def _batch(self, call: Call) -> Answer:
        """Write two thirds of a batch and leave the rest, as DynamoDB does; it refuses when it can write nothing."""
        ((table, requests),) = call.given["RequestItems"].items()
        struck = [self._strikes() for _ in requests]
        if all(struck):
            return self._refuse(call)
        taken = [request for request, strikes in zip(requests, struck, strict=True) if not strikes]
        left = [request for request, strikes in zip(requests, struck, strict=True) if strikes]
        answer = call.forward_as(json.dumps({**call.given, "RequestItems": {table: taken}}).encode())
        if answer.status >= 300 or not left:
            return answer
        self.refused += len(left)
        self.left += len(left)
        told = json.dumps({**json.loads(answer.body), "UnprocessedItems": {table: left}}).encode()
        checksum = "x-amz-crc32"  # of the body it came with
        return Answer(200, told, {name: value for name, value in answer.headers.items() if name.lower() != checksum})
