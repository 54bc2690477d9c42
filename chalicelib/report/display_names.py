"""The displayed names of rows, on pages and in the API. Stored and compared are the raw names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib import catalogue, url_normalization
from chalicelib.aggregate.spellings import folded
from chalicelib.catalogue import Dimension, Values
from chalicelib.hostnames import normal_host
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


def differs_when_shown(dimension: Dimension) -> bool:
    """Whether names of its rows can be displayed in another form than they are stored in."""
    return dimension.values in _SHOWN


def stored_names(dimension: Dimension, name: str) -> set[str]:
    """The forms in which a value may be stored that somebody has entered as it is displayed, or as it is stored."""
    names = {name}
    if dimension.values == "page":
        names.add(url_normalization.respelled(name))
    elif dimension.values in ("hostname", "source"):
        names.add(normal_host(name) or name)
    elif dimension.values == "url":
        scheme, separator, rest = name.partition("://")
        host, slash, path = rest.partition("/")
        if separator:
            names.add(f"{scheme}://{normal_host(host) or host}{slash}{path}")
        else:
            names.add(normal_host(name) or name)
    return names


def is_same(dimension: Dimension, entered: str, stored: str) -> bool:
    """Whether a filter by the value that somebody has entered matches a stored one."""
    names = stored_names(dimension, entered)
    return folded(stored) in map(folded, names) if dimension.ignores_case else stored in names
