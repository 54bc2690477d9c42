"""``/api/v1/administration/queues`` and ``…/dead-letters``: what waits, and what could not be stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from chalice import Response

from chalicelib.api.listing import reply_part
from chalicelib.api.times import iso_of_ms
from chalicelib.config import DEAD_LETTERS_WORK_S, MAX_DEAD_LETTERS_SHOWN
from chalicelib.errors import BadRequest
from chalicelib.operations import dead_letters, queues
from chalicelib.operations.queues import Queue
from chalicelib.store.dead_letters import Chosen, DeadLetter
from chalicelib.store.people import Person
from chalicelib.web import Request, reply_json

_WAYS_TO_CHOOSE: Final = ("ids", "reason", "all")


def show(_request: Request, _person: Person) -> Response:
    """``GET /api/v1/administration/queues``."""
    found = queues.read()
    stored = {
        "last_stored_at": iso_of_ms(found.last_stored_at),
        "last_waited_s": found.waited_ms // 1000 if found.last_stored_at else None,
    }
    return reply_json({"hits": _queue(found.hits) | stored, "dead_letters": _queue(found.dead_letters)})


def list_dead_letters(request: Request, _person: Person) -> Response:
    """``GET /api/v1/administration/dead-letters?reason=…&limit=…&cursor=…``: the oldest first, without bodies."""
    reason = request.query.get("reason")
    letters = dead_letters.look().letters
    rows = [_summary(letter) for letter in letters if reason is None or letter.reason == reason]
    return reply_part(request, "dead_letters", rows, MAX_DEAD_LETTERS_SHOWN)


def show_dead_letter(_request: Request, _person: Person, letter: str) -> Response:
    """``GET /api/v1/administration/dead-letters/{letter}``: with its body."""
    found = dead_letters.find(letter)
    return reply_json({**_summary(found), "body": found.body})


def redrive(request: Request, person: Person) -> Response:
    """``POST /api/v1/administration/dead-letters/redrive`` with ids, reason or all: sends them to the queue again."""
    return reply_json({"redriven": _work(request, person, dead_letters.redrive), "left": _left()})


def discard(request: Request, person: Person) -> Response:
    """``POST /api/v1/administration/dead-letters/discard`` with ids, reason or all: deletes them for good."""
    return reply_json({"discarded": _work(request, person, dead_letters.discard), "left": _left()})


def _work(request: Request, person: Person, act: Callable[..., int]) -> int:
    return act(person, _chosen(request.json()), seconds=DEAD_LETTERS_WORK_S)


def _chosen(data: dict[str, Any]) -> Chosen:
    """The dead letters that a body names.

    :raises BadRequest: unless it has exactly one of ids, reason and all.
    """
    if len(data) != 1 or next(iter(data)) not in _WAYS_TO_CHOOSE:
        raise BadRequest('Send one of {"ids": […]}, {"reason": "…"} and {"all": true}.')
    ((name, value),) = data.items()
    if name == "all":
        if value is not True:
            raise BadRequest("all must be true.", field="all")
        return dead_letters.choose()
    if name == "reason":
        if not isinstance(value, str):
            raise BadRequest('reason must be text; "" for those without a reason.', field="reason")
        return dead_letters.choose(reason=value)
    if not isinstance(value, list) or len(value) > MAX_DEAD_LETTERS_SHOWN or not all(isinstance(i, str) for i in value):
        raise BadRequest(f"ids must be a list of up to {MAX_DEAD_LETTERS_SHOWN} ids.", field="ids")
    return dead_letters.choose(ids=value)


def _left() -> int:
    """How many dead letters there are afterwards, as SQS estimates it."""
    count = queues.read().dead_letters
    return count.waiting + count.in_progress


def _queue(queue: Queue) -> dict[str, Any]:
    return {"name": queue.name, "waiting": queue.waiting, "in_progress": queue.in_progress}


def _summary(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "reason": letter.reason,
        "detail": letter.detail or None,
        "sent_at": iso_of_ms(letter.sent_at),
        "bytes": len(letter.body.encode("utf-8", "replace")),
    }
