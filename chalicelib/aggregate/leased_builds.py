"""Builds of site-days under a lease: one at a time per day, and failed builds are retried with increasing delays.

A page that many people open at the same time builds its day once, and a day that cannot be built does not delay others.
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

# Longer than the timeout of the API function.
LEASE_MS: Final = 30_000


class Outcome(Enum):
    """The outcome of an attempt to build a day."""

    BUILT = "built"
    BUSY = "busy"  # another build has the lease
    FAILED = "failed"  # the data of the day cannot be built; it is retried later


def refresh(site: Site, day: date) -> None:
    """Bring a site-day up to date. DuckDB is imported here, so that only lease holders load it."""
    from chalicelib.aggregate import build_day

    build_day.refresh(site, day)


def build(site: Site, day: date, lease_ms: int = LEASE_MS) -> Outcome:
    """Bring a site-day up to date, unless another build has the lease; failures are logged.

    :raises Exception: errors of AWS, after which the day can be retried immediately.
    """
    lease = build_leases.acquire(site.id, day, lease_ms)
    if lease is None:
        return Outcome.BUSY
    try:
        refresh(site, day)
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
    return Outcome.BUILT
