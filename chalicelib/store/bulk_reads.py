"""Reading many items at once, in calls that are made side by side: by their keys, or all of some partitions.

It uses botocore's client, because PynamoDB's models take several times the CPU of reading an item, and reads the JSON
of the answers itself: botocore's parser takes more CPU for an attribute than everything that is done with it.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from chalicelib import timed_cache
from chalicelib.store import aws

# What a call takes, and how many calls are made at once.
_KEYS: Final = 100
_CALLS: Final = 8

# The attributes of an item by their names.
Item = dict[str, Any]  # texts, integers, and bytes

_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {"S": str, "N": int, "B": b64decode}


def by_keys(table: str, keys: Iterable[tuple[str, str]]) -> Iterator[Item]:
    """The items with these keys that there are, in any order, as of now.

    :param table: its full name; it has `site` and `sk` as its keys, and only texts, integers and bytes in its items.
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


def of_partitions(table: str, name: str, partitions: Sequence[str]) -> Iterator[Item]:
    """The items of partitions, as of now, by partition and sort key.

    :param name: of the partition key; for the other parameters, see :func:`by_keys`.
    """
    with ThreadPoolExecutor(len(partitions)) as pool:
        for found in pool.map(lambda partition: list(_partition(table, name, partition)), partitions):
            yield from found


def _partition(table: str, name: str, partition: str) -> Iterator[Item]:
    query = {
        "TableName": table,
        "KeyConditionExpression": "#name = :partition",
        "ExpressionAttributeNames": {"#name": name},
        "ExpressionAttributeValues": {":partition": {"S": partition}},
        "ConsistentRead": True,
    }
    start: dict[str, Any] = {}
    while True:  # DynamoDB returns 1 MB at a time
        answer = _client().query(**query, **start)
        yield from map(_read, answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _portion(table: str, left: list[Any]) -> list[Item]:
    found: list[Item] = []
    while left:  # DynamoDB returns up to 16 MB at a time, and fewer items if it is throttled
        answer = _client().batch_get_item(RequestItems={table: {"Keys": left, "ConsistentRead": True}})
        found += map(_read, answer["Responses"].get(table, []))
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
    return found


def _read(item: Mapping[str, Mapping[str, Any]]) -> Item:
    return {name: _READERS[kind](value) for name, typed in item.items() for kind, value in typed.items()}


@cache
def _client() -> Any:
    client = aws.client("dynamodb")
    for operation in ("BatchGetItem", "Query"):
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _parse)
    return client


timed_cache.on_reset(_client.cache_clear)


def _parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Give botocore the answer as it is; errors are left to its parser."""
    if response_dict["status_code"] == HTTPStatus.OK:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"
