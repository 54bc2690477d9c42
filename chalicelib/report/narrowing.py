"""Narrowing: `human_visits`, `human_views` and `custom_events` of an engine become those that meet conditions.

All queries then run on them as they do without filters. The rules (docs/adr/0052):

* A **visit** is kept, as a whole, if it meets the conditions on visits, and has a page view that meets all those on
  views, and an event that meets all those on events; but not if it has a view or event that a condition excludes.
* A **view** is kept if its visit is, and if it meets the conditions on views.
* An **event** is kept if its visit is, and if it meets the conditions on events. Events outside of all visits are kept
  as long as there is no condition on visits or views.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.aggregate.table_columns import VISITS
from chalicelib.report.filter_sql import Clauses
from chalicelib.report.filters import Condition

LISTED: Final = "listed_visits"
_VISIT: Final = "visitor_number, visit"
# The columns that sums are made of. Each further one takes time to copy, and many are large.
_SUMMED_OF_VISITS: Final = f"day, {_VISIT}, started, hour, pageviews, bounce, duration, first_of_visitor"
_SUMMED_OF_VIEWS: Final = f"day, {_VISIT}, hour, engagement, load_time, scroll"
# The columns that tables are made of, too: of visits, all but those that only lists of visits need.
_OF_LISTS: Final = ("visitor", "id", "last_seen", "identifier", "latitude", "longitude", "timezone", "events")
_OF_VISITS: Final = ", ".join(("day", *(name for name in VISITS if name not in _OF_LISTS)))
_OF_VIEWS: Final = f"{_SUMMED_OF_VIEWS}, page, host"


@dataclass(frozen=True, slots=True)
class Window:
    """Instants from `first` on and before `end`, epoch ms, in which a visit must have a view to be kept."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Needed:
    """What a question needs besides sums.

    :ivar tables: the values of dimensions, and events; :ivar times: the instants of views.
    """

    tables: bool = True
    times: bool = True


EVERYTHING: Final = Needed()


def narrow(
    db: Engine, conditions: Sequence[Condition], window: Window | None = None, needed: Needed = EVERYTHING
) -> None:
    """Narrow the relations of an engine to what meets all conditions, with the columns that are needed.

    The relation :data:`LISTED` has the same visits with all their columns, for lists of a few of them.

    :param window: of views: a further condition on views.
    """
    whole = db.since("human_visits")
    db.define(LISTED, whole)
    if not conditions and window is None:
        return
    parts = _Parts.of(db, conditions, window)
    _narrow_visits(db, parts, _OF_VISITS if needed.tables else _SUMMED_OF_VISITS)
    db.define(LISTED, lambda since: _listed(whole(since)))
    columns = ("t, " if needed.times else "") + (_OF_VIEWS if needed.tables else _SUMMED_OF_VIEWS)
    views = f"SELECT {columns} FROM human_views WHERE {parts.views.all()}"  # noqa: S608
    _replace(db, "human_views", f"FROM ({views}) SEMI JOIN human_visits USING ({_VISIT})", parts)
    if needed.tables:
        _replace(db, "custom_events", _events(parts), parts)


def narrow_visits(db: Engine, conditions: Sequence[Condition]) -> None:
    """Narrow `human_visits` alone, so that the views and events of each visit remain whole."""
    if conditions:
        parts = _Parts.of(db, conditions, None)
        _narrow_visits(db, parts)


def cut_at(db: Engine, end: int) -> None:
    """Leave out what happened after an instant: visits that began, views and events. To be called before `narrow`.

    :param end: epoch ms.
    """
    if latest(db) <= end:
        return
    parts = _Parts()
    parts.views.texts.append("t <= $end")
    parts.visits.texts.append("started <= $end")
    parts.parameters["end"] = end
    _narrow_visits(db, parts)
    for relation in ("human_views", "custom_events"):
        _replace(db, relation, f"SELECT * FROM {relation} WHERE t <= $end", parts)  # noqa: S608


def latest(db: Engine) -> int:
    """The latest instant at which anything happened, epoch ms; 0 if nothing did."""
    times = " UNION ALL ".join(f"SELECT max(t) AS t FROM {name}" for name in ("human_views", "custom_events"))  # noqa: S608
    return int(db.rows(f"SELECT coalesce(max(t), 0) FROM ({times})")[0][0])  # noqa: S608


