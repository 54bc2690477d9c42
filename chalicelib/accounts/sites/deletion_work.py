"""The work of deleting sites, in the background: a function that is invoked for it and by a schedule.

1. *Removing*: what is stored under the keys of the site is deleted, page by page.
2. *Waiting*: functions that had begun before may still store something, until their time is over.
3. *Checking*: all tables and the bucket are looked through. What is found is deleted, and they are looked through
   again, until nothing is found. What remains is the receipt.

It can be stopped at any moment, and goes on at the next invocation. What is about to be deleted is counted and noted
before, so that nothing is counted twice or not at all.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

from chalicelib import config
from chalicelib.store import deletions, job_runs, site_data
from chalicelib.store.deletions import LEASE_S, Deletion, TakenOver, Work
from chalicelib.store.site_data import Page
from chalicelib.store.site_kinds import OTHER, Found, kind_of
from chalicelib.structured_log import log_line

log = logging.getLogger("shylight")

# Nothing is begun with less time left than this; the next run goes on.
_RESERVE_MS: Final = 30_000
# How often the place is saved while nothing is found; less than the lease.
_SAVE_S: Final = 10.0


class _Part(NamedTuple):
    """A part of the work.

    :ivar pages: finds what the part deletes, from where an earlier run stopped.
    :ivar percent: how much of the whole work is done after it.
    """

    name: str
    pages: Callable[[str, Mapping[str, str]], Iterator[Page]]
    percent: int


# Salts come first, because only they can link visitors to addresses, and files after the hits, because they name the
# days that have any.
_REMOVING: Final = (
    _Part("salts", partial(site_data.scan, "salts"), 5),
    _Part("hits", site_data.hits, 60),
    _Part("marks", site_data.marks, 65),
    _Part("rollups", site_data.rollups, 75),
    _Part("files", site_data.files, 80),
    _Part("people", partial(site_data.scan, "core"), 85),
)
_CHECKING: Final = (
    _Part("files", site_data.files, 86),
    *(_Part(table, partial(site_data.scan, table), 88 + 2 * number) for number, table in enumerate(site_data.TABLES)),
)
_DONE: Final = 100


def run(context: Any) -> int:
    """Work on all deletions as far as the time allows; returns how many are done now that were not before.

    :param context: of the invocation, for the remaining time.
    :raises RuntimeError: at the end, if any failed, so that the alarm is triggered; the next run tries it again.
    """
    with job_runs.recorded("delete_sites"):
        return _run(context)


def _run(context: Any) -> int:
    done = left = failed = 0
    unfinished = [deletion for deletion in deletions.every() if deletion.state != "done"]
    for number, deletion in enumerate(unfinished):
        try:
            after = _Run(deletion, _share_of_time(context, len(unfinished) - number)).go_on()
        except TakenOver:
            left += 1
        except Exception:
            log.exception("could not delete site %s", deletion.site_id)  # the others need not wait for it
            failed += 1
        else:
            done += after.state == "done"
            left += after.state != "done"
    log_line(job="delete_sites", done=done, left=left, failed=failed)
    if failed:
        raise RuntimeError(f"{failed} sites could not be deleted; the log has the reasons")
    return done


def _share_of_time(context: Any, parts: int) -> Callable[[], bool]:
    """Whether there is time left of an equal share, so that a large site does not keep small ones waiting."""
    until = time.monotonic() + (context.get_remaining_time_in_millis() - _RESERVE_MS) / parts / 1000
    return lambda: time.monotonic() < until and context.get_remaining_time_in_millis() > _RESERVE_MS


class _Run:
    """One run of the work on a deletion."""

    def __init__(self, deletion: Deletion, has_time: Callable[[], bool]) -> None:
        self._deletion = deletion
        self._site_id = deletion.site_id
        self._has_time = has_time
        self._saved = 0.0

    def go_on(self) -> Deletion:
        """Go on from where the work is, until it is done, has to wait, or the time is over."""
        if self._work.lease > time.time():
            raise TakenOver(self._site_id)
        self._save()
        site_data.delete(self._site_id, site_data.from_json(self._work.pending))
        self._work_on(pending="[]")
        if self._deletion.state == "removing" and self._walk(_REMOVING):
            self._save(state="waiting")
        if self._deletion.state == "waiting" and time.time() >= self._deletion.began + config.DELETION_SETTLE_S:
            self._save(state="checking")
        if self._deletion.state == "checking" and self._check():
            done = replace(self._deletion, state="done", percent=_DONE, finished=int(time.time()), work=None)
            self._deletion = deletions.save(done)
        else:
            self._work_on(lease=0)
            self._deletion = deletions.save(self._deletion)
        return self._deletion

    def _check(self) -> bool:
        """Look through everything until nothing is found; False if the time was over before."""
        while self._walk(_CHECKING):
            if not self._work.late:
                return True
            self._work_on(late=0)
            self._save()
        return False

    def _walk(self, parts: Sequence[_Part]) -> bool:
        """Find and delete what the parts find, from where an earlier run stopped; False if the time was over before."""
        names = [part.name for part in parts]
        begin = names.index(self._work.part) if self._work.part else 0
        for number in range(begin, len(parts)):
            part, before = parts[number], parts[number - 1].percent if number else self._deletion.percent
            after = self._work.after if self._work.part == part.name else {}
            for page in part.pages(self._site_id, after):
                if not self._has_time():
                    return False
                self._delete(page.found, before + int((part.percent - before) * page.share))
                self._work_on(part=part.name, after=page.place)
            # Only now: a run that stopped at the end of the part would begin with it again.
            self._work_on(part=names[number + 1] if number + 1 < len(parts) else "", after={})
        return True

    def _delete(self, found: Sequence[Found], percent: int) -> None:
        """Count and note what was found, then delete it."""
        percent = max(percent, self._deletion.percent)
        if not found:
            if time.monotonic() - self._saved > _SAVE_S:
                self._save(percent=percent)
            return
        kinds = Counter(kind_of(self._site_id, one) or OTHER for one in found)
        late = self._work.late + len(found) if self._deletion.state == "checking" else 0
        self._work_on(pending=site_data.as_json(found), late=late)
        self._save(percent=percent, removed=dict(Counter(self._deletion.removed) + kinds))
        site_data.delete(self._site_id, found)
        self._work_on(pending="[]")

    @property
    def _work(self) -> Work:
        return self._deletion.work or Work()

    def _work_on(self, **changes: Any) -> None:
        """Note how far the work is; stored by the next save."""
        self._deletion = replace(self._deletion, work=replace(self._work, **changes))

    def _save(self, **changes: Any) -> None:
        """Store the state, and take or renew the lease."""
        self._work_on(lease=int(time.time()) + LEASE_S)
        self._deletion = deletions.save(replace(self._deletion, **changes))
        self._saved = time.monotonic()
