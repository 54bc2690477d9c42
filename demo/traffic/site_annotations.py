"""What happened on the demo's sites: notes on dates, and markers of deployments, sent to the API."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from demo.traffic import plan
from demo.traffic.client import Shylight
from demo.traffic.demo_site import DemoSite
from demo.traffic.sites import JOURNAL, NOTES, SHOP

# By site: how many days ago, at which time or on the whole day, which kind, and what.
_HAPPENED: Final[dict[str, tuple[tuple[int, time | None, str, str], ...]]] = {
    JOURNAL.domain: (
        (52, None, "note", "New home page"),
        (38, time(10, 20), "deploy", "v3.0.0"),
        (24, None, "note", "New issue sent to 4,200 subscribers"),
        (18, time(9, 40), "deploy", "v3.1.0: faster map"),
        (9, time(16, 5), "deploy", "v3.2.0: new reading list"),
        (9, time(17, 20), "deploy", "v3.2.1"),
        (4, time(7, 30), "note", "Interview on the radio"),
    ),
    SHOP.domain: (
        (45, None, "note", "Campaign “Autumn lights” begins"),
        (21, None, "note", "Free shipping from 60 USD"),
        (12, time(11, 15), "deploy", "Checkout in one step"),
        (5, None, "note", "Sale begins"),
    ),
    NOTES.domain: ((20, None, "note", "First post"), (6, time(21, 0), "note", "Now with a feed")),
}


def planned(site: DemoSite, first: date, until: datetime) -> list[dict[str, Any]]:
    """The annotations of a site from `first` to `until` (an aware time), as the API takes them."""
    zone = ZoneInfo(site.timezone)
    today = until.astimezone(zone).date()
    found = []
    for ago, at, kind, text in _HAPPENED[site.domain]:
        day = today - timedelta(days=ago)
        if day < first or (at and datetime.combine(day, at, zone) > until):
            continue
        moment = f"{day}T{at:%H:%M}" if at else day.isoformat()
        link = {"url": f"https://{site.domain}/releases/{text.split(':')[0].lower()}"} if text.startswith("v") else {}
        found.append({"at": moment, "kind": kind, "text": text, **link})
    for number in range((today - first).days + 1):
        day = first + timedelta(days=number)
        if (spread := plan.spreading(site, day)) and spread[1] == 0:
            story = spread[0]
            found.append({"at": day.isoformat(), "text": story.text, "url": story.arrival.referrer or ""})
    return found


def send(shylight: Shylight, site_id: str, site: DemoSite, first: date, until: datetime) -> None:
    """Send the annotations of a site: deployments by its continuous integration, the rest by its editors."""
    found = planned(site, first, until)
    for name, kind in (("CI", "deploy"), ("Editors", "note")):
        client = shylight.annotator(name, site_id)
        for annotation in found:
            if annotation.get("kind", "note") == kind:
                client.annotate(site_id, annotation)
