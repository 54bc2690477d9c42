"""The ledger as people see it: what was left out of the figures in a period, and why.

Hits that were dropped on their way come from the ledger of the store; the rollups have the robots that were kept apart,
and the hits that their visitors had too many of in an hour.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

from chalicelib import pagination
from chalicelib.aggregate import rollup as rollup_math
from chalicelib.report.periods import Period
from chalicelib.report.site_stats import refresh_dirty_days
from chalicelib.store import exclusions, rollups
from chalicelib.store.exclusions import Entry
from chalicelib.store.sites import Site

FLOOD_VISITOR: Final = "flood_visitor"
# So many names of a reason are told for a day, those of most hits; the others' hits stand under none.
_NAMES: Final = 100
# Rows of an answer at most.
MAX_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Drop:
    """Hits of a day that were dropped for one reason."""

    day: date
    reason: str
    name: str
    hits: int


@dataclass(frozen=True, slots=True)
class Robot:
    """Hits of a day by robots of one name. `kept`: stored, apart from all figures; else dropped."""

    day: date
    reason: str
    name: str
    hits: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was left out, by day."""

    dropped: tuple[Drop, ...]
    robots: tuple[Robot, ...]


def of_period(site: Site, period: Period) -> Ledger:
    """The ledger of a period, brought up to date first."""
    refresh_dirty_days(site, period.first, period.last)
    dropped: list[Drop] = []
    robots: list[Robot] = []
    for entry in _fewer(exclusions.between(site.id, period.first, period.last)):
        if entry.reason.startswith(exclusions.ROBOT):
            reason = entry.reason.removeprefix(exclusions.ROBOT)
            robots.append(Robot(entry.day, reason, entry.name, entry.dropped, kept=False))
        else:
            dropped.append(Drop(entry.day, entry.reason, entry.name, entry.dropped))
    for stored in rollups.between(site.id, period.first, period.last):
        rollup = rollup_math.unpack(stored.packed)
        robots += [Robot(stored.day, robot.reason, robot.name, robot.hits, kept=True) for robot in rollup.robots]
        if rollup.beyond:
            dropped.append(Drop(stored.day, FLOOD_VISITOR, "", sum(rollup.beyond.values())))
    return Ledger(
        dropped=tuple(sorted(dropped, key=lambda drop: (drop.day, drop.reason, drop.name))),
        robots=tuple(sorted(robots, key=lambda robot: (robot.day, -robot.hits, robot.name))),
    )


def _fewer(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, with at most so many names for a day and reason; they come by day and reason."""
    for (day, reason), same in groupby(entries, lambda entry: (entry.day, entry.reason)):
        most_first = sorted(same, key=lambda entry: -entry.dropped)
        others = sum(entry.dropped for entry in most_first[_NAMES:])
        named = {entry.name: entry.dropped for entry in most_first[:_NAMES]}
        if others:
            named[""] = named.get("", 0) + others
        yield from (Entry(day, reason, name, dropped) for name, dropped in named.items())


def as_json(found: Ledger, first: int = 0, limit: int = MAX_ROWS) -> dict[str, Any]:
    """Up to `limit` rows in the API's shape, from the place `first` on, and `next` where there are more."""
    rows, further = pagination.part([*found.dropped, *found.robots], first, limit, _shown)
    return {
        "dropped": [_shown(row) for row in rows if isinstance(row, Drop)],
        "robots": [_shown(row) for row in rows if isinstance(row, Robot)],
        "next": further,
    }


def _shown(row: Drop | Robot) -> dict[str, Any]:
    return {**dataclasses.asdict(row), "day": row.day.isoformat()}
