"""A rollup: the result of the metric SQL over one site-day, and how days add up to a period.

What a rollup holds is sums, so that the figures of any period are ratios of sums of sums. Reading rollups takes no
DuckDB; making them is `aggregate.metrics`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from chalicelib import config, iri
from chalicelib.store import rollups

VERSION: Final = 1
LATEST: Final = 10
TABLES: Final = (
    "pages", "referrers", "sources", "channels", "campaigns", "countries", "regions", "cities", "networks", "browsers",
    "systems", "devices",
)  # fmt: skip


@dataclass(slots=True)
class Totals:
    """The sums of `totals.sql`: counts, and ms."""

    visitors: int = 0
    visits: int = 0
    pageviews: int = 0
    bounces: int = 0
    duration: int = 0
    loads: int = 0
    load_time: int = 0

    def add(self, other: Totals) -> None:
        """Add the sums of another day."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))

    def values(self) -> list[int]:
        """The sums in their order, of which they are made again."""
        return [getattr(self, part.name) for part in fields(self)]


@dataclass(frozen=True, slots=True)
class Hour:
    """The sums of one hour, see `hours.sql`."""

    hour: int
    visitors: int
    arrivals: int
    visits: int
    pageviews: int
    bounces: int
    duration: int
    loads: int
    load_time: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """Custom events of one name. `revenue`: currency -> millionths."""

    name: str
    events: int
    visitors: int
    revenue: dict[str, int]


@dataclass(frozen=True, slots=True)
class RobotRow:
    """Robots of one name that were kept apart; `reason` as in `enrich.robot`, `hits` their views and events."""

    reason: str
    name: str
    visitors: int
    hits: int


@dataclass(slots=True)
class Rollup:
    """A site-day's (or, summed, a period's) figures.

    :ivar tables: per table, name -> [visitors, visits, pageviews]; :ivar others: what the tables leave out.
    :ivar seen: epoch minute -> visitors last seen in it.
    :ivar latest: the latest visits, as columns of `latest.sql`.
    :ivar events: custom events by name; :ivar robots: what no figure counts.
    :ivar beyond: hour -> records that were left out, as their visitors had the most that the site allows in one.
    """

    totals: Totals = field(default_factory=Totals)
    hours: list[Hour] = field(default_factory=list)
    tables: dict[str, list[tuple[str, int, int, int]]] = field(default_factory=dict)
    others: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    latest: list[dict[str, Any]] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    robots: list[RobotRow] = field(default_factory=list)
    beyond: dict[int, int] = field(default_factory=dict)

    def up_to(self, hour: int) -> Totals:
        """The sums of the visits that began, and the views that were, in hours up to and including `hour`."""
        totals = Totals()
        for part in self.hours:
            if part.hour <= hour:
                counts = (part.arrivals, part.visits, part.pageviews, part.bounces)
                totals.add(Totals(*counts, part.duration, part.loads, part.load_time))
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
    """The rollup as stored: the same bytes for the same figures, and never more than an item holds."""
    most = config.TABLE_ROWS
    while len(packed := rollups.pack(*_plain(rollup))) > rollups.MAX_PACKED_BYTES:
        most //= 2  # very many very long names: fewer rows, and the rest in an honest "other"
        for table in TABLES:
            fill(rollup, table, rollup.tables[table], most)
    return packed


def _plain(rollup: Rollup) -> tuple[dict[str, Any], dict[str, Any]]:
    """What every page reads, and what only those with tables do."""
    totals = rollup.totals
    figures = {
        "v": VERSION,
        "totals": totals.values(),
        "hours": [[getattr(hour, part.name) for part in fields(hour)] for hour in rollup.hours],
        "seen": sorted(rollup.seen.items()),
        "beyond": sorted(rollup.beyond.items()),
    }
    tables = {
        "tables": rollup.tables,
        "others": rollup.others,
        "latest": rollup.latest,
        "events": [[row.name, row.events, row.visitors, row.revenue] for row in rollup.events],
        "robots": [[row.reason, row.name, row.visitors, row.hits] for row in rollup.robots],
    }
    return figures, tables


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
        events=[EventRow(*row) for row in data["events"]],
        robots=[RobotRow(*row) for row in data["robots"]],
    )


def unpack_figures(packed: bytes) -> Rollup:
    """A rollup from its stored form, without its tables, events, robots and latest visits: much less to read."""
    data = rollups.unpack_figures(packed)
    return Rollup(
        totals=Totals(*data["totals"]),
        hours=[Hour(*hour) for hour in data["hours"]],
        seen=dict(data["seen"]),
        beyond=dict(data.get("beyond", ())),  # none in rollups of before there was such a thing
    )


def sum_days(newest_first: Iterable[Rollup], most: int | None = config.PERIOD_ROWS) -> Rollup:
    """Several days (or months) as one: totals, tables, events and latest visits. One at a time need be in memory.

    :param most: how many rows of a table are kept; None: all.
    """
    whole = Rollup()
    tables: dict[str, dict[str, list[int]]] = {table: {} for table in TABLES}
    events: dict[str, EventRow] = {}
    for day in newest_first:
        whole.totals.add(day.totals)
        whole.latest += day.latest[: LATEST - len(whole.latest)]
        for table, sums in tables.items():
            _add_rows(sums, day.tables.get(table, ()))
        for table, rest in day.others.items():
            _add_others(whole, table, [rest])
        for row in day.events:
            events[row.name] = _together(events[row.name], row) if row.name in events else row
    tables["pages"] = _respelled(tables["pages"])
    for table, sums in tables.items():
        rows = [(name, visitors, visits, views) for name, (visitors, visits, views) in sums.items()]
        rows.sort(key=lambda row: (-row[1], -row[3], -row[2], row[0]))
        fill(whole, table, rows, most)
    whole.events = sorted(events.values(), key=lambda row: (-row.visitors, -row.events, row.name))
    return whole


def _add_rows(sums: dict[str, list[int]], rows: Iterable[Sequence[Any]]) -> None:
    for name, visitors, visits, views in rows:
        known = sums.get(name)
        if known is None:
            sums[name] = [visitors, visits, views]
        else:
            known[0] += visitors
            known[1] += visits
            known[2] += views


def _respelled(pages: dict[str, list[int]]) -> dict[str, list[int]]:
    """Pages by the one spelling they have, see `iri`: days of before there was one have several of some.

    Their visitors and visits are added, so whoever saw a page in two spellings on one day counts twice there.
    """
    sums: dict[str, list[int]] = {}
    _add_rows(sums, ((iri.respelled(page), *counts) for page, counts in pages.items()))
    return sums


def _together(row: EventRow, other: EventRow) -> EventRow:
    currencies = sorted(row.revenue | other.revenue)
    revenue = {name: row.revenue.get(name, 0) + other.revenue.get(name, 0) for name in currencies}
    return EventRow(row.name, row.events + other.events, row.visitors + other.visitors, revenue)
