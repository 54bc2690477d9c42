"""All fault runs, one after the other: each time, exactly the hits that were sent must be counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from harness.faults import (
    backlog,
    bucket_outage,
    failed_marks,
    killed_functions,
    lost_answers,
    queue_outage,
    redelivery,
    salt_race,
    stale_reads,
    throttling,
)
from harness.faults.environment import new_environment
from harness.faults.run_size import Run, Size
from harness.measurement import Section

FAULTS: Final[Mapping[str, Run]] = {
    "SQS delivers every message twice": redelivery.run,
    "batches fail after their hits were stored": failed_marks.run,
    "a backlog of three hours after the worker was stopped": backlog.run,
    "DynamoDB throttles every third write": throttling.run,
    "S3 is unavailable for a minute": bucket_outage.run,
    "collectors race to create the day's salt": salt_race.run,
    "functions are killed at random for a minute under load": killed_functions.run,
    "the queue is unavailable": queue_outage.run,
    "responses to successful writes are lost": lost_answers.run,
    "reads are stale": stale_reads.run,
}
_WORKERS: Final = 5
SIZE: Final = Size(visitors=250, seconds=60, senders=4, timeout_s=180)


def measure() -> Iterator[Section]:
    """Run every fault on a new local stack."""
    with new_environment(_WORKERS) as environment:
        for title, run in FAULTS.items():
            yield run(environment, SIZE).section(title)
