"""How many bytes a visitor's browser loads."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has no types

from bench.figure import Figure, Part

BUILT = Path(__file__).resolve().parent.parent / "chalicelib" / "collect" / "tracker" / "tracker.min.js"


def measure() -> Part:
    """The tracker's sizes."""
    body = BUILT.read_bytes()
    return Part(
        "Tracker",
        [
            Figure("raw", len(body), "bytes"),
            Figure("gzip -9", len(gzip.compress(body, 9, mtime=0)), "bytes", 750),
            Figure("brotli", len(brotli.compress(body)), "bytes"),
        ],
    )
