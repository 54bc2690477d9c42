"""Having the aggregator woken for a site that somebody is looking at, at most once in a few seconds."""

from __future__ import annotations

from chalicelib import config
from chalicelib.days import now_ms
from chalicelib.errors import Unavailable
from chalicelib.store import aws, functions
from chalicelib.store.build_leases import bucket_of
from chalicelib.store.tables import BuildItem
from chalicelib.structured_log import log_line

# In the partition of the site's builds, after those of all days.
_WOKEN = "woken"


def wake(site_id: str) -> None:
    """Start the aggregator for a site, unless it was started a moment ago. If that fails, its schedule begins soon."""
    now = now_ms()
    item = BuildItem(bucket_of(site_id), f"{site_id}#{_WOKEN}")
    if not aws.condition_met(
        lambda: item.update(
            actions=[BuildItem.until.set(now + config.WAKE_EVERY_S * 1000)],
            condition=BuildItem.until.does_not_exist() | (BuildItem.until <= now),
        )
    ):
        return
    try:
        functions.start(config.settings().aggregate, "Somebody is looking at a site", {"site": site_id})
    except Unavailable as error:
        log_line(job="aggregate", woken="not started", error=error.message)
