"""The metric SQL at work: from an engine's views and visits to a rollup, and to lists of visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib import config
from chalicelib.aggregate.duckdb_engine import Engine, sql
from chalicelib.aggregate.rollup import LATEST, SPELLED, TABLES, EventRow, Hour, RobotRow, Rollup, Totals, fill, folded

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
AFTER_ALL: Final = {"before": 1 << 62, "before_id": ""}


def compute(engine: Engine) -> Rollup:
    """Run the metric SQL over the engine's `views` and `visits`."""
    rollup = Rollup(
        totals=Totals(*engine.rows(sql("totals"))[0]),
        hours=[Hour(*row) for row in engine.rows(sql("hours"))],
        seen=dict(engine.rows(sql("seen"))),
        latest=latest_visits(engine, LATEST),
        robots=[RobotRow(*row) for row in engine.rows(sql("robots"), {"most": config.TABLE_ROWS})],
    )
    for name, events, visitors, revenue, left_out in engine.rows(
        sql("events"), {"most": config.TABLE_ROWS, "currencies": config.EVENT_CURRENCIES}
    ):
        sums = {currency: (amount, times) for currency, amount, times in revenue or ()}
        row = EventRow(name or "", events, visitors, sums, left_out)
        if name is None:
            rollup.other_events = row
        else:
            rollup.events.append(row)
    for table in TABLES:
        fill(rollup, table, table_rows(engine, table), config.TABLE_ROWS)
    return rollup


def table_rows(engine: Engine, table: str) -> list[tuple[str, int, int, int]]:
    """All rows of a table: (name, visitors, visits, pageviews), most visitors first; of `SPELLED`, a row a spelling."""
    if table == "pages":
        return _rows(engine, sql("pages"))
    rows = _rows(engine, _dimension("dimension", table))
    if table in SPELLED and len({folded(row[0]) for row in rows}) < len(rows):
        return _rows(engine, _dimension("spelled_dimension", table))  # twice the work, for who may be in two rows
    return rows


def _dimension(query: str, table: str) -> str:
    column, condition = DIMENSIONS[table]
    return sql(query).replace("{column}", column).replace("{condition}", condition)


def _rows(engine: Engine, query: str) -> list[tuple[str, int, int, int]]:
    return [(str(name), int(visitors), int(visits), int(views)) for name, visitors, visits, views in engine.rows(query)]


def latest_visits(
    engine: Engine, most: int, after: Mapping[str, Any] = AFTER_ALL, visitors: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """The latest visits, of all visitors or of some, newest first, as dicts of the columns of `latest.sql`."""
    return engine.named_rows(sql("latest"), {**after, "most": most, "visitors": visitors})
