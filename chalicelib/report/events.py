"""Custom events by their properties, over segments: what no rollup could hold for every property there may be."""

from __future__ import annotations

from typing import Any

from chalicelib.aggregate.engine import Engine, engine, sql
from chalicelib.report.periods import Period
from chalicelib.report.query import refresh_dirty_days
from chalicelib.report.visits import load_days
from chalicelib.store import rollups
from chalicelib.store.sites import Site

MAX_ROWS = 500


def breakdown(site: Site, period: Period, name: str, of_property: str | None) -> dict[str, Any]:
    """The properties that events called `name` have, and how often each value of one of them.

    :param of_property: which; None for the one that most of the events have.
    """
    refresh_dirty_days(site, period.first, period.last)
    days = [item.day for item in rollups.between(site.id, period.first, period.last)]
    with engine() as db:
        load_days(db, site, days)
        names = [row[0] for row in db.rows(sql("event_property_names"), {"event": name})]
        chosen = of_property or (names[0] if names else None)
        rows = _values(db, name, chosen) if chosen is not None else []
    return {"site": site.id, "name": name, "properties": names, "property": chosen, "rows": rows}


def _values(db: Engine, name: str, of_property: str) -> list[dict[str, Any]]:
    found = db.rows(sql("event_properties"), {"event": name, "property": _pointer(of_property), "most": MAX_ROWS})
    return [{"value": value, "events": events, "visitors": visitors} for value, events, visitors in found]


def _pointer(name: str) -> str:
    """A property's place, as a JSON Pointer (RFC 6901): of a JSON path, a name like ``*`` would mean all of them."""
    whole = name.encode("utf-8", "replace").decode("utf-8")
    return "/" + whole.replace("~", "~0").replace("/", "~1")
