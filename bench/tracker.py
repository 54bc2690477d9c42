"""How many bytes a visitor's browser loads."""

from __future__ import annotations

import brotli  # type: ignore[import-untyped]  # it has no types

from chalicelib.collect.tracker_script import script_of
from chalicelib.store.sites import Site
from harness.measurement import Figure, Part

_PLAIN = Site("00000000-0000-4000-8000-000000000000", "Bench", "example.com")
_PRECISE = Site(_PLAIN.id, "Bench", "example.com", hash_routing=True, kept_parameters="q")


def measure() -> Part:
    """The sizes of the script, as it is served by default, for sites with special settings, and with its options."""
    return Part(
        "Tracker",
        [
            *_sizes("default", _PLAIN, budget=750),
            *_sizes("hash routing and parameters", _PRECISE),
            *_sizes("default with options", _PLAIN, options=True),
            *_sizes("all of it", _PRECISE, options=True),
            *_sizes("larger form, in frames and beside others", _PLAIN, whole=True),
        ],
    )


def _sizes(
    name: str, site: Site, *, options: bool = False, whole: bool = False, budget: int | None = None
) -> list[Figure]:
    made = script_of(site, options=options, whole=whole)
    return [
        Figure(f"{name}: raw", len(made.body), "bytes"),
        Figure(f"{name}: gzip -9, as it is served", len(made.packed), "bytes", budget),
        Figure(f"{name}: brotli", len(brotli.compress(made.body)), "bytes"),
    ]
