"""Fields: what the declaration of a dataclass says of each of its fields, for those who derive something from it.

A field is declared once, by its annotation. What no type can say stands in the field's metadata: :func:`between` and
:func:`meeting`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

_RANGE = "range"
_TEST = "test"


def between(least: int, most: int) -> Mapping[str, Any]:
    """Metadata of a number: its smallest and its largest value."""
    return {_RANGE: (least, most)}


def matching(test: Callable[[Any], object]) -> Mapping[str, Any]:
    """Metadata of a text: `test` is true of every text that the field may hold."""
    return {_TEST: test}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a declared dataclass.

    :ivar kind: ``str``, ``int``, ``float`` or ``bool``.
    :ivar types: the types that a JSON value may have: `kind`, and ``NoneType`` if the field may be None.
    :ivar required: whether there is no default.
    :ivar range: the smallest and the largest number; :ivar test: a test for its strings; None if all are allowed.
    """

    name: str
    kind: type
    types: frozenset[type]
    required: bool
    range: tuple[int, int] | None
    test: Callable[[Any], object] | None

    def allows(self, value: Any) -> bool:
        """Whether a value of the field's type is one that can be stored."""
        if value is None or self.kind is bool:
            return True
        if self.kind is str and not value.isascii() and not _is_whole(value):
            return False
        if self.range is not None and not self.range[0] <= value <= self.range[1]:
            return False
        return self.test is None or bool(self.test(value))


@cache
def fields_of(declared: type) -> Mapping[str, Field]:
    """The fields of a dataclass by name, in the order of their declaration.

    :raises TypeError: for a field of a type that JSON and the columns of the metric SQL do not share.
    """
    hints = get_type_hints(declared)
    return {field.name: _field(field, hints[field.name]) for field in dataclasses.fields(declared)}


def _field(field: dataclasses.Field[Any], hint: Any) -> Field:
    test = field.metadata.get(_TEST)
    if get_origin(hint) is Literal:
        test, hint = frozenset(get_args(hint)).__contains__, str
    types = frozenset(get_args(hint) if isinstance(hint, UnionType) else (hint,))
    named = types - {NoneType}
    if len(named) != 1 or not named <= {str, int, float, bool}:
        raise TypeError(f"{field.name} must be a str, int, float or bool, or None, not {hint}")
    required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    (kind,) = named
    return Field(field.name, kind, types, required, field.metadata.get(_RANGE), test)


def _is_whole(text: str) -> bool:
    """Whether a text is without half characters (lone surrogates), which JSON can say and nothing can store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
