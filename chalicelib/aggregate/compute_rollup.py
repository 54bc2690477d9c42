"""Running the metric SQL: rollups and lists of visits from the views and visits of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib import catalogue, config
from chalicelib.aggregate.duckdb_engine import Engine, sql
from chalicelib.aggregate.event_rows import EventRow
from chalicelib.aggregate.rollup_sums import LATEST, Hour, RobotRow, Rollup, fill
from chalicelib.aggregate.spellings import folded
from chalicelib.catalogue import Dimension, Level, Totals

AFTER_ALL: Final = {"before": 1 << 62, "before_id": ""}


def compute(engine: Engine) -> Rollup:
    """Run the metric SQL over the engine's `views` and `visits`."""
    rollup = Rollup(
        hours=sums_by_hour(engine),
        seen=dict(engine.rows(sql("online_visitors"))),
        latest=latest_visits(engine, LATEST),
        robots=[RobotRow(*row) for row in engine.rows(sql("robots"), {"most": config.TABLE_ROWS})],
    )
    for hour in rollup.hours:
        rollup.totals.add(hour.sums)
    rollup.events, rollup.other_events = named_events(engine, config.TABLE_ROWS)
    for table, dimension in catalogue.DIMENSIONS.items():
        fill(rollup, table, table_rows(engine, dimension), config.TABLE_ROWS)
    return rollup


def named_events(engine: Engine, most: int) -> tuple[list[EventRow], EventRow | None]:
    """Up to `most` custom events by name, those of most visitors first, and the sum of the others, if there are any."""
    rows, others = [], None
    for name, events, visitors, revenue, left_out in engine.rows(
        sql("events"), {"most": most, "currencies": config.EVENT_CURRENCIES}
    ):
        sums = {currency: (amount, times) for currency, amount, times in revenue or ()}
        row = EventRow(name or "", events, visitors, sums, left_out)
        if name is None:
            others = row
        else:
            rows.append(row)
    return rows, others


def sums_by_hour(engine: Engine) -> list[Hour]:
    """The sums of each hour of the day with any activity."""
    rows = engine.rows(with_sums("sums_by_hour"))
    return [Hour(hour, active, Totals(*sums)) for hour, active, *sums in rows]


def sums_by_minute(engine: Engine, day_start: int) -> list[tuple[int, ...]]:
    """Rows of (minute of the day, its sums in the order of `catalogue.SUMS`); `day_start` is in epoch ms."""
    return engine.rows(with_sums("sums_by_minute"), {"start": day_start})


def with_sums(query: str) -> str:
    """A file of `aggregate/sql` with its placeholders in braces replaced by the aggregates of the catalogue."""
    sums = ", ".join(f"coalesce({name}, 0)::BIGINT" for name in catalogue.SUMS)
    text = sql(query).replace("{visit_sums}", _aggregates("visits")).replace("{view_sums}", _aggregates("views"))
    return text.replace("{sums}", sums)


def _aggregates(level: Level) -> str:
    return ", ".join(f"{part.sql} AS {name}" for name, part in catalogue.SUMS.items() if part.of == level)


def table_rows(engine: Engine, dimension: Dimension) -> list[tuple[str, int, int, int]]:
    """All rows of a dimension: (value, visitors, visits, pageviews), most visitors first.

    If the dimension ignores case, each spelling has a row.
    """
    rows = _rows(engine, _by_dimension(f"{dimension.level}_by_dimension", dimension))
    if dimension.ignores_case and len({folded(row[0]) for row in rows}) < len(rows):
        return _rows(engine, _by_dimension("visits_by_spelling", dimension))  # takes twice the time
    return rows


def _by_dimension(query: str, dimension: Dimension) -> str:
    return sql(query).replace("{expression}", dimension.expression).replace("{condition}", dimension.condition)


def _rows(engine: Engine, query: str) -> list[tuple[str, int, int, int]]:
    return [(str(name), int(visitors), int(visits), int(views)) for name, visitors, visits, views in engine.rows(query)]


def latest_visits(
    engine: Engine, most: int, after: Mapping[str, Any] = AFTER_ALL, visitors: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """The latest visits, of all visitors or of some, newest first, as dicts of the columns of `list_visits.sql`."""
    return engine.named_rows(sql("list_visits"), {**after, "most": most, "visitors": visitors})
