"""Fields of a JSON body, each read with its type checked and an error that names it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from chalicelib import config
from chalicelib.errors import BadRequest

_ID = re.compile(rf"[A-Za-z0-9_.:-]{{1,{config.MAX_ID_CHARS}}}")


def text(body: Mapping[str, Any], name: str, where: str = "") -> str | None:
    """A string, or None where there is none.

    :raises BadRequest: if it is something else.
    """
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRequest(f"{where}{name} must be a string.", field=where + name)
    return value


def number(body: Mapping[str, Any], name: str, where: str = "") -> float | None:
    """A finite number, or None where there is none.

    :raises BadRequest: if it is something else; true and false are not numbers.
    """
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(f"{where}{name} must be a number.", field=where + name)
    try:
        finite = math.isfinite(value)
    except OverflowError:  # an integer beyond what a float holds
        finite = False
    if not finite:
        raise BadRequest(f"{where}{name} must be a finite number.", field=where + name)
    return float(value)


def flag(body: Mapping[str, Any], name: str, where: str = "", *, default: bool) -> bool:
    """A boolean; `default` where there is none.

    :raises BadRequest: if it is something else.
    """
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise BadRequest(f"{where}{name} must be true or false.", field=where + name)
    return value


def identity(body: Mapping[str, Any], name: str, where: str = "") -> str | None:
    """The id of a view, or None. A number will do, as ``Math.random()`` gives it.

    :raises BadRequest: if it is not 1 to 64 letters, digits or ``_ . : -``.
    """
    given = body.get(name)
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    value = repr(given)[: config.MAX_ID_CHARS + 1] if is_number else text(body, name, where)
    if value is None:
        return None
    if not _ID.fullmatch(value):
        raise BadRequest(
            f"{where}{name} must be 1 to {config.MAX_ID_CHARS} letters, digits or _ . : -", field=where + name
        )
    return value


def load_time(body: Mapping[str, Any], name: str, where: str = "") -> int | None:
    """A load time in ms; None for what is no load (0 and less) or not believable (over ten minutes)."""
    value = number(body, name, where)
    if value is None or value <= 0 or value > config.MAX_LOAD_TIME_MS:
        return None
    return max(1, round(value))


def engagement(body: Mapping[str, Any], name: str, where: str = "") -> int | None:
    """An engagement time in ms, at most a day.

    :raises BadRequest: if it is negative.
    """
    value = number(body, name, where)
    if value is None:
        return None
    if value < 0:
        raise BadRequest(f"{where}{name} must not be negative.", field=where + name)
    return min(round(value), config.MAX_ENGAGEMENT_MS)


def percent(body: Mapping[str, Any], name: str, where: str = "") -> int | None:
    """A share in percent, 0 to 100, or None; what is beyond is at its end.

    :raises BadRequest: if it is no number.
    """
    value = number(body, name, where)
    return None if value is None else min(100, max(0, round(value)))


def identifier(value: str | None, field: str = "identifier") -> str | None:
    """The site's own name for a visitor, without space around it; None if that is empty.

    :raises BadRequest: if it is too long or has control characters.
    """
    name = (value or "").strip(" ")
    if not name:
        return None
    if len(name) > config.MAX_IDENTIFIER_CHARS or not name.isprintable():
        raise BadRequest(f"{field} must be 1 to {config.MAX_IDENTIFIER_CHARS} printable characters.", field=field)
    return name
