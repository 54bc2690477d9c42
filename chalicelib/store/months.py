"""Months that are over, summed: so that a year is read as twelve things instead of 365.

A month is made of its days' rollups and says of which state of them. Whoever writes a rollup into a month that is over
touches the month after it, which gives it a new state; and a sum is only put while the state is still the one that was
there before its days were read. So a month that tells anything tells what its days tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from pynamodb.exceptions import UpdateError

from chalicelib.store.rollups import MAX_PACKED_BYTES
from chalicelib.store.tables import MonthItem

# The state of a month none of whose days was built since it is over.
UNTOUCHED: Final = "-"


@dataclass(frozen=True, slots=True)
class StoredMonth:
    """A month as stored.

    :ivar first: its first day; :ivar state: what was last done to its days.
    :ivar figures: its packed figures; None if there are none of this state.
    :ivar built_at: epoch ms, see `StoredRollup`: the newest of its days.
    :ivar parts: how many items its tables take.
    """

    first: date
    state: str = UNTOUCHED
    figures: bytes | None = None
    built_at: int = 0
    parts: int = 0


def touch(site_id: str, first: date, build: str) -> None:
    """Say that a day of the month was built: what was summed of the month before counts no more."""
    MonthItem(site_id, _sort_key(first)).update(actions=[MonthItem.state.set(build)])


def between(site_id: str, first: date, last: date) -> dict[date, StoredMonth]:
    """What is stored of the months that begin from `first` to `last`, both included, by their first day."""
    keys = MonthItem.sk.between(_sort_key(first), _sort_key(last))
    found = map(_parse, MonthItem.query(site_id, keys, consistent_read=True))
    return {month.first: month for month in found}


def tables(site_id: str, wanted: Iterable[StoredMonth]) -> dict[date, bytes]:
    """The packed tables of months; without those that another build is just replacing."""
    months = {month.first: month for month in wanted}
    if not months:
        return {}
    parts: dict[date, list[bytes]] = {first: [] for first in months}
    keys = MonthItem.sk.between(_part_key(min(months), 0), _part_key(max(months), 99))
    for item in MonthItem.query(site_id, keys, consistent_read=True):
        first = _first_day(item.sk)
        if first in months and item.of == months[first].state and len(parts[first]) < months[first].parts:
            parts[first].append(bytes(item.packed))
    return {first: b"".join(found) for first, found in parts.items() if len(found) == months[first].parts}


def put(site_id: str, month: StoredMonth, figures: bytes, rows: bytes, built_at: int) -> None:
    """Store what a month is in sum, unless its days changed since `month` was read: then the next who needs it will.

    :param rows: its packed tables.
    """
    parts = [rows[start : start + MAX_PACKED_BYTES] for start in range(0, len(rows), MAX_PACKED_BYTES)]
    for number, part in enumerate(parts):
        MonthItem(site_id, _part_key(month.first, number), packed=part, of=month.state).save()
    unchanged = MonthItem.state.does_not_exist() if month.state == UNTOUCHED else MonthItem.state == month.state
    try:
        MonthItem(site_id, _sort_key(month.first)).update(
            actions=[
                MonthItem.packed.set(figures),
                MonthItem.of.set(month.state),
                MonthItem.built_at.set(built_at),
                MonthItem.parts.set(len(parts)),
            ],
            condition=unchanged,
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def _parse(item: MonthItem) -> StoredMonth:
    first, state = _first_day(item.sk), item.state or UNTOUCHED
    if item.of != state:
        return StoredMonth(first, state)
    return StoredMonth(first, state, bytes(item.packed), int(item.built_at), int(item.parts))


def _sort_key(first: date) -> str:
    return f"month#{first:%Y-%m}"


def _part_key(first: date, number: int) -> str:
    return f"rows#{first:%Y-%m}#{number:02d}"


def _first_day(key: str) -> date:
    return date.fromisoformat(f"{key.split('#')[1]}-01")
