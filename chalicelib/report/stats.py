"""The statistics of a site over a period, as the overview, the home page and the API show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.catalogue import Totals
from chalicelib.report import comparisons
from chalicelib.store.sites import Site


@dataclass(frozen=True, slots=True)
class Metrics:
    """The values of `catalogue.METRICS` by key, in their units; None: no data."""

    by_key: Mapping[str, float | None]

    def __getitem__(self, key: str) -> float | None:
        return self.by_key[key]

    @property
    def visitors(self) -> int:
        """The sum of daily visitors."""
        return int(self.by_key["visitors"] or 0)

    @property
    def visits(self) -> int:
        """How many visits began."""
        return int(self.by_key["visits"] or 0)

    @property
    def pageviews(self) -> int:
        """How many pages were viewed."""
        return int(self.by_key["pageviews"] or 0)


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a series.

    :ivar t: its beginning, in the site's zone.
    :ivar sums: of the visits that began in it and the pages viewed in it. In a part of a day, visitors are those who
        viewed a page in it.
    """

    t: datetime
    sums: Totals

    @property
    def visitors(self) -> int:
        """Visitors."""
        return self.sums.visitors

    @property
    def visits(self) -> int:
        """Visits that began in it."""
        return self.sums.visits

    @property
    def pageviews(self) -> int:
        """Page views."""
        return self.sums.pageviews


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table. `name` is the value of the dimension as it is stored, ``""`` if it is unknown."""

    name: str
    visitors: int
    visits: int
    pageviews: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a dimension, those with the most visitors first; `other`: the sum of the rows that are left out."""

    rows: tuple[Row, ...]
    other: Row | None = None


@dataclass(frozen=True, slots=True)
class EventCount:
    """Custom events of one name.

    :ivar revenue: currency (ISO 4217) -> amount.
    :ivar amounts: number of amounts; :ivar amounts_left_out: number of amounts in currencies that are not listed.
    """

    name: str
    events: int
    visitors: int
    revenue: dict[str, float]
    amounts: int = 0
    amounts_left_out: int = 0


@dataclass(frozen=True, slots=True)
class LatestVisit:
    """A visit in the list of the latest ones. Times are aware, in the site's zone; duration in seconds."""

    id: str
    start: datetime
    duration: float
    pageviews: int
    entry_page: str
    browser: str | None
    system: str | None
    device_type: str | None
    country: str | None
    network: str | None
    source: str | None
    identifier: str | None


@dataclass(frozen=True, slots=True)
class Stats:
    """Everything the overview shows.

    :ivar first, last: the period's days, both included.
    :ivar compare_first, compare_last: the days that it is compared with; none if the last is before the first.
    :ivar interval: of the points of `series` and `compare_series`, see `report.intervals`.
    :ivar hours: the period by hour; empty if that was not asked for.
    :ivar online: visitors with activity in the last five minutes.
    :ivar built_at: when the newest rollup was built; None if there is none.
    :ivar outdated: days that could not be updated; their previous build is included.
    :ivar waiting: days that are being built; their previous build is included.
    """

    site: Site
    first: date
    last: date
    compare_first: date
    compare_last: date
    metrics: Metrics
    compare: Metrics
    interval: str
    series: tuple[Point, ...]
    tables: dict[str, Table]
    latest: tuple[LatestVisit, ...]
    online: int
    built_at: datetime | None
    events: tuple[EventCount, ...] = ()
    other_events: EventCount | None = None
    outdated: tuple[date, ...] = ()
    waiting: tuple[date, ...] = ()
    compare_series: tuple[Point, ...] = ()
    hours: tuple[Point, ...] = ()
    compare_kind: str = comparisons.PREVIOUS

    @property
    def is_compared(self) -> bool:
        """Whether there is a period to compare with."""
        return self.compare_first <= self.compare_last

    def compares_same_time(self, today: date) -> bool:
        """Whether the comparison counts only up to the time of day that it is now, see `comparisons.Comparison`."""
        return self.last == today and self.compare_kind in comparisons.UP_TO_NOW


def shortened(stats: Stats, most: int) -> Stats:
    """`stats` with at most so many rows of each table and events; the rest is in `other` and `other_events`."""
    other_events = stats.other_events
    for row in stats.events[most:]:
        before = other_events or EventCount("", 0, 0, {})
        amounts = before.amounts + row.amounts
        other_events = EventCount("", before.events + row.events, before.visitors + row.visitors, {}, amounts, amounts)
    return replace(
        stats,
        tables={name: _shortened(table, most) for name, table in stats.tables.items()},
        latest=stats.latest[:most],
        events=stats.events[:most],
        other_events=other_events,
    )


def _shortened(table: Table, most: int) -> Table:
    if len(table.rows) <= most:
        return table
    rest = [*table.rows[most:], *([table.other] if table.other else [])]
    sums = (sum(getattr(row, name) for row in rest) for name in ("visitors", "visits", "pageviews"))
    return Table(table.rows[:most], Row("", *sums))