@dataclass(slots=True)
class _Parts:
    """The conditions by what they are about, and whether they exclude, with their parameters."""

    parameters: dict[str, Any] = field(default_factory=dict)
    visits: Clauses = field(default_factory=Clauses)
    views: Clauses = field(default_factory=Clauses)
    excluded_views: Clauses = field(default_factory=Clauses)
    events: Clauses = field(default_factory=Clauses)
    excluded_events: Clauses = field(default_factory=Clauses)

    @classmethod
    def of(cls, db: Engine, conditions: Sequence[Condition], window: Window | None) -> _Parts:
        parts = cls()
        for condition in conditions:
            level = condition.field.level
            if level == "visits":
                parts.visits.add(db, condition, parts.parameters, negate=condition.excludes)
            elif condition.excludes:
                (parts.excluded_views if level == "views" else parts.excluded_events).add(
                    db, condition, parts.parameters
                )
            else:
                (parts.views if level == "views" else parts.events).add(db, condition, parts.parameters)
        if window is not None:
            parts.views.texts.append("t >= $window_first AND t < $window_end")
            parts.parameters |= {"window_first": window.first, "window_end": window.end}
        return parts


def _visits(parts: _Parts, columns: str) -> str:
    """The visits that meet the conditions; `pageviews` counts the views that do."""
    joins, matched = [], ""
    if parts.views.texts:
        matched = " REPLACE (matched.pageviews AS pageviews)"
        joins.append(
            f"JOIN (SELECT {_VISIT}, count(*) AS pageviews FROM human_views WHERE {parts.views.all()} GROUP BY ALL)"  # noqa: S608
            f" AS matched USING ({_VISIT})"
        )
    if parts.events.texts:
        joins.append(f"SEMI JOIN (FROM custom_events WHERE {parts.events.all()}) AS done USING ({_VISIT})")
    if parts.excluded_views.texts:
        joins.append(f"ANTI JOIN (FROM human_views WHERE {parts.excluded_views.any()}) AS viewed USING ({_VISIT})")
    if parts.excluded_events.texts:
        joins.append(f"ANTI JOIN (FROM custom_events WHERE {parts.excluded_events.any()}) AS other USING ({_VISIT})")
    # Conditions on visits come first: names such as `pageviews` are those of the whole visit there.
    source = f"(SELECT {columns} FROM human_visits WHERE {parts.visits.all()}) AS human_visits"  # noqa: S608
    return f"SELECT human_visits.*{matched} FROM {source} {' '.join(joins)}"  # noqa: S608


def _listed(whole: str) -> str:
    """The visits of a query that are in the narrowed relation."""
    listed = f"SELECT whole.* REPLACE (narrowed.pageviews AS pageviews) FROM ({whole}) AS whole"  # noqa: S608
    return f"{listed} JOIN human_visits AS narrowed USING ({_VISIT})"


def _events(parts: _Parts) -> str:
    wanted = f"{parts.events.all()} AND NOT ({parts.excluded_events.any()})"
    if parts.visits.texts or parts.views.texts or parts.excluded_views.texts:
        return f"SELECT kept.* FROM custom_events AS kept SEMI JOIN human_visits USING ({_VISIT}) WHERE {wanted}"  # noqa: S608
    excluded = f"(FROM custom_events WHERE {parts.excluded_events.any()}) AS excluded"
    return f"SELECT kept.* FROM custom_events AS kept ANTI JOIN {excluded} USING ({_VISIT}) WHERE {wanted}"  # noqa: S608


def _narrow_visits(db: Engine, parts: _Parts, columns: str = "*") -> None:
    """Narrow `human_visits`, and mark the first of those that are left of each visitor.

    :param columns: those that are needed.
    """
    table = _replace(db, "human_visits", _visits(parts, columns), parts)
    several = f"SELECT visitor_number FROM {table} WHERE NOT first_of_visitor"  # noqa: S608
    firsts = f"FROM {table} WHERE visitor_number IN ({several}) GROUP BY visitor_number"
    wanted = f"({_VISIT}) IN (SELECT (visitor_number, min(visit)) {firsts})"
    db.execute(f"UPDATE {table} SET first_of_visitor = true WHERE NOT first_of_visitor AND {wanted}")  # noqa: S608


def _replace(db: Engine, relation: str, query: str, parts: _Parts) -> str:
    """Narrow a relation to the result of a query over it; the name of its table."""
    used = {name: parts.parameters[name] for name in re.findall(r"\$(\w+)", query)}
    return db.narrow(relation, query, used)
