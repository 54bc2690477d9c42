"""Prefetches and previews: requests of browsers without a person looking at the page, by their headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PREFETCH: Final = "prefetch"
PREVIEW: Final = "preview"

# The standard header, and those that browsers sent before it existed.
_HEADERS: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def read_hint(headers: Mapping[str, str]) -> str | None:
    """``"prefetch"`` for a page that is loaded in advance, ``"preview"`` for a thumbnail, else None.

    Sources: Fetch standard, ``Sec-Purpose`` (with Chromium's ``prefetch;prerender``); ``Purpose`` of Chromium and
    ``X-Moz`` of Firefox before it; ``X-Purpose: preview`` of Safari's Top Sites.

    :param headers: with names in lower case.
    """
    said = " ".join(headers.get(name, "") for name in _HEADERS).lower()
    if PREFETCH in said or "prerender" in said:
        return PREFETCH
    return PREVIEW if PREVIEW in said else None
