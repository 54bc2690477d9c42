"""Excluded traffic: the hits that the statistics of a period do not count, and why.

Dropped hits are counted in `store.exclusions`. The rollups have the bots that are stored but not counted, the hits
beyond the limit per visitor and hour, and those that are missing because files were lost.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

from chalicelib import pagination
from chalicelib.aggregate import rollup_sums
from chalicelib.report.periods import Period
from chalicelib.report.refresh import refresh_dirty_days
from chalicelib.store import exclusions, rollups
from chalicelib.store.exclusions import Entry
from chalicelib.store.sites import Site

FLOOD_VISITOR: Final = "flood_visitor"
LOST: Final = "lost"
# Names per day and reason, those with the most hits; the hits of the others are summed without a name.
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
    """Hits of a day by bots with one name. `kept`: stored but not counted; else dropped."""

    day: date
    reason: str
    name: str
    hits: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """Excluded traffic, by day."""

    dropped: tuple[Drop, ...]
    robots: tuple[Robot, ...]


def of_period(site: Site, period: Period) -> Ledger:
    """The excluded traffic of a period, after dirty days are built."""
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
        rollup = rollup_sums.unpack(stored.packed)
        robots += [Robot(stored.day, robot.reason, robot.name, robot.hits, kept=True) for robot in rollup.robots]
        if rollup.beyond:
            dropped.append(Drop(stored.day, FLOOD_VISITOR, "", sum(rollup.beyond.values())))
        if rollup.lost:
            dropped.append(Drop(stored.day, LOST, "", rollup.lost))
    return Ledger(
        dropped=tuple(sorted(dropped, key=lambda drop: (drop.day, drop.reason, drop.name))),
        robots=tuple(sorted(robots, key=lambda robot: (robot.day, -robot.hits, robot.name))),
    )


def _fewer(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, grouped by day and reason, with a limited number of names per group."""
    for (day, reason), same in groupby(entries, lambda entry: (entry.day, entry.reason)):
        most_first = sorted(same, key=lambda entry: -entry.dropped)
        others = sum(entry.dropped for entry in most_first[_NAMES:])
        named = {entry.name: entry.dropped for entry in most_first[:_NAMES]}
        if others:
            named[""] = named.get("", 0) + others
        yield from (Entry(day, reason, name, dropped) for name, dropped in named.items())


def as_json(found: Ledger, first: int = 0, limit: int = MAX_ROWS) -> dict[str, Any]:
    """Up to `limit` rows for the API, from row `first` on, and `next` if there are more."""
    rows, further = pagination.part([*found.dropped, *found.robots], first, limit, _shown)
    return {
        "dropped": [_shown(row) for row in rows if isinstance(row, Drop)],
        "robots": [_shown(row) for row in rows if isinstance(row, Robot)],
        "next": further,
    }


def _shown(row: Drop | Robot) -> dict[str, Any]:
    return {**dataclasses.asdict(row), "day": row.day.isoformat()}
