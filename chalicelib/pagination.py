"""How much an answer may hold: Lambda hands over 6 MB, whatever names strangers have made up.

Lists are given a part at a time, as many as were asked for and as fit, with `next` where there is more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from chalicelib import config
from chalicelib.errors import BadRequest

T = TypeVar("T")


def size(data: object) -> int:
    """How many of Lambda's bytes `data` takes: as JSON, which is a text within JSON there."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))


def fitting(rows: Sequence[T], shown: Callable[[T], object] = lambda row: row) -> int:
    """How many of the rows fit into an answer, in their order."""
    taken = 0
    for number, row in enumerate(rows):
        taken += size(shown(row)) + 1
        if taken > config.MAX_ANSWER_BYTES:
            return number
    return len(rows)


def read_limit(query: Mapping[str, str], default: int, most: int) -> int:
    """The number of rows that a query asks for by ``limit``.

    :raises BadRequest: if it is no whole number from 1 to `most`.
    """
    return _whole(query, "limit", 1, most, f"limit must be a whole number from 1 to {most}.", default)


def read_place(query: Mapping[str, str]) -> int:
    """Where a part of a list begins: ``next``, as the answer before told it; 0 without.

    :raises BadRequest: if it is none.
    """
    return _whole(query, "next", 0, 10**9, "next must be the value of an earlier answer's next.", 0)


def part(
    rows: Sequence[Any], first: int, limit: int, shown: Callable[[Any], object] = lambda row: row
) -> tuple[list[Any], str | None]:
    """Up to `limit` rows from the place `first` on, as many as fit, and the ``next`` of the answer."""
    wanted = list(rows[first : first + limit])
    found = wanted[: max(1, fitting(wanted, shown))]
    end = first + len(found)
    return found, str(end) if end < len(rows) else None


def _whole(query: Mapping[str, str], name: str, least: int, most: int, message: str, default: int) -> int:
    text = query.get(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 10 or not least <= int(text) <= most:
        raise BadRequest(message, field=name)
    return int(text)
