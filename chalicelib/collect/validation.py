"""Validation of JSON bodies: a form declares the fields and the functions that read them.

A form is a dataclass whose fields are declared with :func:`read_by` or :func:`read_within`. :func:`read` returns an
instance of it, or raises an error that names the field. A reader gets the value of a field (None if missing) and its
name, and returns the validated value. Readers that serve several forms are here; others are next to what they read.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

from chalicelib import config
from chalicelib.errors import BadRequest

_T = TypeVar("_T")
_C = TypeVar("_C")

_ID = re.compile(rf"[A-Za-z0-9_.:-]{{1,{config.MAX_ID_CHARS}}}")


def read_by(reader: Callable[[Any, str], _T], key: str | None = None) -> _T:
    """Declare a field of a form. `key`: its name in the JSON, if it differs."""
    return read_within(lambda value, field, _: reader(value, field), key)


def read_within(reader: Callable[[Any, str, _C], _T], key: str | None = None) -> _T:
    """Declare a field whose reader needs the context, usually the site."""
    declared: _T = dataclasses.field(
        metadata={"reader": reader, "key": key}
    )  # the type of a field is that of its reader's result
    return declared


def read(form: type[_T], body: Mapping[str, Any], context: object = None, where: str = "") -> _T:
    """An instance of `form` from a JSON object. Fields are read in their order; unknown fields are ignored.

    :param where: the prefix of field names in errors, such as ``"hits[3]."``.
    :raises BadRequest: naming the first invalid field.
    """
    fields = _fields_of(cast("Hashable", form))
    return form(**{name: reader(body.get(key), where + key, context) for name, key, reader in fields})


@cache
def _fields_of(form: Any) -> list[tuple[str, str, Callable[[Any, str, Any], Any]]]:
    """The fields of a form: names in the form and in the JSON, and readers."""
    return [(one.name, one.metadata["key"] or one.name, one.metadata["reader"]) for one in dataclasses.fields(form)]


def text(value: Any, field: str) -> str | None:
    """A string, or None if missing.

    :raises BadRequest: for other types.
    """
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{field} must be a string.", field=field)
    return value


def number(value: Any, field: str) -> float | None:
    """A finite number, or None if missing.

    :raises BadRequest: for other types, including booleans.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(f"{field} must be a number.", field=field)
    try:
        finite = math.isfinite(value)
    except OverflowError:  # an integer larger than any float
        finite = False
    if not finite:
        raise BadRequest(f"{field} must be a finite number.", field=field)
    return float(value)


def flag(*, default: bool) -> Callable[[Any, str], bool]:
    """A reader of booleans, with a default; it raises BadRequest for other types."""

    def read_flag(value: Any, field: str) -> bool:
        if value is None:
            return default
        if not isinstance(value, bool):
            raise BadRequest(f"{field} must be true or false.", field=field)
        return value

    return read_flag


def hit_id(value: Any, field: str) -> str | None:
    """The id of a view or an event, or None if missing. Can be a number, such as that of ``Math.random()``.

    :raises BadRequest: if it is not 1 to 64 letters, digits or ``_ . : -``.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    given = repr(value)[: config.MAX_ID_CHARS + 1] if is_number else text(value, field)
    if given is not None and not _ID.fullmatch(given):
        raise BadRequest(f"{field} must be 1 to {config.MAX_ID_CHARS} letters, digits or _ . : -", field=field)
    return given


def load_time(value: Any, field: str) -> int | None:
    """A load time in ms; None if it is not positive or implausible (over ten minutes).

    :raises BadRequest: if it is not a number.
    """
    ms = number(value, field)
    if ms is None or ms <= 0 or ms > config.MAX_LOAD_TIME_MS:
        return None
    return max(1, round(ms))


def engagement(value: Any, field: str) -> int | None:
    """An engagement time in ms, at most a day.

    :raises BadRequest: if it is not a number, or negative.
    """
    ms = number(value, field)
    if ms is None:
        return None
    if ms < 0:
        raise BadRequest(f"{field} must not be negative.", field=field)
    return min(round(ms), config.MAX_ENGAGEMENT_MS)


def percent(value: Any, field: str) -> int | None:
    """A percentage, clamped to 0–100, or None if missing.

    :raises BadRequest: if it is not a number.
    """
    share = number(value, field)
    return None if share is None else min(100, max(0, round(share)))


def identifier(value: Any, field: str = "identifier") -> str | None:
    """The site's own identifier of a visitor, stripped; None if empty.

    :raises BadRequest: if it is not a string, too long, or has control characters.
    """
    name = (text(value, field) or "").strip(" ")
    if not name:
        return None
    if len(name) > config.MAX_IDENTIFIER_CHARS or not name.isprintable():
        raise BadRequest(f"{field} must be 1 to {config.MAX_IDENTIFIER_CHARS} printable characters.", field=field)
    return name
