"""Rollups: the sums of a site-day, their stored form, and their addition to periods.

Metrics are ratios of these sums. `aggregate.compute_rollup` computes rollups; reading them needs no DuckDB.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final

from chalicelib import catalogue, config
from chalicelib.aggregate import event_rows
from chalicelib.aggregate.event_rows import EventRow
from chalicelib.aggregate.spellings import Counts, add_rows, one_spelling, respelled
from chalicelib.catalogue import SUMS, Totals
from chalicelib.store import rollups

VERSION: Final = 1
LATEST: Final = 10
_MAX_REASONS: Final = 50  # there are only a few reasons; this bounds the size


@dataclass(frozen=True, slots=True)
class Hour:
    """The sums of one hour of a day, 0 being its first.

    :ivar visitors: with a page view in this hour. `sums.visitors`: those whose first page view of the day was in this
        hour.
    """

    hour: int
    visitors: int
    sums: Totals


@dataclass(frozen=True, slots=True)
class RobotRow:
    """Bots of one name that are stored but not counted; `reason` as in `enrich.bots`, `hits`: views and events.

    The name ``""`` sums those beyond the limit.
    """

    reason: str
    name: str
    visitors: int
    hits: int


@dataclass(slots=True)
class Rollup:
    """The sums of a site-day, or of several days.

    :ivar tables: by dimension, rows of (value, visitors, visits, pageviews), with the most visitors first. If the
        dimension ignores case, each spelling has a row until days are summed. Tables of dimensions that are newer than
        the rollup are missing.
    :ivar others: by dimension, the sum of the rows that are left out.
    :ivar seen: epoch minute -> visitors last seen in it.
    :ivar latest: the latest visits, as columns of `list_visits.sql`.
    :ivar events: custom events by name; :ivar other_events: the sum of those left out.
    :ivar robots: bots, which are not counted.
    :ivar beyond: hour -> records beyond the limit per visitor and hour.
    :ivar lost: records that are missing because files were lost.
    """

    totals: Totals = field(default_factory=Totals)
    hours: list[Hour] = field(default_factory=list)
    tables: dict[str, list[tuple[str, int, int, int]]] = field(default_factory=dict)
    others: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    latest: list[dict[str, Any]] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    other_events: EventRow | None = None
    robots: list[RobotRow] = field(default_factory=list)
    beyond: dict[int, int] = field(default_factory=dict)
    lost: int = 0

    def until(self, minute: int) -> Totals:
        """The sums of the visits that began and the views that happened until the end of a minute of the day.

        The sums of the current hour are known only as a whole: they count in proportion to the time.
        """
        totals = Totals()
        for part in self.hours:
            share = min(1.0, (minute + 1 - part.hour * 60) / 60)
            if share > 0:
                totals.add(Totals(*(round(sum_ * share) for sum_ in part.sums.values())))
        return totals


def fill(rollup: Rollup, table: str, rows: list[tuple[str, int, int, int]], most: int | None) -> None:
    """Set a table to the first `most` of `rows` (None: all), and add the others to `others`."""
    rollup.tables[table] = rows[:most]
    _add_others(rollup, table, [row[1:] for row in rows[most:]] if most is not None else [])


def _add_others(rollup: Rollup, table: str, rest: Sequence[tuple[int, int, int]]) -> None:
    if rest:
        columns = zip(*rest, rollup.others.get(table, (0, 0, 0)), strict=True)
        visitors, visits, views = map(sum, columns)
        rollup.others[table] = (visitors, visits, views)


def pack(rollup: Rollup) -> bytes:
    """The stored form of a rollup: deterministic, and never larger than an item.

    Clients can send many and long names. So everything that has names is halved until it fits, and the remainder is
    summed. Without names, at most 51 hours and 30 minutes of numbers are left, which fit.
    """
    most = config.TABLE_ROWS
    while len(packed := rollups.pack(*_plain(rollup))) > rollups.MAX_PACKED_BYTES:
        if not most:
            raise ValueError("a rollup without names is larger than an item")
        most //= 2
        while most >= _longest(rollup) > 0:  # would cut nothing, and packing takes its time
            most //= 2
        _shorten(rollup, most)
    return packed


def _longest(rollup: Rollup) -> int:
    """The number of rows of whatever has the most rows with names."""
    named = sum(bool(robot.name) for robot in rollup.robots)
    return max(named, len(rollup.latest), len(rollup.events), *map(len, rollup.tables.values()))


def _shorten(rollup: Rollup, most: int) -> None:
    """Keep at most `most` rows of everything that has names."""
    for table in list(rollup.tables):
        fill(rollup, table, rollup.tables[table], most)
    rollup.latest = rollup.latest[:most]
    _cut_events(rollup, most)
    named = [robot for robot in rollup.robots if robot.name]
    rest = [robot for robot in rollup.robots if not robot.name] + named[most:]
    rollup.robots = (
        named[:most]
        + [
            RobotRow(reason, "", sum(robot.visitors for robot in same), sum(robot.hits for robot in same))
            for reason in sorted({robot.reason for robot in rest})
            for same in [[robot for robot in rest if robot.reason == reason]]
        ][:_MAX_REASONS]
    )


def _cut_events(rollup: Rollup, most: int | None) -> None:
    """Keep the first `most` events (None: all); the others are summed."""
    if most is None:
        return
    rollup.other_events = event_rows.rest(rollup.events[most:], rollup.other_events)
    rollup.events = [row.with_fewer_currencies() for row in rollup.events[:most]]


def _plain(rollup: Rollup) -> tuple[dict[str, Any], dict[str, Any]]:
    """The part that every page reads, and the part with tables."""
    totals = rollup.totals
    figures = {
        "v": VERSION,
        "totals": totals.values(),
        "hours": [[hour.hour, hour.visitors, *hour.sums.values()] for hour in rollup.hours],
        "seen": sorted(rollup.seen.items()),
        "beyond": sorted(rollup.beyond.items()),
        **({"lost": rollup.lost} if rollup.lost else {}),
    }
    tables = {
        "tables": rollup.tables,
        "others": rollup.others,
        "latest": rollup.latest,
        "events": [row.values() for row in rollup.events],
        "other_events": rollup.other_events.values() if rollup.other_events else None,
        "robots": [[row.reason, row.name, row.visitors, row.hits] for row in rollup.robots],
    }
    return figures, tables


def pack_minutes(rows: Iterable[Sequence[int]]) -> bytes:
    """The rows of ``sums_by_minute.sql`` as stored: by hour, so that only one hour is parsed.

    An entry is (hour, the sums of the hours before it, its rows as JSON), the first hour with visits first.
    """
    hours: list[tuple[int, list[int], str]] = []
    before = [0] * len(SUMS)
    for hour, found in groupby(sorted(map(list, rows)), lambda row: row[0] // 60):
        of_hour = list(found)
        hours.append((hour, before, json.dumps(of_hour, separators=(",", ":"))))
        before = _columns([[0, *before], *of_hour])
    return rollups.compressed({"v": VERSION, "hours": hours})


def until(packed: bytes, minute: int) -> Totals:
    """The sums of a day until the end of a minute, from :func:`pack_minutes`."""
    content = rollups.decompressed(packed)
    if "minutes" in content:  # as earlier releases have stored them
        return Totals.read(_columns([row for row in content["minutes"] if row[0] <= minute]))
    reached = [entry for entry in content["hours"] if entry[0] <= minute // 60]
    if not reached:
        return Totals()
    _, before, rows = reached[-1]
    return Totals.read(_columns([[0, *before], *(row for row in json.loads(rows) if row[0] <= minute)]))


def _columns(rows: Iterable[Sequence[int]]) -> list[int]:
    """The sums of rows of (minute, sums)."""
    return [sum(column) for column in zip(*rows, strict=True)][1:]


def packed_tables(rollup: Rollup) -> bytes:
    """The part with tables, of any size, for :func:`with_packed_tables`."""
    return rollups.compressed(_plain(rollup)[1])


def unpack(packed: bytes) -> Rollup:
    """A rollup from its stored form."""
    return with_tables(unpack_figures(packed), packed)


def with_tables(figures: Rollup, packed: bytes) -> Rollup:
    """The result of :func:`unpack_figures` with the tables in `packed`."""
    return _with(figures, rollups.unpack_tables(packed))


def with_packed_tables(figures: Rollup, packed: bytes) -> Rollup:
    """The result of :func:`unpack_figures` with the tables of :func:`packed_tables`."""
    return _with(figures, rollups.decompressed(packed))


def _with(figures: Rollup, data: dict[str, Any]) -> Rollup:
    return replace(
        figures,
        tables=data["tables"],
        others={name: (v, s, p) for name, (v, s, p) in data["others"].items()},
        latest=data["latest"],
        events=[EventRow.read(row) for row in data["events"]],
        other_events=EventRow.read(data["other_events"]) if data["other_events"] else None,
        robots=[RobotRow(*row) for row in data["robots"]],
    )


def unpack_figures(packed: bytes) -> Rollup:
    """A rollup from its stored form, without tables, events, bots and latest visits, which is much faster."""
    data = rollups.unpack_figures(packed)
    return Rollup(
        totals=Totals.read(data["totals"]),
        hours=[Hour(hour, visitors, Totals.read(sums)) for hour, visitors, *sums in data["hours"]],
        seen=dict(data["seen"]),
        beyond=dict(data.get("beyond", ())),  # missing in old rollups
        lost=data.get("lost", 0),
    )


def sum_days(newest_first: Iterable[Rollup], most: int | None = config.PERIOD_ROWS) -> Rollup:
    """The sum of several days or months: totals, tables, events and latest visits. Reads one at a time.

    :param most: maximum number of rows per table, with spellings that differ only in case merged; None: all rows,
        spellings not merged, for sums that are summed again.
    """
    whole = Rollup()
    tables: dict[str, Counts] = {table: {} for table in catalogue.DIMENSIONS}
    events: dict[str, EventRow] = {}
    for day in newest_first:
        whole.totals.add(day.totals)
        whole.latest += day.latest[: LATEST - len(whole.latest)]
        for table, sums in tables.items():
            add_rows(sums, day.tables.get(table, ()))
        for table, rest in day.others.items():
            _add_others(whole, table, [rest])
        for row in day.events:
            events[row.name] = events[row.name].plus(row) if row.name in events else row
        if day.other_events:
            whole.other_events = (whole.other_events or EventRow()).plus(day.other_events)
    for table, dimension in catalogue.DIMENSIONS.items():
        named = respelled(tables[table]) if dimension.values == "page" else tables[table]
        if dimension.ignores_case and most is not None:
            named = one_spelling(named)
        rows = [(name, visitors, visits, views) for name, (visitors, visits, views) in named.items()]
        rows.sort(key=lambda row: (-row[1], -row[3], -row[2], row[0]))
        fill(whole, table, rows, most)
    whole.events = sorted(events.values(), key=lambda row: (-row.visitors, -row.events, row.name))
    _cut_events(whole, most)
    return whole
