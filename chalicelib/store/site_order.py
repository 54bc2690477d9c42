"""The order in which a person wants to see their sites, and their favourites: one item of the person, in ``core``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from chalicelib.errors import Conflict
from chalicelib.store import aws
from chalicelib.store.people import partition
from chalicelib.store.tables import CoreItem

SK: Final = "site-order"
_RACES: Final = 5


@dataclass(frozen=True, slots=True)
class SiteOrder:
    """A person's favourites, and the sites that they have given a place; both in order, by id.

    :ivar places: the sites that stand first among the favourites, and among the others; the rest follows by name.
    :ivar version: of the stored item; 0 if there is none.
    """

    favourites: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    version: int = 0


def read(person_id: str) -> SiteOrder:
    """The order of a person; empty if they have not chosen any."""
    try:
        item = CoreItem.get(partition(person_id), SK, consistent_read=True)
    except CoreItem.DoesNotExist:
        return SiteOrder()
    return _parse(item)


def write(person_id: str, order: SiteOrder) -> None:
    """Store an order that was read and changed.

    :raises Conflict: if it was changed elsewhere since it was read.
    """
    if not _store(partition(person_id), order):
        raise Conflict("The order of your sites was changed elsewhere; please try again.")


def take_out(person_partition: str, _sk: str, site_id: str) -> None:
    """Remove a site from the order of a person.

    :raises Conflict: if the order kept being changed at the same time.
    """
    for _ in range(_RACES):
        try:
            order = _parse(CoreItem.get(person_partition, SK, consistent_read=True))
        except CoreItem.DoesNotExist:
            return
        if site_id not in order.favourites and site_id not in order.places:
            return
        places = tuple(one for one in order.places if one != site_id)
        if _store(person_partition, SiteOrder(order.favourites - {site_id}, places, order.version)):
            return
    raise Conflict("The order of a person's sites is being changed; please try again.")


def _store(person_partition: str, order: SiteOrder) -> bool:
    body = json.dumps({"favourites": sorted(order.favourites), "places": order.places})
    item = CoreItem(person_partition, SK, body=body, version=order.version + 1)
    unchanged = CoreItem.version == order.version if order.version else CoreItem.pk.does_not_exist()
    return aws.condition_met(lambda: item.save(unchanged))


def _parse(item: CoreItem) -> SiteOrder:
    body = json.loads(item.body or "{}")
    return SiteOrder(frozenset(body.get("favourites", ())), tuple(body.get("places", ())), int(item.version))
