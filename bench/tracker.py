"""The size of the tracker script."""

from __future__ import annotations

import brotli  # type: ignore[import-untyped]  # it has no types

from chalicelib.collect.tracker_script import script_of
from chalicelib.store.sites import Site
from harness.measurement import Measurement, Section

_PLAIN = Site("00000000-0000-4000-8000-000000000000", "Bench", "example.com")
_PRECISE = Site(_PLAIN.id, "Bench", "example.com", hash_routing=True, kept_parameters="q")


def measure() -> Section:
    """The sizes of the script by default, for sites with special settings, and with its options."""
    return Section(
        "Tracker",
        [
            *_sizes("default", _PLAIN, budget=750),
            *_sizes("hash routing and parameters", _PRECISE),
            *_sizes("default with options", _PLAIN, options=True),
            *_sizes("hash routing, parameters and options", _PRECISE, options=True),
            *_sizes("larger build, for frames and several scripts", _PLAIN, whole=True),
        ],
    )


def _sizes(
    name: str, site: Site, *, options: bool = False, whole: bool = False, budget: int | None = None
) -> list[Measurement]:
    made = script_of(site, options=options, whole=whole)
    return [
        Measurement(f"{name}: raw", len(made.body), "bytes"),
        Measurement(f"{name}: gzip -9, as served", len(made.packed), "bytes", budget),
        Measurement(f"{name}: brotli", len(brotli.compress(made.body)), "bytes"),
    ]
