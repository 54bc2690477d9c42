"""A backlog of three hours after the worker was stopped; meanwhile, a day has ended and its salt has been deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness.faults.environment import Environment
from harness.faults.result import Result, wait_and_count
from harness.faults.run_size import Size

# It is between two and three o'clock in the site's time zone: yesterday ended long enough ago for its salt to be
# deleted, but was still the current day for an hour after the worker was stopped.
_HOUR_OF_DAY = 2
_HOURS = 4.0


def run(environment: Environment, size: Size) -> Result:
    """Queue hits of three hours, delete the salt of yesterday, and start the worker."""
    traffic = environment.traffic("Backlog", _HOUR_OF_DAY)
    environment.set_worker(Enabled=False)
    try:
        traffic.send_past(environment.shylight, size.visitors, _HOURS)
        traffic.send(environment.shylight, size.visitors // 4, size.senders)
        yesterday = datetime.now(UTC).astimezone(traffic.zone).date() - timedelta(days=1)
        environment.destroy_salt(traffic.site, yesterday)
        if environment.shylight.stats(traffic.site, period="7d")["metrics"]["pageviews"]:
            raise RuntimeError("hits were counted while the worker was stopped")
    finally:
        environment.set_worker(Enabled=True)
    counted = wait_and_count(environment, traffic, size.timeout_s)
    return counted.with_fault(traffic.size, "hits of three hours on two days; the first day's salt was deleted")
