"""What rows are called where people read them, on pages and in the API. Kept and compared are the raw names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib.report.idn import shown_host, shown_url

# Table -> how its rows' names are shown; those of other tables as they are.
_SHOWN: Final[Mapping[str, Callable[[str], str]]] = {"referrers": shown_url, "sources": shown_host}


def shown_name(table: str, name: str) -> str:
    """The name of a row of `table` as people read it."""
    show = _SHOWN.get(table)
    return show(name) if show else name
