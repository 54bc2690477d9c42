"""Figures: what a rollup is made of, as rows that can be added and taken away again.

The relation `figures` has a row for each value of each kind of figure:

===============  ======================================  ==========================================================
kind             name, detail                            columns that are filled
===============  ======================================  ==========================================================
key of a         value of the dimension                  visitors, visits, pageviews
dimension
:data:`HOUR`     hour of the day                         active (visitors with a page view in it), the catalogue's sums
:data:`MINUTE`   epoch minute                            visitors last seen in it
:data:`EVENT`    name of a custom event                  visitors, events
:data:`REVENUE`  name of a custom event, currency        amount (millionths), times
:data:`ROBOT`    name of a bot, why it is one            visitors, hits (views and custom events)
===============  ======================================  ==========================================================

All rows of a visitor are computed together. So figures of different visitors add up, and those of a visitor's rows that
are replaced can be taken away: a day's figures follow from what has changed in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from chalicelib import catalogue
from chalicelib.aggregate.catalogue_sql import with_dimension, with_dimensions, with_sums
from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.aggregate.table_columns import FIGURES, RELATIONS, no_rows
from chalicelib.catalogue import Dimension

HOUR: Final = "of hour"
MINUTE: Final = "last seen"
EVENT: Final = "event"
REVENUE: Final = "revenue"
ROBOT: Final = "robot"
# Of so many visits, one query for all dimensions takes as long as one for each (`bench/questions.py`).
_FEW_VISITS: Final = 20_000
_OTHER_KINDS: Final = {
    HOUR: "figures_by_hour", MINUTE: "figures_by_minute", EVENT: "figures_of_events", ROBOT: "figures_of_robots",
}  # fmt: skip
_SUMS: Final = tuple(name for name in FIGURES if name not in ("kind", "name", "detail"))


def compute(db: Engine, kinds: Collection[str] | None = None, replaced: Mapping[str, str] | None = None) -> None:
    """Compute `figures` from the relations of the engine.

    :param kinds: keys of dimensions, and others of those above; None: all. Revenue comes with events.
    :param replaced: relation -> the table with rows whose figures are taken away.
    """
    kinds = (*catalogue.DIMENSIONS, *_OTHER_KINDS) if kinds is None else kinds
    chosen = [one for key, one in catalogue.DIMENSIONS.items() if key in kinds]
    ((visits,),) = db.rows("SELECT count(*) FROM human_visits")
    queries = _of_visits([one for one in chosen if one.level == "visits"], visits)
    queries += [with_dimension("figures_of_views", one) for one in chosen if one.level == "views"]
    queries += [with_sums(name) for kind, name in _OTHER_KINDS.items() if kind in kinds]
    text = " UNION ALL BY NAME ".join(f"({query})" for query in queries)
    for name, relation in RELATIONS.items():
        if replaced:
            db.execute(f"CREATE OR REPLACE TEMP TABLE signed_{name} AS {_signed(relation, replaced)}")
        text = text.replace(f"{{{name}}}", f"signed_{name}" if replaced else relation)
    text = text.replace("{sign}", "sign" if replaced else "1")
    signed = {name: f"CASE WHEN sign > 0 THEN {name} ELSE -{name} END" if replaced else name for name in _SUMS}
    rows = f"{text} UNION ALL BY NAME {no_rows(FIGURES)}"
    db.execute(f"CREATE OR REPLACE TEMP TABLE figures AS {_added(rows, signed)}")


def _of_visits(chosen: Sequence[Dimension], visits: int) -> list[str]:
    """Queries for the figures of dimensions of visits, of which there are so many."""
    if not chosen:
        return []
    if visits <= _FEW_VISITS:
        queries = [with_dimensions("figures_of_visit_values", chosen)]
    else:
        queries = [with_dimension("figures_of_visits", one) for one in chosen]
    # A visitor can have several values in a day, unless the dimension is one of visitors.
    if varying := [one for one in chosen if not one.of_visitor]:
        queries.append(with_dimensions("figures_of_repetitions", varying))
    return queries


def _signed(relation: str, replaced: Mapping[str, str]) -> str:
    """A query for the rows that are added and those that are taken away."""
    rows = f"SELECT 1 AS sign, * FROM {relation}"  # noqa: S608
    if relation not in replaced:
        return rows
    return f"{rows} UNION ALL BY NAME SELECT -1 AS sign, * FROM {replaced[relation]}"  # noqa: S608


def add(db: Engine, rows: str) -> None:
    """Define `figures` as the sum of figures, which are given by a query."""
    db.execute(f"CREATE OR REPLACE TEMP TABLE figures AS {added(rows)}")


def added(figures: str) -> str:
    """The query for the sum of figures, which are given by a query."""
    return _added(figures, {name: name for name in _SUMS})


def _added(rows: str, values: Mapping[str, str]) -> str:
    sums = ", ".join(f"coalesce(sum({value}), 0)::{FIGURES[name]} AS {name}" for name, value in values.items())
    anything = " OR ".join(f"{name} != 0" for name in values)
    return f"SELECT kind, name, detail, {sums} FROM ({rows}) GROUP BY kind, name, detail HAVING {anything}"  # noqa: S608
