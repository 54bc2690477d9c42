"""A rollup: the result of the metric SQL over one site-day, and how days add up to a period.

What a rollup holds is sums, so that the figures of any period are ratios of sums of sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from chalicelib import config
from chalicelib.aggregate.engine import Engine, sql
from chalicelib.store import rollups

VERSION: Final = 1
LATEST: Final = 10

# Table -> column of `visits`, and which visits count. Visits without a referrer are in `sources` and `channels`, as
# Direct; those without a campaign in no row of `campaigns`.
DIMENSIONS: Final[Mapping[str, tuple[str, str]]] = {
    "referrers": ("referrer", "referrer IS NOT NULL"),
    "sources": ("source", "true"),
    "channels": ("channel", "true"),
    "campaigns": ("campaign", "campaign IS NOT NULL"),
    "countries": ("country", "true"),
    "regions": ("concat_ws(', ', region, country)", "region IS NOT NULL"),
    "cities": ("concat_ws(', ', city, country)", "city IS NOT NULL"),
    "networks": ("network", "network IS NOT NULL"),
    "browsers": ("browser", "true"),
    "systems": ("system", "true"),
    "devices": ("device_type", "true"),
}
TABLES: Final = ("pages", *DIMENSIONS)
_LATEST_FIELDS: Final = (
    "day", "visitor", "visit", "id", "started", "last_seen", "duration", "bounce", "pageviews", "entry_page",
    "referrer", "source", "identifier", "browser", "system", "device_type", "country", "network",
    "region", "city", "latitude", "longitude", "timezone",
)  # fmt: skip
AFTER_ALL: Final = {"before": 1 << 62, "before_id": ""}


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
    """Robots of one name that were kept apart; `reason` as in `enrich.robot`, `hits` their views."""

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
    """

    totals: Totals = field(default_factory=Totals)
    hours: list[Hour] = field(default_factory=list)
    tables: dict[str, list[tuple[str, int, int, int]]] = field(default_factory=dict)
    others: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    latest: list[dict[str, Any]] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    robots: list[RobotRow] = field(default_factory=list)

    def up_to(self, hour: int) -> Totals:
        """The sums of the visits that began, and the views that were, in hours up to and including `hour`."""
        totals = Totals()
        for part in self.hours:
            if part.hour <= hour:
                counts = (part.arrivals, part.visits, part.pageviews, part.bounces)
                totals.add(Totals(*counts, part.duration, part.loads, part.load_time))
        return totals


def compute(engine: Engine) -> Rollup:
    """Run the metric SQL over the engine's `views` and `visits`."""
    rollup = Rollup(
        totals=Totals(*engine.rows(sql("totals"))[0]),
        hours=[Hour(*row) for row in engine.rows(sql("hours"))],
        seen=dict(engine.rows(sql("seen"))),
        latest=latest_visits(engine, LATEST),
        events=[EventRow(*row) for row in engine.rows(sql("events"))[: config.TABLE_ROWS]],
        robots=[RobotRow(*row) for row in engine.rows(sql("robots"), {"most": config.TABLE_ROWS})],
    )
    for table in TABLES:
        _fill(rollup, table, table_rows(engine, table), config.TABLE_ROWS)
    return rollup


def table_rows(engine: Engine, table: str) -> list[tuple[str, int, int, int]]:
    """All rows of a table: (name, visitors, visits, pageviews), most visitors first."""
    if table == "pages":
        rows = engine.rows(sql("pages"))
    else:
        column, condition = DIMENSIONS[table]
        rows = engine.rows(sql("dimension").replace("{column}", column).replace("{condition}", condition))
    return [(str(name), int(visitors), int(visits), int(views)) for name, visitors, visits, views in rows]


def latest_visits(
    engine: Engine, most: int, after: Mapping[str, Any] = AFTER_ALL, visitors: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """The latest visits, of all visitors or of some, newest first, as dicts of the columns of `latest.sql`."""
    rows = engine.rows(sql("latest"), {**after, "most": most, "visitors": visitors})
    return [dict(zip(_LATEST_FIELDS, row, strict=True)) for row in rows]


def _fill(rollup: Rollup, table: str, rows: list[tuple[str, int, int, int]], most: int) -> None:
    rest = rows[most:]
    rollup.tables[table] = rows[:most]
    if rest:
        before = rollup.others.get(table, (0, 0, 0))
        rollup.others[table] = (
            before[0] + sum(row[1] for row in rest),
            before[1] + sum(row[2] for row in rest),
            before[2] + sum(row[3] for row in rest),
        )


def pack(rollup: Rollup) -> bytes:
    """The rollup as stored: the same bytes for the same figures, and never more than an item holds."""
    most = config.TABLE_ROWS
    while len(packed := rollups.pack(_plain(rollup))) > rollups.MAX_PACKED_BYTES:
        most //= 2  # very many very long names: fewer rows, and the rest in an honest "other"
        for table in TABLES:
            _fill(rollup, table, rollup.tables[table], most)
    return packed


def _plain(rollup: Rollup) -> dict[str, Any]:
    totals = rollup.totals
    return {
        "v": VERSION,
        "totals": [getattr(totals, part.name) for part in fields(totals)],
        "hours": [[getattr(hour, part.name) for part in fields(hour)] for hour in rollup.hours],
        "tables": rollup.tables,
        "others": rollup.others,
        "seen": sorted(rollup.seen.items()),
        "latest": rollup.latest,
        "events": [[row.name, row.events, row.visitors, row.revenue] for row in rollup.events],
        "robots": [[row.reason, row.name, row.visitors, row.hits] for row in rollup.robots],
    }


def unpack(packed: bytes) -> Rollup:
    """A rollup from its stored form."""
    data = rollups.unpack(packed)
    return Rollup(
        totals=Totals(*data["totals"]),
        hours=[Hour(*hour) for hour in data["hours"]],
        tables=data["tables"],
        others={name: (v, s, p) for name, (v, s, p) in data["others"].items()},
        seen=dict(data["seen"]),
        latest=data["latest"],
        events=[EventRow(*row) for row in data.get("events", ())],
        robots=[RobotRow(*row) for row in data.get("robots", ())],
    )


def add_tables(rollups_of_days: Iterable[Rollup], table: str) -> list[tuple[str, int, int, int]]:
    """One table over several days: rows added by name, most visitors first."""
    sums: dict[str, list[int]] = {}
    for rollup in rollups_of_days:
        for name, visitors, visits, pageviews in rollup.tables.get(table, ()):
            known = sums.get(name)
            if known is None:
                sums[name] = [visitors, visits, pageviews]
            else:
                known[0] += visitors
                known[1] += visits
                known[2] += pageviews
    rows = [(name, counts[0], counts[1], counts[2]) for name, counts in sums.items()]
    rows.sort(key=lambda row: (-row[1], -row[3], -row[2], row[0]))
    return rows


def add_events(rollups_of_days: Iterable[Rollup]) -> list[EventRow]:
    """Custom events over several days, added by name, most visitors first."""
    sums: dict[str, tuple[int, int, dict[str, int]]] = {}
    for rollup in rollups_of_days:
        for row in rollup.events:
            events, visitors, revenue = sums.get(row.name, (0, 0, {}))
            added = {
                currency: revenue.get(currency, 0) + row.revenue.get(currency, 0) for currency in revenue | row.revenue
            }
            sums[row.name] = (events + row.events, visitors + row.visitors, added)
    rows = [EventRow(name, *counts) for name, counts in sums.items()]
    return sorted(rows, key=lambda row: (-row.visitors, -row.events, row.name))
