"""What of the SQL follows from the catalogue. Files of `aggregate/sql` name it in braces, as in ``{visit_sums}``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from chalicelib import catalogue
from chalicelib.aggregate import table_columns
from chalicelib.aggregate.duckdb_engine import filled, sql
from chalicelib.catalogue import Dimension, Level

_COLUMNS: Final[Mapping[Level, frozenset[str]]] = {
    "visits": frozenset({"day", *table_columns.VISITS}),
    "views": frozenset({"day", *table_columns.VIEWS}),
}


def with_sums(query: str) -> str:
    """A file of `aggregate/sql` with the aggregates of the catalogue in place of their names."""
    sums = ", ".join(f"coalesce({name}, 0)::BIGINT" for name in catalogue.SUMS)
    aggregates = {"{visit_sums}": _aggregates("visits"), "{view_sums}": _aggregates("views")}
    return filled(sql(query), {**aggregates, "{sums}": sums})


def with_dimension(query: str, dimension: Dimension) -> str:
    """A file of `aggregate/sql` with what is known of a dimension in place of its names."""
    values = {
        "{key}": dimension.key,
        "{name}": f"coalesce({dimension.expression}, '')",
        "{columns}": ", ".join(_columns(dimension)),
        "{condition}": dimension.condition,
        "{visitors}": f"count(*){' FILTER (first_of_visitor)' if dimension.of_visitor else ''}",
    }
    return filled(sql(query), values)


def with_dimensions(query: str, dimensions: Sequence[Dimension]) -> str:
    """A file of `aggregate/sql` with lists of what is known of some dimensions."""
    lists = {
        "{keys}": [f"'{one.key}'" for one in dimensions],
        "{names}": [_name(one) for one in dimensions],
        "{of_visitor}": ["true" if one.of_visitor else "false" for one in dimensions],
        "{folded}": [folded_sql(_name(one)) if one.ignores_case else _name(one) for one in dimensions],
    }
    return filled(sql(query), {placeholder: f"[{', '.join(items)}]" for placeholder, items in lists.items()})


def _columns(dimension: Dimension) -> list[str]:
    """The columns that the value of a dimension is made of. Rows are counted by them: many values take long to make."""
    known = _COLUMNS[dimension.level]
    named = re.findall(r"\w+", f"{dimension.expression} {dimension.condition}")
    return [name for name in dict.fromkeys(named) if name in known]


def folded_sql(value: str) -> str:
    """A text in SQL without its case, see `spellings.folded`."""
    return f"translate(lower({value}), 'ς', 'σ')"


def _aggregates(level: Level) -> str:
    return ", ".join(f"{part.sql} AS {name}" for name, part in catalogue.SUMS.items() if part.of == level)


def _name(dimension: Dimension) -> str:
    """The value of a dimension; NULL if the visit or view does not have it."""
    value = f"coalesce({dimension.expression}, '')"
    return value if dimension.condition == "true" else f"CASE WHEN {dimension.condition} THEN {value} END"
