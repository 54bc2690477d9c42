"""Removing everything of people whose account was deleted: in the request that deletes it, and by a schedule.

It can be stopped at any moment, and begins again: what is removed is not found any more.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from chalicelib import config
from chalicelib.accounts.people.kinds import kind_of
from chalicelib.store import people, person_data, person_deletions
from chalicelib.store.person_deletions import PersonDeletion
from chalicelib.structured_log import log_line

log = logging.getLogger("shylight")

# How often a run searches the table until it finds nothing.
_SEARCHES: Final = 3


class Undeclared(Exception):
    """Items that name a person and are of no declared kind; their keys."""


def finish_all() -> int:
    """Go on with all deletions; gives how many are done now that were not before.

    A deletion is done when nothing is found any more, and requests that had begun before it are over.

    :raises RuntimeError: at the end, if any failed, so that the alarm is triggered; the next run tries it again.
    """
    done = left = failed = 0
    for deletion in person_deletions.unfinished():
        try:
            finished = _finish(deletion)
        except Exception:
            log.exception("could not delete person %s", deletion.person_id)  # the others need not wait for it
            failed += 1
        else:
            done += finished
            left += not finished
    if done or left or failed:
        log_line(job="delete_people", done=done, left=left, failed=failed)
    if failed:
        raise RuntimeError(f"{failed} people could not be deleted; the log has the reasons")
    return done


def remove_own(deletion: PersonDeletion) -> None:
    """Remove what is under the keys of the person and their addresses, and what can be reached from there."""
    for item in person_data.own(deletion.person_id, deletion.addresses):
        kind = kind_of(deletion.person_id, item)
        if kind is not None:
            kind.remove(deletion, item)
        elif item.pk == people.partition(deletion.person_id):  # of another version: it is nobody else's
            person_data.delete(item)


def _finish(deletion: PersonDeletion) -> bool:
    settled = time.time() >= deletion.began + config.PERSON_DELETION_SETTLE_S
    remove_own(deletion)
    searches = (_remove_all(deletion) for _ in range(_SEARCHES))
    if 0 not in searches or not settled:
        return False
    person_deletions.finish(deletion)
    return True


def _remove_all(deletion: PersonDeletion) -> int:
    """Look through the table for what names the person, and remove it; gives how much it was.

    :raises Undeclared: if something is of no declared kind. Everything else has been removed by then.
    """
    removed, unknown = 0, []
    for item in person_data.naming(deletion.person_id, deletion.addresses):
        kind = kind_of(deletion.person_id, item)
        if kind is None:
            unknown.append(f"{item.pk} {item.sk}")
        else:
            removed += kind.remove(deletion, item)
    if unknown:
        raise Undeclared(", ".join(unknown))
    return removed
