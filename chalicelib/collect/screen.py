"""The class of a visitor's screen, from the width of the window. The width itself is dropped at once."""

from __future__ import annotations

from typing import Any

from chalicelib import config
from chalicelib.collect import validation


def read_screen(value: Any, field: str) -> str | None:
    """The class of a width in CSS pixels, a key of `config.SCREEN_WIDTHS`; None if it is missing or not positive.

    :raises BadRequest: if it is not a number.
    """
    width = validation.number(value, field) or 0
    fitting = [name for name, least in config.SCREEN_WIDTHS.items() if width >= least]
    return fitting[-1] if fitting else None
