"""The time zones that forms offer."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


@cache
def zones() -> list[tuple[str, list[str]]]:
    """The time zones to choose from, by region; the old and the artificial names are left out."""
    regions: dict[str, list[str]] = {}
    for name in sorted(available_timezones()):
        region, _, place = name.partition("/")
        if place and region not in ("Etc", "SystemV", "US", "posix", "right", "Brazil", "Canada", "Chile", "Mexico"):
            regions.setdefault(region, []).append(name)
    return sorted(regions.items())
