"""The totals of site-days, in a small item per site and month: a page of many sites reads them instead of rollups.

A build stores the totals of its day after the rollup. The item of a month is complete if all days of the month that
have a rollup are in it; until it is declared complete, builds do not add to it (see `aggregate.day_sums`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from pynamodb.attributes import UnicodeAttribute

from chalicelib.config import settings
from chalicelib.store import aws, bulk_reads
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.tables import DayTotalsItem

_TURN_DIGITS: Final = 12


class DayTotals(NamedTuple):
    """The totals of a site-day.

    :ivar built_at: epoch ms, as in `rollups.StoredRollup`.
    :ivar totals: the values of `catalogue.Totals`.
    :ivar seen: (epoch minute, visitors that were last seen in it), of the last minutes before the build.
    """

    built_at: int
    totals: list[int]
    seen: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Month:
    """The totals of the days of a month; `complete`: whether those of all days that have a rollup."""

    complete: bool = False
    days: Mapping[date, DayTotals] = field(default_factory=dict)


def put(site_id: str, stored: StoredRollup, totals: DayTotals) -> bool:
    """Store the totals of a rollup; False if the month is not complete, or a later build has stored its own."""
    return _put(site_id, stored, totals, DayTotalsItem.complete.exists())


def add(site_id: str, stored: StoredRollup, totals: DayTotals) -> bool:
    """Store the totals of a rollup, also in a month that is not complete; False if a later build has stored its own."""
    return _put(site_id, stored, totals, None)


def _put(site_id: str, stored: StoredRollup, totals: DayTotals, condition: Any) -> bool:
    # The value begins with the turn, so of two values the one of the later build is greater.
    value = f"{stored.turn:0{_TURN_DIGITS}d}{json.dumps(totals, separators=(',', ':'))}"
    attribute = UnicodeAttribute(attr_name=_name(stored.day))
    condition &= attribute.does_not_exist() | (attribute < value)
    item = DayTotalsItem(site_id, _sort_key(stored.day))
    return aws.condition_met(lambda: item.update(actions=[attribute.set(value)], condition=condition))


def declare_complete(site_id: str, first: date) -> None:
    """Say that a month has the totals of all its days that have a rollup; from now on, builds add theirs.

    :param first: a day of the month.
    """
    DayTotalsItem(site_id, _sort_key(first)).update(actions=[DayTotalsItem.complete.set(1)])


def of_months(wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], Month]:
    """The totals of months.

    :param wanted: ids of sites, and the first day of a month; without duplicates.
    """
    keys = list(wanted)
    found = dict.fromkeys(keys, Month())
    for item in bulk_reads.by_keys(
        settings().table("rollups"), ((site_id, _sort_key(first)) for site_id, first in keys)
    ):
        first = date.fromisoformat(f"{item['sk'].partition('#')[2]}-01")
        found[item["site"], first] = _parse(item, first)
    return found


def _parse(item: bulk_reads.Item, first: date) -> Month:
    names = [name for name in item if name[0] == "d"]
    # All days in one text: reading each by itself takes several times as long.
    values = json.loads(f"[{','.join(item[name][_TURN_DIGITS:] for name in names)}]")
    days = {first.replace(day=int(name[1:])): DayTotals(*value) for name, value in zip(names, values, strict=True)}
    return Month("complete" in item, days)


def _name(day: date) -> str:
    return f"d{day.day:02d}"


def _sort_key(day: date) -> str:
    return f"totals#{day:%Y-%m}"
