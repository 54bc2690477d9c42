"""A rollup: the sums of one site-day, how they are stored, and how days add up to a period.

The metrics of any period are ratios of sums of sums. `aggregate.metrics` makes rollups; reading them takes no DuckDB.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib import catalogue, config
from chalicelib.aggregate.spellings import Counts, add_rows, one_spelling, respelled
from chalicelib.catalogue import Totals
from chalicelib.store import rollups

VERSION: Final = 1
LATEST: Final = 10
_MAX_REASONS: Final = 50  # there are a few; no more than so many can be told however they were made up


@dataclass(frozen=True, slots=True)
class Hour:
    """The sums of one hour of a day, 0 being its first.

    :ivar visitors: who viewed a page in it. `sums.visitors` are those who did so for the first time on this day.
    """

    hour: int
    visitors: int
    sums: Totals


@dataclass(frozen=True, slots=True)
class EventRow:
    """Custom events of one name.

    :ivar revenue: currency -> (millionths, how many amounts).
    :ivar left_out: how many amounts are in currencies that are not told.
    """

    name: str
    events: int
    visitors: int
    revenue: dict[str, tuple[int, int]]
    left_out: int = 0

    @property
    def amounts(self) -> int:
        """How many amounts of money these events had."""
        return self.left_out + sum(times for _, times in self.revenue.values())


@dataclass(frozen=True, slots=True)
class RobotRow:
    """Robots of one name that were kept apart; `reason` as in `enrich.bots`, `hits` their views and events.

    Under the name ``""`` are those that there was no room to name.
    """

    reason: str
    name: str
    visitors: int
    hits: int


@dataclass(slots=True)
class Rollup:
    """A site-day's (or, summed, a period's) figures.

    :ivar tables: by dimension, rows of (value, visitors, visits, pageviews), with the most visitors first. Where the
        dimension ignores case, each spelling has a row until days are summed. Those of a rollup that was built before
        there was the dimension are missing.
    :ivar others: by dimension, the sums of the rows that the table leaves out.
    :ivar seen: epoch minute -> visitors last seen in it.
    :ivar latest: the latest visits, as columns of `latest.sql`.
    :ivar events: custom events by name; :ivar other_events: the sum of those that there was no room to name.
    :ivar robots: what no figure counts.
    :ivar beyond: hour -> records that were left out, as their visitors had the most that the site allows in one.
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

    def until(self, minute: int) -> Totals:
        """The sums of the visits that began, and the views that were, before the end of a minute of the day.

        Of the hour in which it lies only the whole is known here: it counts by the part of it that is over.
        """
        totals = Totals()
        for part in self.hours:
            share = min(1.0, (minute + 1 - part.hour * 60) / 60)
            if share > 0:
                totals.add(Totals(*(round(sum_ * share) for sum_ in part.sums.values())))
        return totals


def fill(rollup: Rollup, table: str, rows: list[tuple[str, int, int, int]], most: int | None) -> None:
    """Let a table be the first `most` of `rows` (None: all), and add the rest to its others."""
    rollup.tables[table] = rows[:most]
    _add_others(rollup, table, [row[1:] for row in rows[most:]] if most is not None else [])


def _add_others(rollup: Rollup, table: str, rest: Sequence[tuple[int, int, int]]) -> None:
    if rest:
        columns = zip(*rest, rollup.others.get(table, (0, 0, 0)), strict=True)
        visitors, visits, views = map(sum, columns)
        rollup.others[table] = (visitors, visits, views)


def pack(rollup: Rollup) -> bytes:
    """The rollup as stored: the same bytes for the same figures, and never more than an item holds.

    Names can be many and long, and anybody can make them up. So all that has names is halved until it fits, and what
    is cut is in an honest remainder; without any name there are some 51 hours and 30 minutes of numbers, which fit.
    """
    most = config.TABLE_ROWS
    while len(packed := rollups.pack(*_plain(rollup))) > rollups.MAX_PACKED_BYTES:
        if not most:
            raise ValueError("a rollup without names is larger than an item")
        most //= 2
        _shorten(rollup, most)
    return packed


def _shorten(rollup: Rollup, most: int) -> None:
    """Keep at most so many rows of everything that has names."""
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
    """Keep the first `most` events (None: all); the others add up."""
    if most is None:
        return
    for row in rollup.events[most:]:
        other = rollup.other_events or EventRow("", 0, 0, {})
        rollup.other_events = EventRow(
            "", other.events + row.events, other.visitors + row.visitors, {}, other.amounts + row.amounts
        )
    rollup.events = [_cut_currencies(row) for row in rollup.events[:most]]


