"""Running the metric SQL: rollups and lists of visits from the views and visits of an engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from chalicelib import catalogue, config
from chalicelib.aggregate import figures
from chalicelib.aggregate.catalogue_sql import with_sums
from chalicelib.aggregate.duckdb_engine import Engine, sql
from chalicelib.aggregate.event_rows import EventRow
from chalicelib.aggregate.rollup_sums import LATEST, Hour, RobotRow, Rollup
from chalicelib.catalogue import Totals

# A row of a table: value, visitors, visits, pageviews.
Counts = tuple[str, int, int, int]
_ALL: Final = 1 << 62
# The visitors who are online were active in the last five minutes; how many these are is known for so many minutes.
_SEEN_MINUTES: Final = 30


def compute(engine: Engine) -> Rollup:
    """The rollup of the engine's relations."""
    figures.compute(engine)
    rollup = of_figures(engine)
    rollup.latest = latest_visits(engine, LATEST)
    return rollup


def of_figures(engine: Engine) -> Rollup:
    """The rollup of the engine's `figures`, without latest visits."""
    rollup = Rollup(
        hours=_hours(engine),
        seen=_seen(engine),
        robots=[RobotRow(*row) for row in engine.rows(sql("robots"), {"most": config.TABLE_ROWS})],
    )
    for hour in rollup.hours:
        rollup.totals.add(hour.sums)
    rollup.events, rollup.other_events = named_events(engine, config.TABLE_ROWS)
    rollup.tables, rollup.others = tables(engine, most=config.TABLE_ROWS)
    return rollup


def _hours(engine: Engine) -> list[Hour]:
    """The sums of each hour of the day with any activity."""
    query = f"SELECT name::INTEGER AS hour, active, {', '.join(catalogue.SUMS)} FROM figures"  # noqa: S608
    rows = engine.rows(f"{query} WHERE kind = $kind ORDER BY hour", {"kind": figures.HOUR})
    return [Hour(hour, active, Totals(*sums)) for hour, active, *sums in rows]


def _seen(engine: Engine) -> dict[int, int]:
    """Visitors by the minute (epoch) in which they were last active, in the latest minutes of the data."""
    query = "SELECT name::BIGINT AS minute, visitors FROM figures WHERE kind = $kind ORDER BY minute DESC LIMIT $most"
    rows = engine.rows(query, {"kind": figures.MINUTE, "most": _SEEN_MINUTES})
    return {minute: visitors for minute, visitors in reversed(rows) if minute > rows[0][0] - _SEEN_MINUTES}


def named_events(engine: Engine, most: int) -> tuple[list[EventRow], EventRow | None]:
    """From `figures`, up to `most` custom events by name, those of most visitors first, and the sum of the others."""
    rows, others = [], None
    for name, events, visitors, revenue, left_out in engine.rows(
        sql("events"), {"most": most, "currencies": config.EVENT_CURRENCIES}
    ):
        sums = {currency: (int(amount), times) for currency, amount, times in revenue or ()}
        row = EventRow(name or "", events, visitors, sums, left_out)
        if name is None:
            others = row
        else:
            rows.append(row)
    return rows, others


def tables(
    engine: Engine, keys: Iterable[str] | None = None, most: int | None = None
) -> tuple[dict[str, list[Counts]], dict[str, tuple[int, int, int]]]:
    """From `figures`, the tables of some dimensions, and the sums of what is left out of them.

    Rows are (value, visitors, visits, pageviews), most visitors first. If a dimension ignores case, each spelling has
    a row.

    :param keys: those dimensions; None: all. :param most: rows per table; None: all.
    """
    found: dict[str, list[Counts]] = {key: [] for key in (catalogue.DIMENSIONS if keys is None else keys)}
    others: dict[str, tuple[int, int, int]] = {}
    for kind, name, visitors, visits, views in engine.rows(sql("tables"), {"kinds": [*found], "most": most or _ALL}):
        if name is None:
            others[kind] = (visitors, visits, views)
        else:
            found[kind].append((name, visitors, visits, views))
    return found, others


def sums_by_minute(engine: Engine, day_start: int) -> list[tuple[int, ...]]:
    """Rows of (minute of the day, its sums in the order of `catalogue.SUMS`); `day_start` is in epoch ms."""
    return engine.rows(with_sums("sums_by_minute"), {"start": day_start})


def latest_visits(
    engine: Engine,
    most: int,
    after: Mapping[str, Any] | None = None,
    visitors: Sequence[str] | None = None,
    listed: str = "human_visits",
) -> list[dict[str, Any]]:
    """The latest visits, newest first, as dicts of the columns of `list_visits.sql`.

    :param after: those that come after a visit in that order, of which `before` is the start and `before_id` the id and
        visitor; None: all.
    :param visitors: those of some visitors; None: of all.
    :param listed: the relation with all columns of these visits.
    """
    parameters: dict[str, Any] = {"most": most}
    conditions = ["true"]
    if after is not None:
        parameters |= after
        conditions.append("(started < $before OR (started = $before AND id || visitor < $before_id))")
    if visitors is not None:
        parameters["visitors"] = visitors
        conditions.append("list_contains($visitors, visitor)")
    wanted = " AND ".join(conditions)
    # Most columns are needed of few visits: which ones is looked up in a few columns, and of which days, so that only
    # their files are opened.
    times = f"SELECT started, day FROM human_visits WHERE {wanted} ORDER BY started DESC LIMIT $most"  # noqa: S608
    ((oldest, day),) = engine.rows(f"SELECT min(started), min(day) FROM ({times})", parameters)  # noqa: S608
    if oldest is None:
        return []
    text = sql("list_visits").replace("{conditions}", f"started >= {oldest} AND {wanted}")
    return engine.named_rows(text.replace("{visits}", f"({engine.since(listed)(day)})"), parameters)
