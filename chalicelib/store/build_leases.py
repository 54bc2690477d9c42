"""Leases for the builds of site-days, and the state of failed builds; in the table of dirty marks.

A lease saves work: pages that are opened at the same time do not all build the same day. Correctness does not depend on
it, because all writes of a build are conditional (docs/adr/0005). So a lease may end before its build does.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pynamodb.expressions.update import Action

from chalicelib.days import now_ms
from chalicelib.store import aws
from chalicelib.store.tables import BuildItem

# What partition keys begin with.
BUILDS: Final = "build#"
_BUCKETS = 4
_FIRST_PAUSE_MS = 60_000
_LONGEST_PAUSE_MS = 60 * 60_000
_REASON_CHARS = 500


@dataclass(frozen=True, slots=True)
class State:
    """The state of the builds of a site-day.

    :ivar until: end of the current lease, epoch ms; 0 if there is none.
    :ivar failures: consecutive failures.
    :ivar due: epoch ms before which it is not retried.
    """

    site_id: str
    day: date
    until: int = 0
    failures: int = 0
    due: int = 0

    def is_free(self, now: int) -> bool:
        """Whether a build may begin at `now` (epoch ms)."""
        return self.until <= now and self.due <= now


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease for the build of a site-day. `failures`: consecutive failures before."""

    site_id: str
    day: date
    owner: str
    failures: int


def acquire(site_id: str, day: date, life_ms: int) -> Lease | None:
    """A lease of a site-day for `life_ms`; None if another build has it."""
    now, owner = now_ms(), uuid.uuid4().hex
    item = BuildItem(bucket_of(site_id), _sort_key(site_id, day))
    if not aws.condition_met(
        lambda: item.update(
            actions=[BuildItem.until.set(now + life_ms), BuildItem.owner.set(owner)],
            condition=BuildItem.until.does_not_exist() | (BuildItem.until <= now),
        )
    ):
        return None
    return Lease(site_id, day, owner, int(item.failures or 0))


def succeed(lease: Lease) -> None:
    """The build has succeeded: delete the lease, unless another build has acquired one since."""
    aws.condition_met(
        lambda: BuildItem(bucket_of(lease.site_id), _sort_key(lease.site_id, lease.day)).delete(
            BuildItem.owner == lease.owner
        )
    )


def release(lease: Lease) -> None:
    """The build ended without success or failure of its own: it can be retried immediately."""
    if lease.failures:
        _update(lease, [BuildItem.until.set(0)])
    else:
        succeed(lease)


def fail(lease: Lease, reason: str) -> None:
    """The build has failed because of its data: it is retried with increasing delays."""
    failures = lease.failures + 1
    pause = min(_FIRST_PAUSE_MS << min(failures - 1, 20), _LONGEST_PAUSE_MS)
    actions = [
        BuildItem.until.set(0),
        BuildItem.failures.set(failures),
        BuildItem.due.set(now_ms() + pause),
        BuildItem.reason.set(reason[:_REASON_CHARS]),
    ]
    _update(lease, actions)


def delete(site_id: str, day: date) -> None:
    """Delete the state of a day that need not be built any more."""
    BuildItem(bucket_of(site_id), _sort_key(site_id, day)).delete()


def of_days(site_id: str, first: date, last: date) -> dict[date, State]:
    """The states of a site's days from `first` to `last`, both included."""
    keys = BuildItem.sk.between(_sort_key(site_id, first), _sort_key(site_id, last))
    return {state.day: state for state in map(_parse, BuildItem.query(bucket_of(site_id), keys))}


def all_states() -> Iterator[State]:
    """The states of all sites."""
    for bucket in range(_BUCKETS):
        for item in BuildItem.query(f"{BUILDS}{bucket}"):
            if item.sk[-1].isdigit():  # else it is no day, see `wake_ups`
                yield _parse(item)


def _update(lease: Lease, actions: Sequence[Action]) -> None:
    item = BuildItem(bucket_of(lease.site_id), _sort_key(lease.site_id, lease.day))
    aws.condition_met(lambda: item.update(actions=list(actions), condition=BuildItem.owner == lease.owner))


def bucket_of(site_id: str) -> str:
    """The partition key of a site."""
    return f"{BUILDS}{zlib.crc32(site_id.encode()) % _BUCKETS}"


def _sort_key(site_id: str, day: date) -> str:
    return f"{site_id}#{day.isoformat()}"


def _parse(item: BuildItem) -> State:
    site_id, day = item.sk.split("#")
    counts = (int(item.until or 0), int(item.failures or 0), int(item.due or 0))
    return State(site_id, date.fromisoformat(day), *counts)
