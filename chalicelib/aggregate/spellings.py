"""Rows of a table whose values are the same in different spellings: summed by themselves, merged when shown.

See docs/adr/0025 for pages and docs/adr/0026 for sources and campaigns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from chalicelib import url_normalization

# Value of a dimension -> [visitors, visits, pageviews].
Counts = dict[str, list[int]]

_FOLDED: Final = str.maketrans({"İ": "i", "ς": "σ"})


def add_rows(counts: Counts, rows: Iterable[Sequence[Any]]) -> None:
    """Add rows of (value, visitors, visits, pageviews) to `counts`."""
    for name, visitors, visits, views in rows:
        known = counts.get(name)
        if known is None:
            counts[name] = [visitors, visits, views]
        else:
            known[0] += visitors
            known[1] += visits
            known[2] += views


def one_spelling(counts: Counts) -> Counts:
    """Rows that differ only in case as one, with the spelling of most visits; of equals, the first in order."""
    alike: dict[str, list[str]] = {}
    for name in counts:
        alike.setdefault(folded(name), []).append(name)
    return {
        min(names, key=lambda name: (-counts[name][1], name)): list(
            map(sum, zip(*(counts[n] for n in names), strict=True))
        )
        for names in alike.values()
    }


def folded(name: str) -> str:
    """A name without its case, character by character, as `catalogue_sql.folded_sql` has it.

    It is DuckDB's `lower`, which gives one character for one, with the same sigma at the end of a word as elsewhere.
    """
    if name.isascii():
        return name.lower()
    lower = ((char, char.lower()) for char in name.translate(_FOLDED))
    return "".join(low if len(low) == 1 else char for char, low in lower)


def respelled(pages: Counts) -> Counts:
    """Pages in the spelling of `url_normalization`; older days may have several spellings of a page.

    Their visitors and visits are added, so whoever viewed a page in two spellings on one day counts twice.
    """
    counts: Counts = {}
    add_rows(counts, ((url_normalization.respelled(page), *sums) for page, sums in pages.items()))
    return counts
