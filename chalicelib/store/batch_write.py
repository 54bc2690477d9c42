"""Many session items written with few calls: BatchWriteItem, asked again for what it left, until all are written.

An item of a batch costs a tenth of the CPU that an update of its own does, and no more write units.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from pynamodb.constants import BATCH_WRITE_PAGE_LIMIT, ITEM, PUT_REQUEST, UNPROCESSED_ITEMS
from pynamodb.exceptions import PutError

from chalicelib.store import aws
from chalicelib.store.tables import SessionItem

# How long items that are throttled are tried again, by and by more slowly; botocore gives up on a call after some
# 0.4 s. One that fails for good fails the worker's batch, and so sends up to a hundred messages round once more.
_PATIENCE_S = 10.0
_FIRST_PAUSE_S = 0.25


def put_all(items: Sequence[SessionItem]) -> list[tuple[SessionItem, str]]:
    """Put items, each with a key of its own; those that DynamoDB will never take come back, with what it said.

    :raises PutError: when DynamoDB fails in a way that may pass, and goes on failing. What was written stays.
    """
    refused: list[tuple[SessionItem, str]] = []
    batches = [items[start : start + BATCH_WRITE_PAGE_LIMIT] for start in range(0, len(items), BATCH_WRITE_PAGE_LIMIT)]
    deadline, pause = time.monotonic() + _PATIENCE_S, _FIRST_PAUSE_S
    while batches:
        again: list[Sequence[SessionItem]] = []
        failure = PutError("DynamoDB left items of a batch unwritten, and went on leaving them")
        for batch in batches:
            try:
                left = _put_batch(batch)
            except PutError as error:
                if aws.error_code(error) != "ValidationException":
                    if time.monotonic() > deadline:  # or every batch of many would wait for what does not answer
                        raise
                    failure = error
                    again.append(batch)
                elif len(batch) == 1:
                    refused.append((batch[0], str(error.cause_response_message)))
                else:  # it does not say which, and has written none
                    again += [[item] for item in batch]
            else:
                again += [left] if left else []
        if again and time.monotonic() + pause > deadline:
            raise failure
        if again:
            time.sleep(pause)
        batches, pause = again, pause * 2
    return refused


def _put_batch(items: Sequence[SessionItem]) -> list[SessionItem]:
    """Ask once for a batch to be written; what was left of it."""
    answer = SessionItem._get_connection().batch_write_item(put_items=[item.serialize() for item in items])
    left = answer.get(UNPROCESSED_ITEMS, {}).get(SessionItem.Meta.table_name, [])
    unwritten = {(item["pk"]["S"], item["sk"]["S"]) for request in left for item in [request[PUT_REQUEST][ITEM]]}
    return [item for item in items if (item.pk, item.sk) in unwritten]
