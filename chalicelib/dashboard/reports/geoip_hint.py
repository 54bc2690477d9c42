"""A hint for owners whose visitors have no location because no GeoIP database is installed."""

from __future__ import annotations

from chalicelib.config import settings
from chalicelib.errors import Unavailable
from chalicelib.report.stats import Stats
from chalicelib.store import geoip_files
from chalicelib.timed_cache import TimedCache
from chalicelib.translation import gettext as _

LOOK_AGAIN_S = 60.0

_installed: TimedCache[str, bool] = TimedCache()  # whether a stage has a database


def hint(stats: Stats) -> str:
    """What to do if all countries are unknown; ``""`` if a database is installed."""
    countries = stats.tables.get("countries")
    if countries is None or not countries.rows or any(row.name for row in countries.rows) or _can_be_told():
        return ""
    command = f"make geo STAGE={settings().stage} SOURCE=dbip"
    return _("No GeoIP database is installed, so locations are unknown. Install one with: %(command)s", command=command)


def _can_be_told() -> bool:
    stage = settings().stage

    def look() -> bool:
        try:
            return bool(geoip_files.installed())
        except Unavailable:  # a bucket that does not answer is told by /healthz
            return _installed.latest(stage, True)

    return _installed.get(stage, look, LOOK_AGAIN_S)
