"""A meter at the botocore seam: which AWS calls the program makes, and the DynamoDB units they take.

No emulator counts units as AWS does, so they follow from the sizes of the items, by the rules of AWS's developer
guide: a write takes a unit for each begun KB of the larger of the item before and after it; a read one for each
begun 4 KB, half of that if it need not be consistent; a query reads the sum of its items.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.botocore_calls import Call, watched

_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_BATCH = "BatchWriteItem"


@dataclass
class Meter:
    """What was counted.

    :ivar calls: by "service.Operation"; :ivar writes, reads: DynamoDB units; :ivar tables: writes by table.
    """

    calls: Counter[str] = field(default_factory=Counter)
    writes: float = 0.0
    reads: float = 0.0
    tables: Counter[str] = field(default_factory=Counter)
    stored: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def total(self, service: str) -> int:
        """How many calls of a service there were."""
        return sum(count for name, count in self.calls.items() if name.startswith(f"{service}."))

    def note(self, service: str, operation: str, given: dict[str, Any], before: int, after: int, answer: Any) -> None:
        """Count one call; `before` and `after` are the written item's bytes."""
        with self._lock:
            self.calls[f"{service}.{operation}"] += 1
            if service != "dynamodb":
                return
            if operation in _WRITES:
                self._write(given["TableName"], str(given.get("Key") or ""), before, after)
            elif operation == _BATCH:
                for table, requests in given["RequestItems"].items():
                    unwritten = answer.get("UnprocessedItems", {}).get(table, [])
                    for item in (request["PutRequest"]["Item"] for request in requests if request not in unwritten):
                        # What it replaces, if anything, is as large: the key says what is in it.
                        self._write(table, str(item["sk"]), 0, item_bytes(item))
            elif operation in ("GetItem", "Query", "Scan"):
                items = answer.get("Items", [answer["Item"]] if "Item" in answer else [])
                blocks = max(1, math.ceil(sum(map(item_bytes, items)) / 4096))
                self.reads += blocks if given.get("ConsistentRead") else blocks / 2

    def _write(self, table: str, key: str, before: int, after: int) -> None:
        units = max(1, math.ceil(max(before, after) / 1024))
        self.writes += units
        self.tables[table] += units
        self.stored[f"{table} {key}"] = after


@contextmanager
def metered() -> Iterator[Meter]:
    """Count every AWS call that this process makes meanwhile."""
    meter = Meter()

    def size(call: Call) -> int:
        if call.service != "dynamodb" or call.operation not in _WRITES or "Key" not in call.given:
            return 0
        look = {"TableName": call.given["TableName"], "Key": call.given["Key"], "ConsistentRead": True}
        return item_bytes(call.aside("GetItem", look).get("Item", {}))

    def through(call: Call) -> Any:
        before = size(call)
        try:
            answer = call.make()
        except Exception:
            meter.note(call.service, call.operation, call.given, before, before, {})  # a refused write costs as much
            raise
        after = item_bytes(call.given["Item"]) if call.operation == "PutItem" else size(call)
        meter.note(call.service, call.operation, call.given, before, after, answer)
        return answer

    with watched(through):
        yield meter


def item_bytes(item: dict[str, Any]) -> int:
    """The size of an item (or key) in DynamoDB's JSON, as AWS counts it."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-").strip("0")) + 1) // 2 + 1
    if kind == "B":
        return len(content)
    if kind in ("SS", "BS", "NS"):
        return sum(_value_bytes({kind[0]: member}) for member in content)
    if kind == "L":
        return 3 + sum(1 + _value_bytes(member) for member in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_bytes(member) for name, member in content.items())
    return 1
