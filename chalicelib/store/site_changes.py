"""Making and changing sites: the site, whose it is, and whose its domain is, all at once or not at all."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import days
from chalicelib.errors import Conflict
from chalicelib.store import aws, domains, people, sites
from chalicelib.store.sites import Site, item_of, zones_of
from chalicelib.store.tables import CoreItem

_RACES: Final = 5
_REFUSED: Final = "ConditionalCheckFailed"


def add_site(site: Site, owner_id: str, most: int) -> Site:
    """Store a new site of a person, as it is stored then.

    :param most: how many sites a person may have.
    :raises Conflict: if its domain is somebody else's, or the person has so many sites already.
    """
    made = dataclasses.replace(site, owner=owner_id)
    if len(people.site_ids_of(owner_id, "owner")) >= most:
        raise Conflict(f"A person may have {most} sites here; archive or share what is there, or ask an administrator.")
    for _ in range(_RACES):
        try:
            with TransactWrite(connection=people.connection()) as transaction:
                transaction.save(item_of(made), CoreItem.pk.does_not_exist())
                transaction.save(people.membership(owner_id, made.id, "owner"))
                domains.take(transaction, made)
        except TransactWriteError as error:
            if not _refused(error):
                raise
            if _REFUSED in _codes(error):
                raise domains.taken() from error
            continue
        sites.forget(made.id)
        return made
    raise Conflict("Others are making sites of this domain just now; please try again.")


def change_site(site_id: str, changes: Mapping[str, object]) -> Site | None:
    """Set fields of a site, whatever else others change of it meanwhile; the site as it is then, None if there is none.

    Another zone holds for the days that have not begun.

    :raises Conflict: if its new domain, or that of a site that becomes active again, is somebody else's; or if others
        kept coming first.
    """
    for _ in range(_RACES):
        found = sites.read_with_version(site_id)
        if found is None:
            return None
        before, version = found
        changed: Site = dataclasses.replace(before, **changes)  # type: ignore[arg-type]
        if changed.timezone != before.timezone:
            calendar = before.calendar.changed(ZoneInfo(changed.timezone), days.now_ms())
            changed = dataclasses.replace(changed, zones=zones_of(calendar))
        try:
            with TransactWrite(connection=people.connection()) as transaction:
                transaction.save(item_of(changed, version + 1), CoreItem.version == version)
                _move(transaction, before, changed)
        except TransactWriteError as error:
            if not _refused(error):
                raise
            now = sites.read_with_version(site_id)
            if now is not None and now[1] == version:  # it was not the site that others came first to
                raise domains.taken() from error
            continue
        sites.forget(site_id)
        return changed
    raise Conflict("Others are changing this site just now; please try again.")


def _move(transaction: TransactWrite, before: Site, after: Site) -> None:
    """Take and give back domains as the change needs it; a site that had its domain before has it anyway."""
    had = domains.key_of(before.domain) if before.active else None
    has = domains.key_of(after.domain) if after.active else None
    if had != has and had is not None:
        domains.give_back(transaction, before)
    if had != has and has is not None:
        domains.take(transaction, after)


def _refused(error: TransactWriteError) -> bool:
    """Whether a condition was not met, or somebody else was at the same items."""
    return aws.transaction_canceled(error) and bool(_codes(error) & {_REFUSED, "TransactionConflict"})


def _codes(error: TransactWriteError) -> set[str]:
    return {str(reason.code) for reason in error.cancellation_reasons if reason is not None}
