"""The queue of hits and its dead-letter queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chalicelib.config import settings
from chalicelib.errors import Unavailable
from chalicelib.store import aws

# SQS accepts at most ten messages and 256 KiB per call; the margin is for the envelope.
_BATCH_MESSAGES = 10
_BATCH_BYTES = 250_000
_DETAIL_CHARS = 500
MAX_MESSAGE_BYTES: Final = 256 * 1024


def url(name: str) -> str:
    """The URL of a queue of this deployment; derived, to save a call."""
    return f"{aws.client('sqs').meta.endpoint_url}/{settings().account}/{name}"


def connect() -> None:
    """Make the client ahead of the first message; this takes longer than sending. Sends nothing."""
    aws.client("sqs")


def send(body: str) -> None:
    """Put one message on the queue of hits.

    :raises Unavailable: if the queue does not confirm it; the sender should try again.
    """
    try:
        aws.client("sqs").send_message(QueueUrl=url(settings().queue), MessageBody=body)
    except aws.AwsError as error:
        raise Unavailable("The hit could not be queued; please send it again.", retry_after=5) from error


def send_all(bodies: Sequence[str]) -> None:
    """Put many messages on the queue of hits, in as few calls as SQS allows.

    :raises Unavailable: if any of them was not confirmed. All of them can be sent again: hits are idempotent.
    """
    for batch in _batches(bodies):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(batch)]
        try:
            answer = aws.client("sqs").send_message_batch(QueueUrl=url(settings().queue), Entries=entries)
        except aws.AwsError as error:
            raise Unavailable("The hits could not be queued; please send them again.", retry_after=5) from error
        if answer.get("Failed"):
            raise Unavailable("Not all hits could be queued; please send them all again.", retry_after=5)


def _batches(bodies: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if not batches or len(batches[-1]) == _BATCH_MESSAGES or size + length > _BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(body)
        size += length
    return batches


def send_to_dead_letters(body: str, reason: str, detail: str = "") -> None:
    """Put a message that can never be stored on the dead-letter queue, with the reason as message attributes."""
    attributes = {"reason": {"DataType": "String", "StringValue": reason}}
    if detail:
        attributes["detail"] = {"DataType": "String", "StringValue": _plain(detail)[:_DETAIL_CHARS]}
    aws.client("sqs").send_message(
        QueueUrl=url(settings().dead_letters), MessageBody=body, MessageAttributes=attributes
    )


def _plain(text: str) -> str:
    """Text without characters that SQS rejects (control characters, lone surrogates); they are escaped."""
    return "".join(char if " " <= char <= "~" else ascii(char)[1:-1] for char in text)


def is_reachable() -> bool:
    """Whether the queue of hits can be reached."""
    try:
        aws.client("sqs").get_queue_attributes(
            QueueUrl=url(settings().queue), AttributeNames=["ApproximateNumberOfMessages"]
        )
    except aws.AwsError:
        return False
    return True
