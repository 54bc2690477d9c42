"""Three hours' backlog after a stopped worker: meanwhile a day has ended, and its salt was destroyed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness.faults import tally
from harness.faults.fault import Size
from harness.faults.ground import Ground
from harness.faults.tally import Tally

# It is between two and three where the site is: its day was over long enough to be closed, and still had an hour when
# the worker stopped.
_HOUR_OF_DAY = 2
_HOURS = 4.0


def run(ground: Ground, size: Size) -> Tally:
    """Let hits of three hours wait on the queue, destroy the salt of the day that is over, and start the worker."""
    traffic = ground.traffic("Backlog", _HOUR_OF_DAY)
    ground.set_worker(Enabled=False)
    try:
        traffic.send_past(ground.shylight, size.visitors, _HOURS)
        traffic.send(ground.shylight, size.visitors // 4, size.senders)
        yesterday = datetime.now(UTC).astimezone(traffic.zone).date() - timedelta(days=1)
        ground.destroy_salt(traffic.site, yesterday)
        if ground.shylight.stats(traffic.site, period="7d")["metrics"]["pageviews"]:
            raise RuntimeError("hits were counted while the worker was stopped")
    finally:
        ground.set_worker(Enabled=True)
    counted = tally.take(ground, traffic, size.patience_s)
    return counted.struck(traffic.size, "hits of three hours and two days; the first day's salt is gone")
