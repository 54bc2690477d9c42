"""What of the SQL follows from the catalogue. Files of `aggregate/sql` name it in braces, as in ``{visit_sums}``."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib import catalogue
from chalicelib.aggregate.duckdb_engine import sql
from chalicelib.catalogue import Dimension, Level


def with_sums(query: str) -> str:
    """A file of `aggregate/sql` with the aggregates of the catalogue in place of their names."""
    sums = ", ".join(f"coalesce({name}, 0)::BIGINT" for name in catalogue.SUMS)
    text = sql(query).replace("{visit_sums}", _aggregates("visits")).replace("{view_sums}", _aggregates("views"))
    return text.replace("{sums}", sums)


def with_dimensions(query: str, dimensions: Iterable[Dimension]) -> str:
    """A file of `aggregate/sql` with lists of the keys and values of some dimensions.

    Lists whose name begins with ``varying_`` have the dimensions of which a visitor can have several values in a day.
    """
    listed = list(dimensions)
    varying = [one for one in listed if not one.of_visitor]
    lists = {
        "{keys}": [f"'{one.key}'" for one in listed],
        "{names}": [_name(one) for one in listed],
        "{of_visitor}": [str(one.of_visitor).lower() for one in listed],
        "{varying_keys}": [f"'{one.key}'" for one in varying],
        "{varying_names}": [_name(one) for one in varying],
        "{varying_folded}": [folded_sql(_name(one)) if one.ignores_case else _name(one) for one in varying],
    }
    text = sql(query)
    for placeholder, items in lists.items():
        kind = "BOOLEAN" if placeholder == "{of_visitor}" else "VARCHAR"
        text = text.replace(placeholder, f"[{', '.join(items)}]::{kind}[]")
    return text


def folded_sql(value: str) -> str:
    """A text in SQL without its case, see `spellings.folded`."""
    return f"translate(lower({value}), 'ς', 'σ')"


def _aggregates(level: Level) -> str:
    return ", ".join(f"{part.sql} AS {name}" for name, part in catalogue.SUMS.items() if part.of == level)


def _name(dimension: Dimension) -> str:
    """The value of a dimension; NULL if the visit or view does not have it."""
    value = f"coalesce({dimension.expression}, '')"
    return value if dimension.condition == "true" else f"CASE WHEN {dimension.condition} THEN {value} END"
