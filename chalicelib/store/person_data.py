"""Finding everything that is stored of a person, and deleting it. `accounts.people.kinds` declares what there is."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from chalicelib.store import people
from chalicelib.store.domains import DomainItem
from chalicelib.store.tables import CoreItem


class Found(NamedTuple):
    """An item that belongs to a person or names one. `body`: as stored."""

    pk: str
    sk: str
    body: str


def own(person_id: str, addresses: Collection[str]) -> list[Found]:
    """The items under the keys of a person and their addresses, read consistently."""
    partitions = [people.partition(person_id), *(people.email_key(one)[0] for one in addresses)]
    return [_found(item) for one in partitions for item in CoreItem.query(one, consistent_read=True)]


def naming(person_id: str, addresses: Collection[str]) -> list[Found]:
    """The items that name a person, by id or address, in their keys, in their body, or as the owner of a domain.

    Looks through the whole table.
    """
    texts = {person_id}
    for address in addresses:
        texts |= {address, json.dumps(address)[1:-1], address.casefold()}
    condition = DomainItem.owner == person_id
    for text in sorted(texts):
        condition |= DomainItem.body.contains(text) | DomainItem.pk.contains(text) | DomainItem.sk.contains(text)
    exact = {text.casefold() for text in (person_id, *addresses)}
    return [
        _found(item)
        for item in DomainItem.scan(condition, consistent_read=True)
        if any(text.casefold() in exact for text in _texts(item))
    ]


def delete(item: Found) -> None:
    """Delete an item."""
    CoreItem(item.pk, item.sk).delete()


def _texts(item: DomainItem) -> Iterator[str]:
    """What could be an id or an address: an address may be a part of a longer one."""
    yield from (item.owner or "", item.body or "")
    for key in (item.pk, item.sk):
        yield from (*key.split("#"), key.partition("#")[2])
    try:
        yield from _strings(json.loads(item.body or "{}"))
    except ValueError:  # a plain text
        return


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _strings(one)


def _found(item: CoreItem) -> Found:
    return Found(str(item.pk), str(item.sk), str(item.body or ""))
