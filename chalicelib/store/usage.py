"""What each site uses, by month: counted where it arises, so that pages need not read the days of all sites.

========  ==================  =========================================================================================
site      sk                  holds
========  ==================  =========================================================================================
site id   ``usage#2026-11``   per day `d01` to `d31`, the figures of its last build, see :class:`Day`; `builds`, how
                              often days were built; `x_<reason>`, how many hits were dropped
========  ==================  =========================================================================================

The figures of a day replace those of its build before, so they are counted once. The numbers of builds and of dropped
hits are added up, and may be too high by what is delivered or built twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.config import settings
from chalicelib.store import bulk_reads
from chalicelib.store.tables import UsageItem

_DROPPED: Final = "x_"


class Day(NamedTuple):
    """What is stored of a site-day.

    :ivar hits: page views and custom events, also those of bots; :ivar records: these, and leaves.
    :ivar visits: counted visits; :ivar bytes: of the rollup.
    """

    hits: int
    records: int
    visits: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a site has used in a month.

    :ivar days: by day of the month.
    :ivar builds: how often its days were built.
    :ivar dropped: dropped hits by reason, see `store.exclusions`.
    """

    site_id: str
    days: Mapping[int, Day] = field(default_factory=dict)
    builds: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)

    def total(self, name: str) -> int:
        """The sum of a figure of :class:`Day` over the days."""
        return sum(getattr(day, name) for day in self.days.values())


def put_day(site_id: str, day: date, stored: Day) -> None:
    """Store the figures of a site-day that was built, in place of those of its build before."""
    figures = UnicodeAttribute(attr_name=f"d{day.day:02d}")
    _item(site_id, day).update(actions=[figures.set(json.dumps(stored)), UsageItem.builds.add(1)])


def add_dropped(site_id: str, day: date, reason: str, count: int) -> None:
    """Count dropped hits of a site."""
    counter = NumberAttribute(attr_name=f"{_DROPPED}{reason}")
    _item(site_id, day).update(actions=[counter.add(count)])


def of_month(site_ids: Iterable[str], month: str) -> Iterator[Usage]:
    """The usage of sites in a month (``2026-11``), in any order, without sites that used nothing."""
    keys = ((site_id, _sort_key(month)) for site_id in site_ids)
    yield from map(_parse, bulk_reads.by_keys(settings().table("rollups"), keys))


def hits_of(site_ids: Iterable[str], first: date, last: date) -> dict[str, int]:
    """How many hits are stored of sites in the days from `first` to `last`, both included, by site id."""
    ids, hits = list(site_ids), dict[str, int]()
    for month in sorted({f"{first:%Y-%m}", f"{last:%Y-%m}"}):
        for usage in of_month(ids, month):
            wanted = (day.hits for number, day in usage.days.items() if first <= _date(month, number) <= last)
            hits[usage.site_id] = hits.get(usage.site_id, 0) + sum(wanted)
    return hits


def _item(site_id: str, day: date) -> UsageItem:
    return UsageItem(site_id, _sort_key(f"{day:%Y-%m}"))


def _parse(item: bulk_reads.Item) -> Usage:
    return Usage(
        item["site"],
        {int(name[1:]): Day(*json.loads(value)) for name, value in item.items() if _is_day(name)},
        int(item.get("builds", 0)),
        {name.removeprefix(_DROPPED): int(value) for name, value in item.items() if name.startswith(_DROPPED)},
    )


def _is_day(name: str) -> bool:
    return len(name) == 3 and name[0] == "d" and name[1:].isdigit()


def _date(month: str, day: int) -> date:
    return date.fromisoformat(f"{month}-{day:02d}")


def _sort_key(month: str) -> str:
    return f"usage#{month}"
