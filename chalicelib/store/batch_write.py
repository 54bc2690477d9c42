"""Batch writes of session items: BatchWriteItem, with retries of unprocessed items.

An item in a batch takes a tenth of the CPU of an update of its own, and the same write units.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from pynamodb.constants import BATCH_WRITE_PAGE_LIMIT, ITEM, PUT_REQUEST, UNPROCESSED_ITEMS
from pynamodb.exceptions import PutError

from chalicelib.store import aws
from chalicelib.store.tables import SessionItem

# How long throttled items are retried, with increasing pauses; botocore itself gives up after about 0.4 s. A failure
# here fails the batch of the worker, and SQS delivers up to a hundred messages again.
_PATIENCE_S = 10.0
_FIRST_PAUSE_S = 0.25


def put_all(items: Sequence[SessionItem]) -> list[tuple[SessionItem, str]]:
    """Put items with distinct keys; returns the items that DynamoDB rejects as invalid, with its messages.

    :raises PutError: when DynamoDB keeps failing with errors that may be temporary. Items already written stay.
    """
    refused: list[tuple[SessionItem, str]] = []
    batches = [items[start : start + BATCH_WRITE_PAGE_LIMIT] for start in range(0, len(items), BATCH_WRITE_PAGE_LIMIT)]
    deadline, pause = time.monotonic() + _PATIENCE_S, _FIRST_PAUSE_S
    while batches:
        again: list[Sequence[SessionItem]] = []
        failure = PutError("DynamoDB did not write all items of a batch, after several attempts")
        for batch in batches:
            try:
                left = _put_batch(batch)
            except PutError as error:
                if aws.error_code(error) != "ValidationException":
                    if time.monotonic() > deadline:  # otherwise each batch would wait for a table that does not respond
                        raise
                    failure = error
                    again.append(batch)
                elif len(batch) == 1:
                    refused.append((batch[0], str(error.cause_response_message)))
                else:  # DynamoDB does not say which item is invalid, and has written none
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
    """One BatchWriteItem call; returns the unprocessed items."""
    answer = SessionItem._get_connection().batch_write_item(put_items=[item.serialize() for item in items])
    left = answer.get(UNPROCESSED_ITEMS, {}).get(SessionItem.Meta.table_name, [])
    unwritten = {(item["pk"]["S"], item["sk"]["S"]) for request in left for item in [request[PUT_REQUEST][ITEM]]}
    return [item for item in items if (item.pk, item.sk) in unwritten]
