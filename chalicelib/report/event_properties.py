"""Custom events by their properties, computed from segments, because rollups cannot hold all properties."""

from __future__ import annotations

from typing import Any

from chalicelib import pagination
from chalicelib.aggregate.duckdb_engine import Engine, engine, sql
from chalicelib.report.day_tables import load_days
from chalicelib.report.filter_sql import json_pointer
from chalicelib.report.periods import Period
from chalicelib.report.refresh import refresh_dirty_days
from chalicelib.store import rollups
from chalicelib.store.sites import Site

MAX_ROWS = 500
# The most frequent property names are returned; clients can send any number of names.
MAX_NAMES = 100


def breakdown(
    site: Site, period: Period, name: str, of_property: str | None, first: int = 0, limit: int = MAX_ROWS
) -> dict[str, Any]:
    """The properties of the events with this `name`, and the values of one property with their counts.

    :param of_property: the property; None for the most frequent one.
    :param first: index of the first value; :param limit: maximum number of values.
    """
    refresh_dirty_days(site, period.first, period.last)
    built = rollups.without_figures(site.id, period.first, period.last)
    with engine() as db:
        load_days(db, site, built)
        found = db.rows(sql("event_property_names"), {"event": name, "most": MAX_NAMES})
        names = [row[0] for row in found]
        chosen = of_property or (names[0] if names else None)
        rows = _values(db, name, chosen, first, limit + 1) if chosen is not None else []
    shown, further = pagination.part(rows, 0, limit)
    return {
        "site": site.id,
        "name": name,
        "properties": names,
        "properties_left_out": found[0][2] - len(names) if found else 0,
        "property": chosen,
        "rows": shown,
        "next": str(first + len(shown)) if further else None,
    }


def _values(db: Engine, name: str, of_property: str, first: int, most: int) -> list[dict[str, Any]]:
    asked = {"event": name, "property": json_pointer(of_property), "first": first, "most": most}
    found = db.rows(sql("event_properties"), asked)
    return [{"value": value, "events": events, "visitors": visitors} for value, events, visitors in found]
