"""The owner of a domain: all active sites of a domain belong to one person. Stored in ``core``.

The Plausible API names sites by domain. Without this rule, another person could create a site with the same domain and
receive its events. The first owner keeps the domain as long as one of their sites with it is active.
"""

from __future__ import annotations

from typing import Final

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.errors import Conflict
from chalicelib.store import aws
from chalicelib.store.sites import Site
from chalicelib.store.tables import CoreItem

_SK: Final = "sites"


class DomainItem(CoreItem):
    """The active sites of a domain, and their owner."""

    owner = UnicodeAttribute(null=True)
    sites = UnicodeSetAttribute(null=True)


def claim(transaction: TransactWrite, site: Site) -> None:
    """Claim the domain for the site's owner; the transaction fails if another person has it."""
    owner = _owner(site)
    transaction.update(
        _item(site.domain),
        actions=[DomainItem.owner.set(owner), DomainItem.sites.add({site.id})],
        condition=DomainItem.sites.does_not_exist() | (DomainItem.owner == owner),
    )


def release(transaction: TransactWrite, site: Site) -> None:
    """Release the domain for this site."""
    transaction.update(_item(site.domain), actions=[DomainItem.sites.delete({site.id})])


def owner_of(domain: str) -> str:
    """The owner of a domain, or ``""``."""
    item = _item(domain)
    try:
        return DomainItem.get(item.pk, item.sk, consistent_read=True).owner or ""
    except DomainItem.DoesNotExist:
        return ""


def replace_owner(transaction: TransactWrite, site: Site, before: str) -> None:
    """Make the owner of a changed site the owner of its domain; the transaction fails if that was not `before`."""
    transaction.update(
        _item(site.domain), actions=[DomainItem.owner.set(_owner(site))], condition=DomainItem.owner == before
    )


def disown(domain_partition: str, person_id: str) -> bool:
    """Delete what is left of a domain that a person had, if it has no active site; whether it was deleted.

    Active sites hand their domain over themselves, see `site_changes.leave`.
    """
    condition = (DomainItem.owner == person_id) & DomainItem.sites.does_not_exist()
    return aws.condition_met(lambda: DomainItem(domain_partition, _SK).delete(condition))


def hand_over(transaction: TransactWrite, site: Site, owner: str) -> None:
    """Give the domain to another person, together with the site; the transaction fails if other sites have it, too."""
    transaction.update(
        _item(site.domain),
        actions=[DomainItem.owner.set(owner)],
        condition=(DomainItem.owner == _owner(site)) & (DomainItem.sites == {site.id}),
    )


def is_shared(site: Site) -> bool:
    """Whether other active sites have the domain of this one, too."""
    item = _item(site.domain)
    try:
        found = DomainItem.get(item.pk, item.sk, consistent_read=True)
    except DomainItem.DoesNotExist:
        return False
    return bool(set(found.sites or ()) - {site.id})


def remove(transaction: TransactWrite, site: Site) -> None:
    """Release the domain for a site that is being deleted, and delete its item if no other site needs it.

    The transaction fails if the sites of the domain change meanwhile.
    """
    item = _item(site.domain)
    try:
        found = DomainItem.get(item.pk, item.sk, consistent_read=True)
    except DomainItem.DoesNotExist:
        return
    if not found.sites:
        transaction.delete(item, DomainItem.sites.does_not_exist())
    elif found.sites == {site.id}:
        transaction.delete(item, DomainItem.sites == {site.id})
    elif site.id in found.sites:
        release(transaction, site)


def taken() -> Conflict:
    """The error for a domain that belongs to another person."""
    return Conflict(
        "This domain belongs to an active site of another person. Ask them or an administrator to archive it, "
        "or to give you access to it.",
        field="domain",
    )


def key_of(domain: str) -> str:
    """The key of a domain: the same with and without ``www.``."""
    return domain.removeprefix("www.")


def _item(domain: str) -> DomainItem:
    return DomainItem(f"domain#{key_of(domain)}", _SK)


def _owner(site: Site) -> str:
    return site.owner or site.id
