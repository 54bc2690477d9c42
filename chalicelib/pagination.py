"""Paging of lists, and the size limit of answers: Lambda returns at most 6 MB.

Lists are returned in pages with as many rows as were requested and as fit, and with `next` if there are more, which is
the `cursor` of the next request.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from chalicelib import config
from chalicelib.errors import BadRequest
from chalicelib.translation import gettext as _

T = TypeVar("T")
_MAX_CURSOR_DIGITS: Final = 9


def size(data: object) -> int:
    """The bytes that `data` takes in Lambda's response: JSON, encoded again as a JSON string."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))


def fitting(rows: Sequence[T], shown: Callable[[T], object] = lambda row: row) -> int:
    """How many of the rows, in their order, fit into an answer."""
    taken = 0
    for number, row in enumerate(rows):
        taken += size(shown(row)) + 1
        if taken > config.MAX_ANSWER_BYTES:
            return number
    return len(rows)


def read_limit(query: Mapping[str, str], default: int, most: int) -> int:
    """The number of rows requested by the parameter ``limit``.

    :raises BadRequest: if it is not a whole number from 1 to `most`.
    """
    text = query.get("limit")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 10 or not 1 <= int(text) <= most:
        raise BadRequest(_("limit must be a whole number from 1 to %(most)s.", most=most), field="limit")
    return int(text)


def cursor_parameter(query: Mapping[str, str]) -> str:
    """The parameter that says where a page begins: ``cursor``, or ``next``, as it was called before."""
    return "next" if query.get("next") and not query.get("cursor") else "cursor"


def encode_cursor(values: Sequence[object]) -> str:
    """A cursor that holds some values, which JSON can represent."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def decode_cursor(text: str) -> Any:
    """What :func:`encode_cursor` encoded, or any other JSON value, because clients can send anything.

    :raises ValueError: if it is not the base64 of JSON.
    """
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def invalid_cursor(parameter: str) -> BadRequest:
    """The error for a cursor that is not the `next` of any answer."""
    return BadRequest(_("%(name)s must be the value of an earlier answer's next.", name=parameter), field=parameter)


def read_place(query: Mapping[str, str]) -> int:
    """The first row of a page, in lists whose cursor is its number; 0 without a cursor.

    :raises BadRequest: if it is invalid.
    """
    parameter = cursor_parameter(query)
    cursor = query.get(parameter)
    if not cursor:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > _MAX_CURSOR_DIGITS:
        raise invalid_cursor(parameter)
    return int(cursor)


def part(
    rows: Sequence[Any], first: int, limit: int, shown: Callable[[Any], object] = lambda row: row
) -> tuple[list[Any], str | None]:
    """Up to `limit` rows, from row `first` on, as many as fit, and the value of ``next``."""
    wanted = list(rows[first : first + limit])
    found = wanted[: max(1, fitting(wanted, shown))]
    end = first + len(found)
    return found, str(end) if end < len(rows) else None
