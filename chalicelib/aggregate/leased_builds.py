"""Builds of site-days under a lease: one at a time per day, and failed builds are retried with increasing delays.

A page that many people open at the same time builds its day once, and a day that cannot be built does not delay others.
"""

from __future__ import annotations

import logging
from datetime import date
from enum import Enum
from typing import Final

from chalicelib import config
from chalicelib.store import aws, build_leases
from chalicelib.store.segments import StaleWrite
from chalicelib.store.sites import Site

log = logging.getLogger("shylight")

# Longer than the timeout of the API function.
LEASE_MS: Final = 30_000


class Outcome(Enum):
    """The outcome of an attempt to build a day."""

    BUILT = "built"
    BUILT_IN_PART = "built in part"  # more hits are waiting
    BUSY = "busy"  # another build has the lease
    FAILED = "failed"  # the data of the day cannot be built; it is retried later


def refresh(site: Site, day: date, until: float, most: int) -> bool:
    """See `build_day.refresh_until`. DuckDB is imported here, so that only lease holders load it."""
    from chalicelib.aggregate import build_day

    return build_day.refresh_until(site, day, until, most)


def build(site: Site, day: date, lease_ms: int, until: float, most: int = config.BUILD_RECORDS) -> Outcome:
    """Bring a site-day up to date, unless another build has the lease; failures are logged.

    :param until: see `build_day.refresh_until`; :param most: hits that are taken up at once.
    :raises Exception: errors of AWS, after which the day can be retried immediately.
    """
    lease = build_leases.acquire(site.id, day, lease_ms)
    if lease is None:
        return Outcome.BUSY
    try:
        complete = refresh(site, day, until, most)
    except StaleWrite:
        build_leases.release(lease)
        return Outcome.BUSY
    except Exception as error:
        if aws.failed(error):
            build_leases.release(lease)
            raise
        log.exception("could not build %s %s", site.id, day)
        build_leases.fail(lease, f"{type(error).__name__}: {error}")
        return Outcome.FAILED
    build_leases.succeed(lease)
    return Outcome.BUILT if complete else Outcome.BUILT_IN_PART
