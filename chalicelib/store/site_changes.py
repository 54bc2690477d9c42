"""Creating and changing sites, in transactions with their memberships and domains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import days
from chalicelib.errors import Conflict
from chalicelib.store import aws, domains, people, site_people, sites
from chalicelib.store.site_people import SitePeople
from chalicelib.store.sites import Site, item_of, zones_of
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import connection, transact

_RACES: Final = 5
_CONDITION_FAILED: Final = "ConditionalCheckFailed"


def add_site(site: Site, owner_id: str, most: int) -> Site:
    """Store a new site of a person; returns it as stored, or as it is if it was stored before.

    :param most: how many sites a person may have.
    :raises Conflict: if the domain belongs to another person, or the person has too many sites.
    """
    made = dataclasses.replace(site, owner=owner_id)
    if len(people.site_ids_of(owner_id, "owner")) >= most:
        raise Conflict(f"You have reached the limit of {most} sites. Ask an administrator to raise it.")
    for _ in range(_RACES):
        try:
            with TransactWrite(connection=connection()) as transaction:
                transaction.save(item_of(made), CoreItem.pk.does_not_exist())
                transaction.save(people.membership(owner_id, made.id, "owner"))
                transaction.save(site_people.item_of(SitePeople(made.id, {owner_id: "owner"}, 1)))
                domains.claim(transaction, made)
        except TransactWriteError as error:
            if not aws.transaction_refused(error):
                raise
            if _CONDITION_FAILED in aws.cancellation_codes(error):
                present = sites.get_site(made.id)
                if present is None:
                    raise domains.taken() from error
                return present
            continue
        sites.forget(made.id)
        return made
    raise Conflict("Other sites with this domain are being created; please try again.")


def change_site(site_id: str, changes: Mapping[str, object]) -> Site | None:
    """Set fields of a site, with retries on concurrent changes; returns the changed site, None if there is none.

    A new time zone applies to days that have not begun.

    :raises Conflict: if the domain belongs to another person, or concurrent changes were faster several times.
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
            with TransactWrite(connection=connection()) as transaction:
                transaction.save(item_of(changed, version + 1), CoreItem.version == version)
                _move(transaction, before, changed)
        except TransactWriteError as error:
            if not aws.transaction_refused(error):
                raise
            now = sites.read_with_version(site_id)
            if now is not None and now[1] == version:  # the site has not changed, so it was the domain
                raise domains.taken() from error
            continue
        sites.forget(site_id)
        return changed
    raise Conflict("This site is being changed by someone else; please try again.")


def leave(site_id: str, person_id: str) -> None:
    """Take a person, whose account is deleted, out of a site: as one of its people, and as its owner.

    A site without another owner gets one: the person with the highest role. Without other people, it stays with the
    administrators of the installation.

    :raises Conflict: if concurrent changes were faster several times.
    """
    for _ in range(_RACES):
        found = sites.read_with_version(site_id)
        if found is None or _is_left(*found, person_id):
            return
    raise Conflict("This site is being changed by someone else; please try again.")


def _is_left(site: Site, version: int, person_id: str) -> bool:
    """Take the next step to leave; whether it was the last one."""
    before = site_people.read(site, person_id)
    others = {one: role for one, role in before.roles.items() if one != person_id}
    owners = sorted(one for one, role in others.items() if role == "owner")
    if others and not owners:
        heir = min(others, key=lambda one: (people.ROLES.index(others[one]), one))
        site_people.write(before, heir, "owner")
        return False
    if person_id in before.roles and not site_people.write(before, person_id, None):
        return False
    return site.owner != person_id or _hand_over(site, version, owners[0] if owners else "")


def _hand_over(site: Site, version: int, heir: str) -> bool:
    """Replace the owner that a site names, who owns its domain, too; False if something changed meanwhile.

    All active sites of a domain have one owner: if another site has handed the domain over already, its owner.
    """
    of_domain = domains.owner_of(site.domain) if site.active else ""
    changed = dataclasses.replace(site, owner=of_domain if of_domain not in ("", site.owner) else heir)

    def change(transaction: TransactWrite) -> None:
        transaction.save(item_of(changed, version + 1), CoreItem.version == version)
        if of_domain == site.owner:
            domains.replace_owner(transaction, changed, site.owner)

    if not transact(change):
        return False
    sites.forget(site.id)
    return True


def _move(transaction: TransactWrite, before: Site, after: Site) -> None:
    """Claim and release domains as the change requires."""
    had = domains.key_of(before.domain) if before.active else None
    has = domains.key_of(after.domain) if after.active else None
    if had != has and had is not None:
        domains.release(transaction, before)
    if had != has and has is not None:
        domains.claim(transaction, after)
