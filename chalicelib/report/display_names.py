"""The displayed names of rows, on pages and in the API. Stored and compared are the raw names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib import catalogue
from chalicelib.catalogue import Values
from chalicelib.report.idn import shown_host, shown_url

# How values are displayed; others are displayed as they are.
_SHOWN: Final[Mapping[Values, Callable[[str], str]]] = {
    "hostname": shown_host,
    "source": shown_host,
    "url": shown_url,
}


def shown_name(table: str, name: str) -> str:
    """The name of a row of `table`, a key of `catalogue.DIMENSIONS`, for display."""
    show = _SHOWN.get(catalogue.DIMENSIONS[table].values)
    return show(name) if show else name
