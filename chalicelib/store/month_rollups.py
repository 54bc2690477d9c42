"""Rollups of finished months, so that a year is read as 12 items and not as 365.

A month is the sum of its days' rollups at a certain state. After a rollup of a finished month is written, the month is
touched, which increments its state. A sum is written only if the state has not changed since before its days were read.
So a stored sum always equals the sum of its days.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chalicelib.store import aws
from chalicelib.store.rollups import MAX_PACKED_BYTES
from chalicelib.store.tables import MonthItem


@dataclass(frozen=True, slots=True)
class StoredMonth:
    """A month as stored.

    :ivar first: its first day; :ivar state: how often one of its days was built after its end.
    :ivar figures: its packed figures; None if there are none of this state.
    :ivar built_at: epoch ms, see `StoredRollup`: the newest of its days; 0 if it has none.
    :ivar made: unique to the sum; :ivar parts: how many items its tables take.
    """

    first: date
    state: int = 0
    figures: bytes | None = None
    built_at: int = 0
    made: str = ""
    parts: int = 0


def touch(site_id: str, first: date) -> None:
    """Invalidate the sum of a month, after one of its days was built. Idempotent."""
    MonthItem(site_id, _sort_key(first)).update(actions=[MonthItem.state.add(1)])


def between(site_id: str, first: date, last: date) -> dict[date, StoredMonth]:
    """The stored months that begin between `first` and `last`, both included, by first day."""
    keys = MonthItem.sk.between(_sort_key(first), _sort_key(last))
    found = map(_parse, MonthItem.query(site_id, keys, consistent_read=True))
    return {month.first: month for month in found}


def tables(site_id: str, wanted: Iterable[StoredMonth]) -> dict[date, bytes]:
    """The packed tables of months, without months that another process is replacing."""
    months = {month.first: month for month in wanted}
    if not months:
        return {}
    parts: dict[date, list[bytes]] = {first: [] for first in months}
    keys = MonthItem.sk.between(_part_key(min(months), 0), _part_key(max(months), 99))
    for item in MonthItem.query(site_id, keys, consistent_read=True):
        first = _first_day(item.sk)
        if first in months and item.made == months[first].made and len(parts[first]) < months[first].parts:
            parts[first].append(bytes(item.packed))
    return {first: b"".join(found) for first, found in parts.items() if len(found) == months[first].parts}


def put(site_id: str, month: StoredMonth, figures: bytes, rows: bytes, built_at: int) -> None:
    """Store the sum of a month, unless one of its days was built since `month` was read.

    :param rows: its packed tables.
    """
    parts = [rows[start : start + MAX_PACKED_BYTES] for start in range(0, len(rows), MAX_PACKED_BYTES)]
    made = uuid.uuid4().hex
    for number, part in enumerate(parts):
        MonthItem(site_id, _part_key(month.first, number), packed=part, made=made).save()
    unchanged = MonthItem.state == month.state if month.state else MonthItem.state.does_not_exist()
    aws.condition_met(
        lambda: MonthItem(site_id, _sort_key(month.first)).update(
            actions=[
                MonthItem.packed.set(figures),
                MonthItem.of.set(month.state),
                MonthItem.made.set(made),
                MonthItem.built_at.set(built_at),
                MonthItem.parts.set(len(parts)),
            ],
            condition=unchanged,
        )
    )


def _parse(item: MonthItem) -> StoredMonth:
    first, state = _first_day(item.sk), int(item.state or 0)
    of: float | None = item.of
    if of is None or int(of) != state:
        return StoredMonth(first, state)
    return StoredMonth(first, state, bytes(item.packed), int(item.built_at), item.made, int(item.parts))


def _sort_key(first: date) -> str:
    return f"month#{first:%Y-%m}"


def _part_key(first: date, number: int) -> str:
    return f"rows#{first:%Y-%m}#{number:02d}"


def _first_day(key: str) -> date:
    return date.fromisoformat(f"{key.split('#')[1]}-01")
