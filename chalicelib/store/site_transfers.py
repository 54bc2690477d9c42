"""Offers of a site to another owner, in ``core``; they expire.

===================  ==================  ===========================================================
pk                   sk                  holds
===================  ==================  ===========================================================
``site#<id>``        ``transfer``        the offer; a site has one at a time
``email#<address>``  ``transfer#<id>``   that the site is offered to the person with this address
===================  ==================  ===========================================================

An offer is made to an address, whether somebody has an account with it or not, so that it does not tell.
"""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass
from typing import Any, Final

from pynamodb.transactions import TransactWrite

from chalicelib.store import domains, people, site_people, sites
from chalicelib.store.people import Person
from chalicelib.store.site_people import SitePeople
from chalicelib.store.sites import Site
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import transact

_SK: Final = "transfer"


@dataclass(frozen=True, slots=True)
class Transfer:
    """An offer.

    :ivar email: of the person to whom the site is offered.
    :ivar giver: id of the owner who gives the site away; :ivar offered_by: of the person who made the offer.
    :ivar offered_at, expires: epoch seconds.
    """

    site_id: str
    email: str
    giver: str
    offered_by: str
    offered_at: int
    expires: int


def get(site_id: str) -> Transfer | None:
    """The offer of a site, unless it has expired."""
    try:
        found = _parse(CoreItem.get(*_key(site_id), consistent_read=True))
    except CoreItem.DoesNotExist:
        return None
    return found if found.expires > time.time() else None


def offered_to(email: str) -> list[Transfer]:
    """The offers to an address, the latest first."""
    pointers = CoreItem.query(_of_address(email), CoreItem.sk.startswith(f"{_SK}#"), consistent_read=True)
    found = [get(item.sk.removeprefix(f"{_SK}#")) for item in pointers]
    ours = [one for one in found if one is not None and _same(one.email, email)]
    return sorted(ours, key=lambda one: (-one.offered_at, one.site_id))


def put(offer: Transfer, before: Transfer | None) -> bool:
    """Store an offer in place of `before`, the present one; False if that has changed meanwhile."""

    def change(transaction: TransactWrite) -> None:
        transaction.save(_item(offer), _unchanged(before) if before else _none())
        transaction.save(_pointer(offer))
        if before is not None and not _same(before.email, offer.email):
            transaction.delete(_pointer(before))

    return transact(change)


def remove(offer: Transfer) -> bool:
    """Delete an offer; False if it has changed meanwhile."""

    def change(transaction: TransactWrite) -> None:
        transaction.delete(_item(offer), _unchanged(offer))
        transaction.delete(_pointer(offer))

    return transact(change)


def accept(offer: Transfer, site: Site, version: int, before: SitePeople, receiver: Person, *, whole: bool) -> bool:
    """Make `receiver` an owner of the site and the giver an admin; False if something changed meanwhile.

    :param site: with `version`, as it was read; :param before: its people, as they were read.
    :param whole: whether the domain, and what the site counts towards, go along.
    """
    after = before.changed(receiver.id, "owner").changed(offer.giver, "admin")
    after = dataclasses.replace(after, version=before.version + 1)
    unchanged = CoreItem.version == before.version if before.version else CoreItem.pk.does_not_exist()
    changed = dataclasses.replace(site, owner=receiver.id) if whole else site

    def change(transaction: TransactWrite) -> None:
        transaction.save(sites.item_of(changed, version + 1), CoreItem.version == version)
        transaction.save(site_people.item_of(after), unchanged)
        transaction.save(people.membership(receiver.id, site.id, "owner"))
        transaction.save(people.membership(offer.giver, site.id, "admin"))
        transaction.delete(_item(offer), _unchanged(offer))
        transaction.delete(_pointer(offer))
        if whole and site.active:
            domains.hand_over(transaction, site, receiver.id)

    if not transact(change):
        return False
    sites.forget(site.id)
    return True


def _item(offer: Transfer) -> CoreItem:
    body = {name: value for name, value in dataclasses.asdict(offer).items() if name != "site_id"}
    return CoreItem(*_key(offer.site_id), body=json.dumps(body, sort_keys=True), expires=offer.expires)


def _pointer(offer: Transfer) -> CoreItem:
    return CoreItem(_of_address(offer.email), f"{_SK}#{offer.site_id}", expires=offer.expires)


def _parse(item: CoreItem) -> Transfer:
    return Transfer(item.pk.removeprefix("site#"), **json.loads(item.body or "{}"))


def _unchanged(offer: Transfer) -> Any:
    return CoreItem.body == _item(offer).body


def _none() -> Any:
    return CoreItem.pk.does_not_exist() | (CoreItem.expires <= int(time.time()))


def _key(site_id: str) -> tuple[str, str]:
    return f"site#{site_id}", _SK


def _of_address(email: str) -> str:
    return f"email#{email.casefold()}"


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
