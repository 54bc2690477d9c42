"""The columns of the relation `hits`, which segments hold and all SQL reads, and what of the SQL follows from them.

Everything here is derived from the declarations in `store.records`. The files of `aggregate/sql` name what is in
:data:`PLACEHOLDERS` in braces, as in ``{record}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.store.field_declarations import Field, fields_of
from chalicelib.store.records import PACKED, TRAITS, VISIT_TRAITS, Record, Traits

_RECORD: Final = {name: fields_of(Record)[name] for name in PACKED}
# The traits of programs come last, as in the segments that are stored.
_TRAITS: Final = {name: fields_of(Traits)[name] for name in sorted(TRAITS, key=lambda name: name not in VISIT_TRAITS)}
_TYPES: Final[Mapping[type, str]] = {str: "VARCHAR", bool: "BOOLEAN", float: "FLOAT"}
_INTEGERS: Final = (("UTINYINT", 0, 2**8 - 1), ("INTEGER", -(2**31), 2**31 - 1), ("BIGINT", -(2**63), 2**63 - 1))


def sql_type(field: Field) -> str:
    """DuckDB's type of a field: of a whole number, the smallest of three that holds its range.

    :raises TypeError: for a whole number without a range, or with one that no column can hold.
    """
    if field.kind is not int:
        return _TYPES[field.kind]
    for name, least, most in _INTEGERS:
        if field.range is not None and least <= field.range[0] and field.range[1] <= most:
            return name
    raise TypeError(f"{field.name} needs a range that a column can hold, as in between(0, 100)")


# The columns that the records of one visitor and hour have in common, in addition to the traits.
_WHOSE: Final = {"day": "VARCHAR", "hour": "UTINYINT", "visitor": "VARCHAR"}
_OF_TRAITS: Final = {name: sql_type(field) for name, field in _TRAITS.items()}
COLUMNS: Final[Mapping[str, str]] = {
    **_WHOSE,
    **{name: sql_type(field) for name, field in _RECORD.items()},
    **_OF_TRAITS,
}


def bounded_time(t: str) -> str:
    """An instant, bounded to those possible in its day (see `collect.event`), so that no record can break a build."""
    day = "epoch_ms(day::TIMESTAMP)"
    return f"greatest(least(coalesce({t}, 0), {day} + 4 * 86400000), {day} - 2 * 86400000)::BIGINT AS t"


def _packed_column(place: int, field: Field) -> str:
    """A field of a packed record in the type of its column; invalid numbers become NULL."""
    value, type_ = f"record[{place}]", sql_type(field)
    exact = f"TRY_CAST({value} AS {type_})"
    if field.name == "t":
        return bounded_time(exact)
    if field.range is None:
        return f"{exact} AS {field.name}"
    least, most = field.range
    number = f"TRY_CAST({value} AS DOUBLE)"  # beyond 2^53 only to see that it is beyond the range
    bounded = f"CASE WHEN {number} > {most} THEN {most} WHEN {number} < {least} THEN {least} ELSE {exact} END"
    return f"{bounded}::{type_} AS {field.name}"


def _read_trait(field: Field) -> str:
    return f"coalesce({field.name}, false) AS {field.name}" if field.kind is bool else field.name


def _merged_trait(field: Field) -> str:
    """Of the values that a visitor's hits have, the largest."""
    return f"{'bool_or' if field.kind is bool else 'max'}({field.name}) AS {field.name}"


def _shown_trait(field: Field) -> str:
    """A trait as the list of visits shows it; coordinates have one decimal."""
    return f"round({field.name}::DOUBLE, 1) AS {field.name}" if field.kind is float else field.name


# What a record takes besides its texts, about: bytes.
_RECORD_BYTES: Final = 60


def _record_bytes() -> str:
    """The size of a record: that of its texts, and of the rest."""
    texts = [name for name, field in _RECORD.items() if field.kind is str and name != "kind"]
    return " + ".join([str(_RECORD_BYTES), *(f"coalesce(strlen({name}), 0)" for name in texts)])


PLACEHOLDERS: Final[Mapping[str, str]] = {
    "{hit_columns}": ", ".join(COLUMNS),
    "{record_columns}": ", ".join(_RECORD),
    "{record_texts}": ", ".join(f"{name}::VARCHAR" for name in _RECORD),
    "{record_bytes}": _record_bytes(),
    "{line_columns}": ", ".join(
        f"{name}: '{type_}'" for name, type_ in {**_WHOSE, "record": "VARCHAR[]", **_OF_TRAITS}.items()
    ),
    "{record}": ", ".join(
        _packed_column(place, field) for place, field in enumerate(_RECORD.values(), start=1) if field.name != "kind"
    ),
    "{traits}": ", ".join(map(_read_trait, _TRAITS.values())),
    "{merged_traits}": ", ".join(map(_merged_trait, _TRAITS.values())),
    "{visit_traits}": ", ".join(_shown_trait(_TRAITS[name]) for name in VISIT_TRAITS),
}
