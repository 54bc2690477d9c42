"""A sample day: the demo's traffic as the events that the collector creates from it."""

from __future__ import annotations

import dataclasses
import random
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch
from zoneinfo import ZoneInfo

from demo.traffic import plan
from demo.traffic.client import as_hit
from demo.traffic.sites import JOURNAL

if TYPE_CHECKING:
    from chalicelib.collect.event import Event
    from chalicelib.store.sites import Site

_SEED = 1823
_BATCH = 1000


def new_site(name: str, hour: int = 23) -> Site:
    """A new site in a time zone where it is `hour` now; by default the last, so that today has hits in all hours."""
    ahead = (hour - datetime.now(UTC).hour) % 24
    zone = f"Etc/GMT{-ahead:+d}" if ahead <= 14 else f"Etc/GMT{24 - ahead:+d}"
    return site_in(zone, name)


def site_in(zone: str, name: str) -> Site:
    """A new site in a time zone."""
    from chalicelib.store import sites

    site = sites.Site(str(uuid.uuid4()), name, JOURNAL.domain, zone, created_at=int(time.time()))
    sites.put_site(site)
    return site


def events_of_today(site: Site, visits: int) -> list[Event]:
    """The events of about `visits` visits of today; views and leaves are separate events, as from browsers."""
    from chalicelib.collect import bulk_import
    from chalicelib.collect.event import decode

    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo(site.timezone))
    midnight = today - timedelta(hours=today.hour, minutes=today.minute, seconds=today.second)
    shown = dataclasses.replace(JOURNAL, timezone=site.timezone, visits_a_day=visits)
    views = plan.history(shown, _SEED, midnight, now, today.date())
    messages: list[str] = []
    with patch("chalicelib.collect.bulk_import.hit_queue.send_all", messages.extend):
        for start in range(0, len(views), _BATCH):
            bulk_import.accept(site, {"hits": [as_hit(view) for view in views[start : start + _BATCH]]})
    events = [event for message in messages for event in decode(message)[0]]
    # Events of concurrent visitors are mixed, so one visitor's events are rarely in the same batch.
    random.Random(_SEED).shuffle(events)
    return events


def pageviews(events: list[Event]) -> int:
    """The number of views among the events."""
    return sum(event.kind == "view" for event in events)
