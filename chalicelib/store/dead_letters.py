"""The dead-letter queue: what is on it, and what becomes of it.

SQS cannot list a queue. Whoever looks receives messages, which hides them from others for a while, and then makes them
visible again. A look therefore sees no messages that somebody else is working on at that moment.

Redriving sends a message to the queue of hits before it deletes the dead letter. If it is interrupted in between, both
exist, which does no harm: hits are a set, so one that is stored twice counts once. SQS has a command of its own for
this (StartMessageMoveTask), but it moves all messages regardless of their reason, says only later how many, and is
missing in emulators.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from chalicelib.config import settings
from chalicelib.store import aws, hit_queue

# SQS receives, deletes and changes at most ten messages per call.
_PER_CALL: Final = 10
# How long messages are hidden while we look at the others; a process that dies leaves them hidden for this long.
_HIDDEN_S: Final = 120
# With a wait, SQS asks all of its servers, so that no answer means that there are no messages.
_WAIT_S: Final = 1

Chosen = Callable[["DeadLetter"], bool]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be stored.

    :ivar id: the id that SQS gave it.
    :ivar body: the message as the worker got it; with user agents and shortened addresses of visitors.
    :ivar reason: why the worker put it there, see `errors.Poison`; ``""`` if it failed until SQS gave up.
    :ivar detail: the error, for some reasons; else ``""``.
    :ivar sent_at: when it was sent to the queue of hits (without a reason), or put aside (with one); epoch ms.
    """

    id: str
    body: str
    reason: str
    detail: str
    sent_at: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many messages there are, as SQS estimates it; `hidden`: that somebody is working on right now."""

    visible: int
    hidden: int


def count() -> Count:
    """How many dead letters there are."""
    return count_messages(settings().dead_letters)


def count_messages(queue: str) -> Count:
    """How many messages are on a queue."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = aws.client("sqs").get_queue_attributes(QueueUrl=hit_queue.url(queue), AttributeNames=names)
    return Count(*(int(answer["Attributes"][name]) for name in names))


def peek(limit: int, seconds: float = math.inf) -> list[DeadLetter]:
    """Up to `limit` dead letters, the oldest first; all of them stay on the queue.

    :param seconds: after this time, what was found until then is returned.
    """
    scan = _Scan(seconds)
    try:
        found = [message.letter for messages in scan.batches(limit) for message in messages]
    finally:
        scan.release()
    return sorted(found, key=lambda letter: (letter.sent_at, letter.id))


def find(letter_id: str, seconds: float = math.inf) -> DeadLetter | None:
    """The dead letter with this id, or None if it is not found within `seconds`; it stays on the queue."""
    scan = _Scan(seconds)
    try:
        found = (message.letter for messages in scan.batches() for message in messages)
        return next((letter for letter in found if letter.id == letter_id), None)
    finally:
        scan.release()


def redrive(chosen: Chosen, limit: int | None = None, seconds: float = math.inf) -> int:
    """Send dead letters to the queue of hits again; gives how many.

    Messages that come back meanwhile, because they can still not be stored, are left alone.

    :param chosen: which of them, see :func:`everything`, :func:`of_reason` and :func:`with_ids`.
    :param limit: at most how many; None: all.
    :param seconds: after this time, the others are left.
    """
    return _take(chosen, limit, seconds, _send_again)


def discard(chosen: Chosen, limit: int | None = None, seconds: float = math.inf) -> int:
    """Delete dead letters for good; gives how many. The parameters are those of :func:`redrive`."""
    return _take(chosen, limit, seconds, lambda _letters: None)


def everything(_letter: DeadLetter) -> bool:
    """Choose all dead letters."""
    return True


def of_reason(reason: str) -> Chosen:
    """Choose the dead letters of one reason; ``""``: those without one."""
    return lambda letter: letter.reason == reason


def with_ids(ids: Sequence[str]) -> Chosen:
    """Choose the dead letters with these ids."""
    wanted = frozenset(ids)
    return lambda letter: letter.id in wanted


class _Received(NamedTuple):
    """A message that we have received; `handle` is what it is deleted and made visible by."""

    letter: DeadLetter
    handle: str


class _Scan:
    """One way through the queue, on which every message is met once."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._until = time.monotonic() + seconds
        self._handles: dict[str, str] = {}  # of the messages that are hidden, by id
        self._seen: set[str] = set()

    def batches(self, limit: int | None = None) -> Iterator[list[_Received]]:
        """The messages, as SQS returns them; they are hidden until :meth:`release`."""
        while (limit is None or len(self._seen) < limit) and time.monotonic() < self._until:
            wanted = _PER_CALL if limit is None else min(_PER_CALL, limit - len(self._seen))
            answer = aws.client("sqs").receive_message(
                QueueUrl=_url(), MaxNumberOfMessages=wanted, VisibilityTimeout=_HIDDEN_S, WaitTimeSeconds=_WAIT_S,
                MessageAttributeNames=["All"], MessageSystemAttributeNames=["SentTimestamp"],
            )  # fmt: skip
            received = [_Received(_parse(one), one["ReceiptHandle"]) for one in answer.get("Messages", [])]
            self._handles |= {letter.id: handle for letter, handle in received}
            new = [one for one in received if one.letter.id not in self._seen]
            if not new:  # there are none, or only those of the beginning, which have become visible again
                return
            self._seen |= {letter.id for letter, _ in new}
            yield new

    def delete(self, messages: Sequence[_Received]) -> int:
        """Delete up to ten messages; gives how many were deleted."""
        entries = [{"Id": str(number), "ReceiptHandle": one.handle} for number, one in enumerate(messages)]
        answer = aws.client("sqs").delete_message_batch(QueueUrl=_url(), Entries=entries)
        deleted = [messages[int(one["Id"])] for one in answer.get("Successful", [])]
        for letter, _ in deleted:
            del self._handles[letter.id]
        return len(deleted)

    def release(self) -> None:
        """Make the messages visible again; those for which that fails become visible by themselves."""
        handles = list(self._handles.values())
        for start in range(0, len(handles), _PER_CALL):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for number, handle in enumerate(handles[start : start + _PER_CALL])
            ]
            aws.client("sqs").change_message_visibility_batch(QueueUrl=_url(), Entries=entries)


def _take(chosen: Chosen, limit: int | None, seconds: float, first: Callable[[Sequence[DeadLetter]], None]) -> int:
    """Do `first` with the chosen letters, then delete them; gives how many were deleted."""
    started, taken = time.time() * 1000, 0
    scan = _Scan(seconds)
    try:
        for messages in scan.batches():
            ours = [one for one in messages if one.letter.sent_at <= started and chosen(one.letter)]
            ours = ours[: None if limit is None else limit - taken]
            if ours:
                first([letter for letter, _ in ours])
                taken += scan.delete(ours)
            if taken == limit:
                break
    finally:
        scan.release()
    return taken


def _send_again(letters: Sequence[DeadLetter]) -> None:
    hit_queue.send_all([letter.body for letter in letters])


def _parse(message: dict[str, Any]) -> DeadLetter:
    given = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
    sent_at = int(message["Attributes"]["SentTimestamp"])
    return DeadLetter(message["MessageId"], message["Body"], given.get("reason", ""), given.get("detail", ""), sent_at)


def _url() -> str:
    return hit_queue.url(settings().dead_letters)
