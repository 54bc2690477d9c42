"""Hints: what a request's own headers say of a program that asked for a page before, or without, a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PREFETCH: Final = "prefetch"
PREVIEW: Final = "preview"

# The standard's header first, then what browsers sent before there was one.
_HEADERS: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def read_hint(headers: Mapping[str, str]) -> str | None:
    """``"prefetch"`` for a page loaded in advance, ``"preview"`` for a picture of one, else None.

    Sources: Fetch standard, ``Sec-Purpose`` (with Chromium's ``prefetch;prerender``); ``Purpose`` of Chromium and
    ``X-Moz`` of Firefox before it; ``X-Purpose: preview`` of Safari's Top Sites.

    :param headers: with names in lower case.
    """
    said = " ".join(headers.get(name, "") for name in _HEADERS).lower()
    if PREFETCH in said or "prerender" in said:
        return PREFETCH
    return PREVIEW if PREVIEW in said else None
