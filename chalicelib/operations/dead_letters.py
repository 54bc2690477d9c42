"""Redriving and discarding dead letters, as an administrator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chalicelib.accounts import audit_log
from chalicelib.store import dead_letters
from chalicelib.store.dead_letters import Chosen, DeadLetter
from chalicelib.store.people import Person


def redrive(actor: Person | None, chosen: Chosen, limit: int | None = None) -> int:
    """Send dead letters to the queue of hits again; gives how many.

    :param chosen: `store.dead_letters.everything`, or what ``of_reason`` or ``with_ids`` there give.
    :param limit: at most how many; None: all.
    """
    number = dead_letters.redrive(chosen, limit)
    if number:
        audit_log.record(actor, "dead_letter.redrive", messages=str(number))
    return number


def discard(actor: Person | None, chosen: Chosen, limit: int | None = None) -> int:
    """Delete dead letters for good; gives how many. The parameters are those of :func:`redrive`."""
    number = dead_letters.discard(chosen, limit)
    if number:
        audit_log.record(actor, "dead_letter.discard", messages=str(number))
    return number


def count_by_reason(letters: Iterable[DeadLetter]) -> dict[str, int]:
    """How many of these there are of each reason, the most frequent first; ``""``: without one."""
    return dict(Counter(letter.reason for letter in letters).most_common())
