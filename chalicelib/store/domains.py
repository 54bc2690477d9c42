"""Whose a domain is: the active sites of a domain all belong to one person, in ``core`` beside the sites.

Events of the Plausible API name their site by its domain. Were a domain not one person's, others could make a site of
the same domain and take them. Whoever is first has it, until none of their sites there is active any more.
"""

from __future__ import annotations

from typing import Final

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.transactions import TransactWrite

from chalicelib.errors import Conflict
from chalicelib.store.sites import Site
from chalicelib.store.tables import CoreItem

_SK: Final = "sites"


class DomainItem(CoreItem):
    """The active sites of a domain, and whose they are."""

    owner = UnicodeAttribute(null=True)
    sites = UnicodeSetAttribute(null=True)


def take(transaction: TransactWrite, site: Site) -> None:
    """Let the domain be the site's owner's, in a transaction that fails if it is somebody else's."""
    owner = _owner(site)
    transaction.update(
        _item(site.domain),
        actions=[DomainItem.owner.set(owner), DomainItem.sites.add({site.id})],
        condition=DomainItem.sites.does_not_exist() | (DomainItem.owner == owner),
    )


def give_back(transaction: TransactWrite, site: Site) -> None:
    """Let the domain be the site's no more."""
    transaction.update(_item(site.domain), actions=[DomainItem.sites.delete({site.id})])


def taken() -> Conflict:
    """What to tell whoever may not have a domain."""
    return Conflict(
        "This domain belongs to an active site of somebody else here. Ask them or an administrator to archive it, "
        "or to give you access to it.",
        field="domain",
    )


def key_of(domain: str) -> str:
    """A domain as it is told from others: with and without ``www.`` it is the same."""
    return domain.removeprefix("www.")


def _item(domain: str) -> DomainItem:
    return DomainItem(f"domain#{key_of(domain)}", _SK)


def _owner(site: Site) -> str:
    return site.owner or site.id
