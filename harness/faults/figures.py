"""All faults, one after the other, as figures: what was sent must be what is counted, each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from harness.faults import answers, backlog, bucket, kills, lag, queue, redelivery, salt, throttling, unmarked
from harness.faults.fault import Run, Size
from harness.faults.ground import new_ground
from harness.measurement import Part

FAULTS: Final[Mapping[str, Run]] = {
    "SQS delivers everything again": redelivery.run,
    "stored, but the batch fails and comes again": unmarked.run,
    "three hours' backlog after a stopped worker": backlog.run,
    "DynamoDB throttles every third write": throttling.run,
    "S3 refuses for a minute": bucket.run,
    "the day's salt lost to a race": salt.run,
    "functions killed at random for a minute under load": kills.run,
    "the queue refuses": queue.run,
    "answers lost after the write was done": answers.run,
    "reads lag behind writes": lag.run,
}
_WORKERS: Final = 5
SIZE: Final = Size(visitors=250, seconds=60, senders=4, patience_s=180)


def measure() -> Iterator[Part]:
    """Run every fault on a deployed Shylight of its own."""
    with new_ground(_WORKERS) as ground:
        for title, run in FAULTS.items():
            yield run(ground, SIZE).part(title)
