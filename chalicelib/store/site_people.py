"""The people of a site and their roles, in ``core``.

================  ==============  =============================================================================
pk                sk              holds
================  ==============  =============================================================================
``site#<id>``     ``people``      the roles of all people of the site, by person id
``person#<id>``   ``site#<id>``   the same role once more, for access and for the list of a person's sites
================  ==============  =============================================================================

Both are written in one transaction, on the condition that the first has not changed since it was read. So of two
changes at the same time one is decided again, and two owners cannot remove each other. See docs/adr/0038.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from pynamodb.transactions import TransactWrite

from chalicelib.store import people
from chalicelib.store.people import ROLES, Person, Role
from chalicelib.store.sites import Site
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import transact

_PEOPLE: Final = "people"


@dataclass(frozen=True, slots=True)
class SitePeople:
    """The people of a site at one moment.

    :ivar roles: by person id.
    :ivar version: of the stored item, for optimistic locking; 0 if it is not stored yet.
    """

    site_id: str
    roles: Mapping[str, Role]
    version: int = 0

    def changed(self, person_id: str, role: Role | None) -> SitePeople:
        """The people after a person was given a role, or was removed (None)."""
        roles = {one: kept for one, kept in self.roles.items() if one != person_id}
        if role is not None:
            roles[person_id] = role
        return dataclasses.replace(self, roles=roles, version=self.version + 1)


def read(site: Site, *concerned: str) -> SitePeople:
    """The people of a site, read consistently.

    Sites that were created before the item existed have the memberships of their people only. So the membership of the
    owner that the site names is read, too; the next change stores it.

    :param concerned: ids of people whose membership is read, if the item does not list them: who asks, and whom a
        change is about.
    """
    try:
        item = CoreItem.get(*_key(site.id), consistent_read=True)
    except CoreItem.DoesNotExist:
        item = None
    roles = _roles(item) if item is not None else {}
    for person_id in concerned if item is not None else (site.owner, *concerned):
        role = people.direct_role_in(person_id, site.id) if person_id and person_id not in roles else None
        if role is not None:
            roles[person_id] = role
    return SitePeople(site.id, roles, int(item.version) if item is not None else 0)


def write(before: SitePeople, person_id: str, role: Role | None) -> bool:
    """Give a person a role, or remove them (None); False if somebody changed the people since `before` was read."""
    return transact(saving(before, person_id, role))


def saving(before: SitePeople, person_id: str, role: Role | None) -> Callable[[TransactWrite], None]:
    """What :func:`write` does, for a transaction, which fails if somebody changed the people since."""
    membership = people.membership(person_id, before.site_id, role or "viewer")
    unchanged = CoreItem.version == before.version if before.version else CoreItem.pk.does_not_exist()

    def save(transaction: TransactWrite) -> None:
        transaction.save(item_of(before.changed(person_id, role)), unchanged)
        if role is None:
            transaction.delete(membership)
        else:
            transaction.save(membership)

    return save


def item_of(site_people: SitePeople) -> CoreItem:
    """The item that holds the people of a site, for writing it together with others."""
    return CoreItem(
        *_key(site_people.site_id),
        body=json.dumps({"roles": dict(site_people.roles)}, sort_keys=True),
        version=site_people.version,
    )


def profiles(site_people: SitePeople) -> list[tuple[Person, Role]]:
    """The people with their roles, by e-mail address; without those whose account is gone."""
    found = people.get_people(site_people.roles)
    return sorted(((one, site_people.roles[one.id]) for one in found), key=lambda each: each[0].email.casefold())


def _key(site_id: str) -> tuple[str, str]:
    return f"site#{site_id}", _PEOPLE


def _roles(item: CoreItem) -> dict[str, Role]:
    stored = json.loads(item.body or "{}").get("roles", {})
    return {person_id: cast(Role, role) for person_id, role in stored.items() if role in ROLES}
