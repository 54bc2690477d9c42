"""Throttling: DynamoDB rejects every third write to any table; in a batch, every third item is not written."""

from __future__ import annotations

import itertools
import json

from harness.faults.environment import Environment
from harness.faults.proxy import Answer, Call, rejection
from harness.faults.result import Result, wait_and_count
from harness.faults.run_size import Size

_EVERY = 3


def run(environment: Environment, size: Size) -> Result:
    """Throttle until the last hit is counted."""
    traffic = environment.traffic("Throttling")
    throttling = _Throttling()
    with environment.proxy.rule(throttling):
        traffic.send(environment.shylight, size.visitors, size.senders)
        counted = wait_and_count(environment, traffic, size.timeout_s)
    return counted.with_fault(
        throttling.rejected,
        f"{throttling.rejected:,} writes were throttled, {throttling.left:,} of them as parts of a batch",
    )


class _Throttling:
    """The proxy rule.

    :ivar rejected: the number of throttled writes; :ivar left: those of them that were part of a batch.
    """

    def __init__(self) -> None:
        self.rejected = self.left = 0
        self._numbers = itertools.count(1)

    def __call__(self, call: Call) -> Answer:
        """The response to a call."""
        if call.operation == "BatchWriteItem":
            return self._batch(call)
        return self._reject(call) if call.writes and self._is_next() else call.forward()

    def _is_next(self) -> bool:
        return next(self._numbers) % _EVERY == 0

    def _reject(self, call: Call) -> Answer:
        self.rejected += 1
        return rejection(call)

    def _batch(self, call: Call) -> Answer:
        """Write two thirds of a batch and return the rest as unprocessed; reject it if there is nothing to write."""
        ((table, requests),) = call.given["RequestItems"].items()
        throttled = [self._is_next() for _ in requests]
        if all(throttled):
            return self._reject(call)
        taken = [request for request, is_throttled in zip(requests, throttled, strict=True) if not is_throttled]
        left = [request for request, is_throttled in zip(requests, throttled, strict=True) if is_throttled]
        answer = call.forward_as(json.dumps({**call.given, "RequestItems": {table: taken}}).encode())
        if answer.status >= 300 or not left:
            return answer
        self.rejected += len(left)
        self.left += len(left)
        body = json.dumps({**json.loads(answer.body), "UnprocessedItems": {table: left}}).encode()
        checksum = "x-amz-crc32"  # of the original body
        return Answer(200, body, {name: value for name, value in answer.headers.items() if name.lower() != checksum})
