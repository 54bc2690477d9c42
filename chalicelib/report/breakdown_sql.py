"""The SQL of a breakdown: its rows with all sums, searched, sorted, and from a cursor on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib import catalogue
from chalicelib.aggregate.catalogue_sql import folded_sql, with_sums
from chalicelib.aggregate.duckdb_engine import Engine, filled, sql
from chalicelib.aggregate.spellings import folded
from chalicelib.report import filter_sql
from chalicelib.report.breakdown_question import Question
from chalicelib.report.filters import Field


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters.

    :ivar order: how many columns at the end of each row say where it stands in the order.
    """

    text: str
    parameters: dict[str, Any]
    order: int


@dataclass(slots=True)
class _Value:
    """A dimension in the SQL: its value, and the key that rows are grouped by: without case, if that is ignored."""

    field: Field
    number: int
    sql: str
    condition: str = "true"

    @property
    def key(self) -> str:
        return f"key_{self.number}"

    @property
    def ignores_case(self) -> bool:
        return self.field.dimension is not None and self.field.dimension.ignores_case

    def columns(self) -> str:
        key = folded_sql(self.sql) if self.ignores_case else self.sql
        return f"{self.sql} AS value_{self.number}, {key} AS {self.key}"


@dataclass(slots=True)
class _Keys:
    """The dimensions of a breakdown, and the names that the files of SQL have for lists of them."""

    values: list[_Value]
    parameters: dict[str, Any] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        of_visits = [value for value in self.values if value.field.level == "visits"]
        others = [value for value in self.values if value.field.level != "visits"]
        taken = [f"value_{value.number}" for value in of_visits] + [value.key for value in of_visits]
        conditional = [value for value in of_visits if value.condition != "true"]
        values = {
            "{keys}": ", ".join(value.key for value in self.values),
            "{visit_values}": "".join(f", {value.columns()}" for value in of_visits),
            "{visit_conditions}": _all(value.condition for value in of_visits),
            "{taken_values}": "".join(f", {name}" for name in taken),
            "{known_values}": "".join(f", coalesce({name}, '') AS {name}" for name in taken),
            "{needed_values}": _all(f"visit_values.{value.key} IS NOT NULL" for value in conditional),
            "{own_values}": "".join(f", {value.columns()}" for value in others),
            "{own_conditions}": _all(value.condition for value in others),
            "{keys_of_visits}": "keys_of_views" if others else "visit_values",
            "{sum_columns}": ", ".join(f"coalesce({name}, 0)::BIGINT AS {name}" for name in catalogue.SUMS),
            "{labels}": ", ".join(f"{_label(value)} AS label_{value.number}" for value in self.values),
        }
        return filled(text, values)


def statement(db: Engine, question: Question, hidden: Sequence[str], after: Sequence[Any], most: int) -> Statement:
    """The rows of a breakdown, as labels, sums and order.

    :param hidden: URLs that are left out.
    :param after: see `breakdown_question.Cursor`; empty: from the first row on.
    :param most: how many rows.
    """
    keys = _keys(question)
    rows = keys.fill(sql("event_breakdown") if question.of_events else with_sums("breakdown"))
    labels = [f"label_{value.number}" for value in keys.values]
    wanted = [*_searched(db, question, labels, keys.parameters), *_not_hidden(hidden, keys)]
    order = _order(question, labels)
    if after:
        wanted.append(_following(order, after, keys.parameters))
    keys.parameters["most"] = most
    columns = ", ".join(f"{column} AS order_{number}" for number, (column, _) in enumerate(order))
    by = ", ".join(f"{column} {'ASC' if ascending else 'DESC'}" for column, ascending in order)
    whole = f"SELECT *, max(visitors) OVER () AS most_visitors FROM ({rows})"  # noqa: S608
    text = f"SELECT *, {columns} FROM ({whole}) WHERE {_all(wanted)} ORDER BY {by} LIMIT $most"  # noqa: S608
    return Statement(text, keys.parameters, len(order))


def _keys(question: Question) -> _Keys:
    keys = _Keys([])
    for number, one in enumerate(question.dimensions, start=1):
        condition = one.dimension.condition if one.dimension is not None else "true"
        keys.values.append(_Value(one, number, filter_sql.value_of(one, keys.parameters), condition))
    return keys


def _label(value: _Value) -> str:
    """Of a value's spellings, the one of most visits; of equals, the first in order.

    Events outside of all visits have the value ``""``, which no visit may have.
    """
    if not value.ignores_case:
        return value.key
    number = value.number
    spellings = f"(SELECT {value.key}, value_{number}, count(*) AS times FROM visit_values GROUP BY ALL)"  # noqa: S608
    chosen = f"SELECT arg_min(value_{number}, (-times, value_{number})) FROM {spellings} AS spelled"  # noqa: S608
    return f"coalesce(({chosen} WHERE spelled.{value.key} = counted.{value.key}), {value.key})"


def _searched(db: Engine, question: Question, labels: Sequence[str], parameters: dict[str, Any]) -> list[str]:
    if not question.search:
        return []
    parameters["search"] = folded(question.search)
    found = []
    for label, one in zip(labels, question.dimensions, strict=True):
        found.append(f"contains({folded_sql(label)}, $search)")
        shown = filter_sql.shown_containing(db, one, [question.search], ignores_case=True)
        if shown:
            parameters[f"shown_{label}"] = shown
            found.append(f"list_contains($shown_{label}, {label})")
    return [f"({' OR '.join(found)})"]


def _not_hidden(hidden: Sequence[str], keys: _Keys) -> list[str]:
    """A condition on the labels of the dimension of URLs."""
    urls = [value for value in keys.values if value.field.dimension and value.field.dimension.values == "url"]
    if not hidden or not urls:
        return []
    keys.parameters["hidden"] = list(hidden)
    return [f"NOT list_contains($hidden, label_{urls[0].number})"]


def _order(question: Question, labels: Sequence[str]) -> list[tuple[str, bool]]:
    """The columns by which rows are sorted, and whether ascending. Metrics without data come last."""
    names = {one.name: label for one, label in zip(question.dimensions, labels, strict=True)}
    ties = [(column, False) for column in question.ties]
    rest = [*ties, *((label, True) for label in labels)]
    if question.sort in names:
        return [(names[question.sort], question.ascending), *rest]
    column = question.sort
    if not question.of_events:
        metric = catalogue.METRICS[question.sort]
        column = (
            metric.numerator if metric.denominator is None else f"{metric.numerator} / nullif({metric.denominator}, 0)"
        )
    last = "'infinity'" if question.ascending else "'-infinity'"
    return [(f"coalesce(({column})::DOUBLE, {last}::DOUBLE)", question.ascending), *rest]


def _following(order: Sequence[tuple[str, bool]], after: Sequence[Any], parameters: dict[str, Any]) -> str:
    """What comes after a row in the order: the first column that differs decides."""
    alternatives = []
    for number, ((column, ascending), value) in enumerate(zip(order, after, strict=True)):
        parameters[f"after_{number}"] = value
        same = [f"{earlier} = $after_{place}" for place, (earlier, _) in enumerate(order[:number])]
        alternatives.append(_all([*same, f"{column} {'>' if ascending else '<'} $after_{number}"]))
    return f"({' OR '.join(f'({one})' for one in alternatives)})"


def _all(conditions: Any) -> str:
    return " AND ".join(f"({one})" for one in conditions if one != "true") or "true"
