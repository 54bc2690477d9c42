"""Conditions as SQL over the columns of visits, views and events. What people enter is always a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.aggregate.catalogue_sql import folded_sql
from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.aggregate.spellings import folded
from chalicelib.aggregate.table_columns import RELATIONS
from chalicelib.report.display_names import differs_when_shown, shown_name, stored_names
from chalicelib.report.filters import Condition, Field, Range, without_surrogates

# The columns of fields that are in no catalogue; durations are stored in milliseconds.
_COLUMNS: Final = {
    "event": "coalesce(event_name, '')",
    "identifier": "coalesce(identifier, '')",
    "bounce": "bounce",
    "duration": "duration",
    "views": "pageviews",
}
_UNITS: Final = {"duration": 1000, "views": 1}
# The beginning of labels that are stored in another form than they are displayed in.
_ENCODED: Final = "xn--"


@dataclass(slots=True)
class Clauses:
    """Conditions on one relation, as SQL."""

    texts: list[str] = field(default_factory=list)

    def add(self, db: Engine, condition: Condition, parameters: dict[str, Any], *, negate: bool = False) -> None:
        """Add what matches a condition's values, whether it excludes that or not.

        :param parameters: gets the parameters of the SQL; :param negate: add what does not match instead.
        """
        text = _matching(db, condition, parameters)
        self.texts.append(f"NOT ({text})" if negate else f"({text})")

    def all(self) -> str:
        """SQL that is true if all of them are met; also if there are none."""
        return " AND ".join(self.texts) or "true"

    def any(self) -> str:
        """SQL that is true if one of them is met; not if there are none."""
        return " OR ".join(self.texts) or "false"


def value_of(of: Field, parameters: dict[str, Any]) -> str:
    """The value of a field in SQL; ``""`` where it is not known.

    :param parameters: gets the parameters of the SQL.
    """
    if of.dimension is not None:
        return of.dimension.value
    if of.property_name:
        return f"coalesce(json_extract_string(props, ${_add(parameters, json_pointer(of.property_name))}), '')"
    return _COLUMNS[of.name]


def json_pointer(name: str) -> str:
    """A property as JSON Pointer (RFC 6901); in a JSON path, a name such as ``*`` would match all properties."""
    return "/" + without_surrogates(name).replace("~", "~0").replace("/", "~1")


def shown_containing(db: Engine, of: Field, texts: Sequence[str], *, ignores_case: bool) -> list[str]:
    """The values that contain one of the texts as they are displayed, of those that are stored in another form.

    Such as hosts in punycode.
    """
    dimension = of.dimension
    if dimension is None or not differs_when_shown(dimension):
        return []
    query = f"SELECT DISTINCT {dimension.value} FROM {RELATIONS[of.level]} WHERE contains({dimension.value}, $encoded)"  # noqa: S608
    spell = folded if ignores_case else str
    wanted = [spell(text) for text in texts]
    return [
        stored
        for (stored,) in db.rows(query, {"encoded": _ENCODED})
        if any(text in spell(shown_name(dimension.key, stored)) for text in wanted)
    ]


def _matching(db: Engine, condition: Condition, parameters: dict[str, Any]) -> str:
    of = condition.field
    value = value_of(of, parameters)
    if of.form == "yes or no":
        return f"list_contains(${_add(parameters, list(condition.values))}, {value})"
    if of.form == "range":
        return " OR ".join(_within(of, value, one, parameters) for one in condition.values if isinstance(one, Range))
    texts = [one for one in condition.values if isinstance(one, str)]
    if condition.operator.startswith("contains"):
        return _containing(db, of, value, texts, parameters)
    ignores_case = of.dimension is not None and of.dimension.ignores_case
    if of.dimension is not None:
        texts = sorted({name for text in texts for name in stored_names(of.dimension, text)})
    if ignores_case:
        texts, value = [folded(text) for text in texts], folded_sql(value)
    return f"list_contains(${_add(parameters, texts)}, {value})"


def _within(of: Field, value: str, limits: Range, parameters: dict[str, Any]) -> str:
    bounds = []
    if limits.least is not None:
        bounds.append(f"{value} >= ${_add(parameters, limits.least * _UNITS[of.name])}")
    if limits.most is not None:
        bounds.append(f"{value} <= ${_add(parameters, limits.most * _UNITS[of.name])}")
    return f"({' AND '.join(bounds)})"


def _containing(db: Engine, of: Field, value: str, texts: Sequence[str], parameters: dict[str, Any]) -> str:
    ignores_case = of.dimension is not None and of.dimension.ignores_case
    found = shown_containing(db, of, texts, ignores_case=ignores_case)
    extra = [f"list_contains(${_add(parameters, found)}, {value})"] if found else []
    if ignores_case:
        texts, value = [folded(text) for text in texts], folded_sql(value)
    return " OR ".join([f"contains({value}, ${_add(parameters, text)})" for text in texts] + extra)


def _add(parameters: dict[str, Any], value: Any) -> str:
    """The name of a new parameter with this value."""
    name = f"p{len(parameters)}"
    parameters[name] = value
    return name
