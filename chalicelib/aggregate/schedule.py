"""What happens by the clock: refreshing what is dirty, closing days that are over, destroying salts."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from chalicelib.aggregate.refresh import refresh
from chalicelib.days import now_ms
from chalicelib.store import marks, salts, sites
from chalicelib.store.segments import StaleWrite

log = logging.getLogger("shylight")

# Stop beginning new days when less than this is left of the function's time; the next run goes on.
_RESERVE_MS = 60_000


def refresh_marked(context: Any) -> int:
    """Refresh every site-day with a mark that is due, as far as the time allows; how many were.

    :param context: the invocation's, which knows how long it may still run.
    :raises RuntimeError: at the end, if any of them could not be refreshed, for the alarm to see.
    """
    done = busy = failed = left = 0
    for site_id, day in sorted({(mark.site_id, mark.day) for mark in marks.all_due(now_ms())}):
        if context.get_remaining_time_in_millis() < _RESERVE_MS:
            left += 1
            continue
        site = sites.get_site(site_id)
        if site is None:  # deleted meanwhile: nothing will ever ask for this day
            for mark in marks.of_day(site_id, day):
                marks.clear(mark)
            continue
        try:
            refresh(site, day)
            done += 1
        except StaleWrite:
            busy += 1  # somebody else is at it; the mark stays
        except Exception:
            failed += 1  # one broken day must not keep the others waiting; its mark stays
            log.exception("could not refresh %s %s", site_id, day)
    line = {"job": "refresh", "days": done, "busy": busy, "failed": failed, "left": left}
    print(json.dumps(line, separators=(",", ":")))
    if failed:
        raise RuntimeError(f"{failed} site-days could not be refreshed; see the log above")
    return done


def destroy_finished_salts() -> int:
    """Destroy the salts of days that are over; how many they were."""
    destroyed = salts.destroy_finished(time.time())
    print(json.dumps({"job": "forget", "salts": destroyed}, separators=(",", ":")))
    return destroyed
