"""Deletions of sites: one item in ``core`` for each, which is the state of the work, and afterwards the receipt.

The item is written in the transaction that deletes the site itself, so that there is no moment without either. While
the work goes on, each step is saved before it is done, on the condition that nobody else has saved since: of two
functions that work on the same deletion, one stops. When the work is done, what is left is the receipt.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from pynamodb.transactions import TransactWrite

from chalicelib import config
from chalicelib.errors import Conflict, Unavailable
from chalicelib.store import aws, domains, functions, sites
from chalicelib.store.sites import Site
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import transact
from chalicelib.structured_log import log_line
from chalicelib.timed_cache import TimedCache

State = Literal["removing", "waiting", "checking", "done"]
# The partition of deletions and receipts, which are what remains of a site or person that was deleted.
RECEIPT: Final = "deletion"
# A function that has not saved for this time is taken to be dead.
LEASE_S: Final = 60
_KNOWN_S: Final = 600.0
# What sort keys of the deletions of people begin with, after all ids of sites; see `store.person_deletions`.
PERSON: Final = "person#"

_deleted: TimedCache[str, bool] = TimedCache()


class TakenOver(Exception):
    """Another function works on this deletion."""


@dataclass(frozen=True, slots=True)
class Work:
    """How far the work is; nothing of it stays in the receipt.

    :ivar part: what is being removed or checked, and the place in it to go on `after`, see `site_data.Page`.
    :ivar pending: what has been counted and may not be deleted yet, see `site_data.as_json`.
    :ivar late: how much the current check has found.
    :ivar lease: epoch seconds until which a function works on it.
    """

    part: str = ""
    after: Mapping[str, str] = field(default_factory=dict)
    pending: str = "[]"
    late: int = 0
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Deletion:
    """The deletion of a site.

    :ivar by: the id of the person who began it; :ivar owners: the ids of all owners the site had.
    :ivar began: epoch seconds; :ivar finished: the same, 0 while it is not done.
    :ivar percent: roughly how much is done.
    :ivar removed: how many items and objects were deleted, by kind, see `site_kinds.KINDS`.
    :ivar version: of the stored item.
    """

    site_id: str
    name: str
    domain: str
    by: str
    owners: tuple[str, ...]
    began: int
    state: State = "removing"
    finished: int = 0
    percent: int = 0
    removed: Mapping[str, int] = field(default_factory=dict)
    work: Work | None = field(default_factory=Work)
    version: int = 1


def begin(site: Site, version: int, deletion: Deletion) -> bool:
    """Delete a site itself and store its deletion; False if the site or its domain changed meanwhile.

    :param version: of the site's item, as it was read.
    """

    def change(transaction: TransactWrite) -> None:
        transaction.save(_item(deletion), CoreItem.pk.does_not_exist())
        transaction.delete(sites.item_of(site), CoreItem.version == version)
        domains.remove(transaction, site)

    if not transact(change):
        return False
    sites.forget(site.id)
    return True


def start_function() -> None:
    """Invoke the function that does the work; if that fails, its schedule begins within 5 minutes."""
    try:
        functions.start(config.settings().delete_sites, "A site is to be deleted")
    except Unavailable as error:
        log_line(deletion="not started", error=error.message)


def get(site_id: str) -> Deletion | None:
    """The deletion of a site, or None if it was not deleted, or the receipt has expired."""
    try:
        return _parse(CoreItem.get(RECEIPT, site_id, consistent_read=True))
    except CoreItem.DoesNotExist:
        return None


def is_deleted(site_id: str) -> bool:
    """Whether a site that does not exist has been deleted: for the worker, which drops its hits."""
    return _deleted.get(site_id, lambda: get(site_id) is not None, _KNOWN_S)


def every() -> list[Deletion]:
    """All deletions, the latest first."""
    found = map(_parse, CoreItem.query(RECEIPT, CoreItem.sk < PERSON, consistent_read=True))
    return sorted(found, key=lambda deletion: (-deletion.began, deletion.site_id))


def save(deletion: Deletion) -> Deletion:
    """Store a deletion that was read and changed; as stored.

    :raises TakenOver: if it was changed since it was read.
    """
    stored = dataclasses.replace(deletion, version=deletion.version + 1)
    if not aws.condition_met(lambda: _item(stored).save(CoreItem.version == deletion.version)):
        raise TakenOver(deletion.site_id)
    return stored


def changing() -> Conflict:
    """The error for a site that others are changing."""
    return Conflict("This site is being changed by someone else; please try again.")


def _item(deletion: Deletion) -> CoreItem:
    body = {name: value for name, value in dataclasses.asdict(deletion).items() if name not in ("site_id", "version")}
    expires = deletion.finished + config.DELETION_RECEIPT_S if deletion.finished else None
    text = json.dumps(body, sort_keys=True)
    return CoreItem(RECEIPT, deletion.site_id, body=text, version=deletion.version, expires=expires)


def _parse(item: CoreItem) -> Deletion:
    body: dict[str, Any] = json.loads(item.body or "{}")
    work = body.get("work")
    return Deletion(
        site_id=item.sk,
        name=body["name"],
        domain=body["domain"],
        by=body["by"],
        owners=tuple(body["owners"]),
        began=body["began"],
        state=cast(State, body["state"]),
        finished=body["finished"],
        percent=body["percent"],
        removed=body["removed"],
        work=Work(**work) if work else None,
        version=int(item.version),
    )
