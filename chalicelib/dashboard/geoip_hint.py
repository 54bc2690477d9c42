"""A hint for owners whose visitors have no location because no GeoIP database is installed."""

from __future__ import annotations

import time
from contextlib import suppress

from chalicelib.config import settings
from chalicelib.errors import Unavailable
from chalicelib.report.stats import Stats
from chalicelib.store import geoip_files

LOOK_AGAIN_S = 60.0

# Stage -> (whether there is a database, monotonic second at which to look again).
_cached: dict[str, tuple[bool, float]] = {}


def hint(stats: Stats) -> str:
    """What to do if all countries are unknown; ``""`` if a database is installed."""
    countries = stats.tables.get("countries")
    if countries is None or not countries.rows or any(row.name for row in countries.rows) or _can_be_told():
        return ""
    return (
        "No GeoIP database is installed, so locations are unknown. "
        f"Install one with: make geo STAGE={settings().stage} SOURCE=dbip"
    )


def _can_be_told() -> bool:
    stage = settings().stage
    there, look_at = _cached.get(stage, (True, 0.0))
    if time.monotonic() >= look_at:
        with suppress(Unavailable):  # a bucket that does not answer is told by /healthz
            there = bool(geoip_files.installed())
        _cached[stage] = there, time.monotonic() + LOOK_AGAIN_S
    return there
