"""Having the aggregator woken for sites that somebody is looking at, at most once in a few seconds."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib import config
from chalicelib.days import now_ms
from chalicelib.errors import Unavailable
from chalicelib.store import aws, functions
from chalicelib.store.build_leases import BUILDS, bucket_of
from chalicelib.store.tables import BuildItem
from chalicelib.structured_log import log_line

# In the partition of the site's builds, after those of all days.
_WOKEN = "woken"


def wake(site_id: str) -> None:
    """Start the aggregator for a site, unless it was started a moment ago. If that fails, its schedule begins soon."""
    if _is_first(bucket_of(site_id), f"{site_id}#{_WOKEN}", config.WAKE_EVERY_S):
        _start("Somebody is looking at a site", {"site": site_id})


def wake_for_all() -> None:
    """Start the aggregator for all sites, unless it was started a while ago."""
    if _is_first(f"{BUILDS}0", _WOKEN, config.WAKE_FOR_ALL_EVERY_S):
        _start("Somebody is looking at many sites", {})


def _is_first(bucket: str, sk: str, every_s: int) -> bool:
    """Whether nobody else has woken the aggregator for the same within a time."""
    now = now_ms()
    item = BuildItem(bucket, sk)
    return aws.condition_met(
        lambda: item.update(
            actions=[BuildItem.until.set(now + every_s * 1000)],
            condition=BuildItem.until.does_not_exist() | (BuildItem.until <= now),
        )
    )


def _start(why: str, detail: Mapping[str, object]) -> None:
    try:
        functions.start(config.settings().aggregate, why, detail)
    except Unavailable as error:
        log_line(job="aggregate", woken="not started", error=error.message)
