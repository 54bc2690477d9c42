"""Looking at dead letters, redriving and discarding them, as an administrator."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import audit_log
from chalicelib.config import DEAD_LETTERS_LOOK_S, MAX_DEAD_LETTERS_SHOWN
from chalicelib.errors import BadRequest, NotFound
from chalicelib.store import dead_letters
from chalicelib.store.dead_letters import Chosen, DeadLetter
from chalicelib.store.people import Person
from chalicelib.translation import N_
from chalicelib.translation import gettext as _

# Reasons (`errors.Poison`) -> what they mean, and what to do. ``""``: without one, see `store.dead_letters.DeadLetter`.
REASONS: Final[Mapping[str, str]] = {
    "": N_("The worker failed for hours and SQS gave up. Redrive them once the worker runs without errors."),
    "no_such_site": N_("The site did not exist when the hit came. If it has been created or restored since, redrive."),
    "not_an_event": N_("The message does not contain hits as this version reads them."),
    "not_json": N_("The message is not JSON. Something else than Shylight wrote to the queue."),
    "unknown_version": N_("A newer version of Shylight wrote the message. Deploy that version, then redrive."),
    "unreadable": N_("The hit could not be enriched because of an error. Redrive after an update that corrects it."),
    "unstorable": N_("DynamoDB refused the hit, as the detail says. Redrive after an update that corrects it."),
}


@dataclass(frozen=True, slots=True)
class Look:
    """The dead letters that were found.

    :ivar letters: the oldest first, at most :data:`MAX_DEAD_LETTERS_SHOWN`.
    :ivar messages: how many there are, as SQS estimates it.
    :ivar hidden: how many of these somebody else is working on; they are not among `letters`.
    """

    letters: tuple[DeadLetter, ...]
    messages: int
    hidden: int

    @property
    def reasons(self) -> dict[str, int]:
        """How many of the letters there are of each reason, the most frequent first."""
        return count_by_reason(self.letters)


def look() -> Look:
    """Look at the dead letters; all of them stay on the queue."""
    before = dead_letters.count()
    found = tuple(dead_letters.peek(MAX_DEAD_LETTERS_SHOWN, DEAD_LETTERS_LOOK_S)) if before.visible else ()
    return Look(found, max(len(found), before.visible) + before.hidden, before.hidden)


def find(letter_id: str) -> DeadLetter:
    """The dead letter with this id.

    :raises NotFound: if it is not on the queue, or somebody is working on it.
    """
    found = dead_letters.find(letter_id, DEAD_LETTERS_LOOK_S)
    if found is None:
        raise NotFound(_("There is no such dead letter. If somebody is working on it, try again in 2 minutes."))
    return found


def choose(ids: Iterable[str] | None = None, reason: str | None = None) -> Chosen:
    """The dead letters with these ids, or of this reason, or all, if both are None.

    :raises BadRequest: if no id is given, or both.
    """
    if ids is None:
        return dead_letters.everything if reason is None else dead_letters.of_reason(reason)
    wanted = list(ids)
    if reason is not None:
        raise BadRequest(_("Choose dead letters by their ids or by their reason, not by both."), field="reason")
    if not wanted:
        raise BadRequest(_("Choose at least one dead letter."), field="ids")
    return dead_letters.with_ids(wanted)


def redrive(actor: Person | None, chosen: Chosen, limit: int | None = None, seconds: float = math.inf) -> int:
    """Send dead letters to the queue of hits again; gives how many.

    :param chosen: what :func:`choose` gives.
    :param limit: at most how many; None: all.
    :param seconds: after this time, the others are left, for another call.
    """
    number = dead_letters.redrive(chosen, limit, seconds)
    if number:
        audit_log.record(actor, "dead_letter.redrive", messages=str(number))
    return number


def discard(actor: Person | None, chosen: Chosen, limit: int | None = None, seconds: float = math.inf) -> int:
    """Delete dead letters for good; gives how many. The parameters are those of :func:`redrive`."""
    number = dead_letters.discard(chosen, limit, seconds)
    if number:
        audit_log.record(actor, "dead_letter.discard", messages=str(number))
    return number


def count_by_reason(letters: Iterable[DeadLetter]) -> dict[str, int]:
    """How many of these there are of each reason, the most frequent first; ``""``: without one."""
    return dict(Counter(letter.reason for letter in letters).most_common())