def _cut_currencies(row: EventRow) -> EventRow:
    """The row with the currencies that have the most amounts, as many as are told of an event."""
    if len(row.revenue) <= config.EVENT_CURRENCIES:
        return row
    most_first = sorted(row.revenue.items(), key=lambda item: (-item[1][1], item[0]))
    told = dict(sorted(most_first[: config.EVENT_CURRENCIES]))
    left = sum(times for _, (_, times) in most_first[config.EVENT_CURRENCIES :])
    return replace(row, revenue=told, left_out=row.left_out + left)


def _plain(rollup: Rollup) -> tuple[dict[str, Any], dict[str, Any]]:
    """What every page reads, and what only those with tables do."""
    totals = rollup.totals
    figures = {
        "v": VERSION,
        "totals": totals.values(),
        "hours": [[hour.hour, hour.visitors, *hour.sums.values()] for hour in rollup.hours],
        "seen": sorted(rollup.seen.items()),
        "beyond": sorted(rollup.beyond.items()),
    }
    tables = {
        "tables": rollup.tables,
        "others": rollup.others,
        "latest": rollup.latest,
        "events": [_plain_event(row) for row in rollup.events],
        "other_events": _plain_event(rollup.other_events) if rollup.other_events else None,
        "robots": [[row.reason, row.name, row.visitors, row.hits] for row in rollup.robots],
    }
    return figures, tables


def _plain_event(row: EventRow) -> list[Any]:
    return [row.name, row.events, row.visitors, row.revenue, row.left_out]


def _event(name: str, events: int, visitors: int, revenue: dict[str, list[int]], left_out: int) -> EventRow:
    return EventRow(name, events, visitors, {key: (sum_, times) for key, (sum_, times) in revenue.items()}, left_out)


def pack_minutes(rows: Iterable[Sequence[int]]) -> bytes:
    """The rows of ``sums_by_minute.sql`` as stored."""
    return rollups.compressed({"v": VERSION, "minutes": [list(row) for row in rows]})


def until(packed: bytes, minute: int) -> Totals:
    """The sums of a day before the end of a minute of it, of what :func:`pack_minutes` gave."""
    totals = Totals()
    for of_minute, *sums in rollups.decompressed(packed)["minutes"]:
        if of_minute <= minute:
            totals.add(Totals.read(sums))
    return totals


def packed_tables(rollup: Rollup) -> bytes:
    """All but the figures, however large: what :func:`with_packed_tables` takes."""
    return rollups.compressed(_plain(rollup)[1])


def unpack(packed: bytes) -> Rollup:
    """A rollup from its stored form."""
    return with_tables(unpack_figures(packed), packed)


def with_tables(figures: Rollup, packed: bytes) -> Rollup:
    """What :func:`unpack_figures` gave of `packed`, with all the rest."""
    return _with(figures, rollups.unpack_tables(packed))


def with_packed_tables(figures: Rollup, packed: bytes) -> Rollup:
    """The figures with what :func:`packed_tables` gave."""
    return _with(figures, rollups.decompressed(packed))


def _with(figures: Rollup, data: dict[str, Any]) -> Rollup:
    return replace(
        figures,
        tables=data["tables"],
        others={name: (v, s, p) for name, (v, s, p) in data["others"].items()},
        latest=data["latest"],
        events=[_event(*row) for row in data["events"]],
        other_events=_event(*data["other_events"]) if data["other_events"] else None,
        robots=[RobotRow(*row) for row in data["robots"]],
    )


def unpack_figures(packed: bytes) -> Rollup:
    """A rollup from its stored form, without its tables, events, robots and latest visits: much less to read."""
    data = rollups.unpack_figures(packed)
    return Rollup(
        totals=Totals.read(data["totals"]),
        hours=[Hour(hour, visitors, Totals.read(sums)) for hour, visitors, *sums in data["hours"]],
        seen=dict(data["seen"]),
        beyond=dict(data.get("beyond", ())),  # none in rollups of before there was such a thing
    )


def sum_days(newest_first: Iterable[Rollup], most: int | None = config.PERIOD_ROWS) -> Rollup:
    """Several days (or months) as one: totals, tables, events and latest visits. One at a time need be in memory.

    :param most: how many rows of a table are kept, spellings that differ in case only being one; None: all, each
        spelling by itself, for a sum that is summed again.
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
            events[row.name] = _together(events[row.name], row) if row.name in events else row
        if day.other_events:
            whole.other_events = _together(whole.other_events or EventRow("", 0, 0, {}), day.other_events)
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


def _together(row: EventRow, other: EventRow) -> EventRow:
    none = (0, 0)
    revenue = {
        name: (row.revenue.get(name, none)[0] + other.revenue.get(name, none)[0],
               row.revenue.get(name, none)[1] + other.revenue.get(name, none)[1])
        for name in sorted(row.revenue | other.revenue)
    }  # fmt: skip
    sums = (row.events + other.events, row.visitors + other.visitors)
    return EventRow(row.name, *sums, revenue, row.left_out + other.left_out)
