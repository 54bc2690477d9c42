"""Batch reads: any number of items of a table by their keys, in calls of BatchGetItem that are made side by side.

They use botocore's client, because PynamoDB's models take several times the CPU of reading an item.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from chalicelib.store import aws

# What a call takes, and how many calls are made at once.
_KEYS: Final = 100
_CALLS: Final = 8

Item = dict[str, Any]  # as DynamoDB returns it: the name of an attribute -> its type -> its value


def items(table: str, keys: Iterable[tuple[str, str]]) -> Iterator[Item]:
    """The items with these keys that there are, in any order, as of now.

    :param table: its full name; it has `site` and `sk` as its keys.
    :param keys: partition keys and sort keys, without duplicates.
    """
    wanted = [{"site": {"S": site}, "sk": {"S": sk}} for site, sk in keys]
    portions = [wanted[first : first + _KEYS] for first in range(0, len(wanted), _KEYS)]
    if len(portions) <= 1:
        for portion in portions:
            yield from _portion(table, portion)
        return
    with ThreadPoolExecutor(_CALLS) as pool:
        for found in pool.map(lambda portion: _portion(table, portion), portions):
            yield from found


def _portion(table: str, left: list[Item]) -> list[Item]:
    found = []
    while left:  # DynamoDB returns up to 16 MB at a time, and fewer items if it is throttled
        answer = aws.client("dynamodb").batch_get_item(RequestItems={table: {"Keys": left, "ConsistentRead": True}})
        found += answer["Responses"].get(table, [])
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
    return found
