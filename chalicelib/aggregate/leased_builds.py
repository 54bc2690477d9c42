"""Builds of site-days in turn: one at a time of each day, and one that fails is tried again later and later.

So a page that many open at once builds its day once, and a day that cannot be built costs nobody else their figures.
"""

from __future__ import annotations

import logging
from datetime import date
from enum import Enum
from typing import Final

from chalicelib.store import aws, build_leases
from chalicelib.store.segments import StaleWrite
from chalicelib.store.sites import Site

log = logging.getLogger("shylight")

# Somewhat longer than a function may run for a page.
LEASE_MS: Final = 30_000


class Outcome(Enum):
    """What came of an attempt to bring a day up to date."""

    BUILT = "built"
    BUSY = "busy"  # somebody else is at it
    FAILED = "failed"  # by what is in it; it is tried again later


def refresh(site: Site, day: date) -> None:
    """Bring a site-day up to date. DuckDB is loaded for it here, by those alone whose turn it is."""
    from chalicelib.aggregate import build_day

    build_day.refresh(site, day)


def build(site: Site, day: date, lease_ms: int = LEASE_MS) -> Outcome:
    """Bring a site-day up to date, unless somebody else is at it; why it fails is in the log.

    :raises Exception: whatever AWS raised: the next moment it may do.
    """
    lease = build_leases.begin(site.id, day, lease_ms)
    if lease is None:
        return Outcome.BUSY
    try:
        refresh(site, day)
    except StaleWrite:
        build_leases.give_up(lease)
        return Outcome.BUSY
    except Exception as error:
        if aws.failed(error):
            build_leases.give_up(lease)
            raise
        log.exception("could not refresh %s %s", site.id, day)
        build_leases.fail(lease, f"{type(error).__name__}: {error}")
        return Outcome.FAILED
    build_leases.succeed(lease)
    return Outcome.BUILT
