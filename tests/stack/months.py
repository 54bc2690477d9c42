"""The month of two sites, taken by the worker and built: what API, data files and a naive count are compared on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from unittest.mock import patch

from chalicelib.aggregate.build_day import refresh
from chalicelib.collect.event import Event, encode
from chalicelib.enrich import geolocation
from chalicelib.enrich.geolocation import Location
from chalicelib.enrich.worker import consume
from chalicelib.store.sites import Site, get_site
from tests.stack import month_traffic, naive_count
from tests.stack.calls import Caller
from tests.stack.naive_count import Counted

# Days of the month whose files have few records each, and days of which a third of the hits come once they are closed.
SPLIT_DAYS = (4, 20)
LATE_DAYS = (12, 20)
_SPLIT_RECORDS = 12
_LOCATE = geolocation.locate


@dataclass(frozen=True)
class Month:
    """A site with its month, and what should be counted."""

    site: Site
    days: list[date]
    counted: Counted

    @property
    def period(self) -> dict[str, str]:
        """The month as a query of the API."""
        return {"from": self.days[0].isoformat(), "to": self.days[-1].isoformat()}


def build(caller: Caller) -> list[Month]:
    """The month of both sites, with all days closed."""
    return [of_zone(caller, seed, zone) for seed, zone in enumerate(month_traffic.ZONES)]


def of_zone(caller: Caller, seed: int, zone: str) -> Month:
    """The month of one site."""
    site = get_site(caller.new_site(timezone=zone))
    assert site is not None
    days = month_traffic.month()
    sent = month_traffic.of_site(site, days, seed)
    events = month_traffic.as_events(site, sent)
    late_days = {days[number].isoformat() for number in LATE_DAYS}
    late = {number for number, event in enumerate(events) if number % 3 == 0 and event.day in late_days}
    _take([event for number, event in enumerate(events) if number not in late])
    for number in range(len(days)):
        _refresh(site, days, number)
    _take([events[number] for number in sorted(late)])
    for number in LATE_DAYS:
        _refresh(site, days, number)
    return Month(site, days, naive_count.count(sent))


def _take(events: Sequence[Event]) -> None:
    with patch.object(geolocation, "locate", _locate):
        for start in range(0, len(events), 100):
            consume([encode(events[start : start + 100])])


def _locate(address: str) -> Location:
    """As if there was a database with cities beside the packaged one, which has countries."""
    place, found = month_traffic.place_of(address), _LOCATE(address)
    return replace(found, region=place.region or None, city=place.city or None, network=place.network or None)


def _refresh(site: Site, days: Sequence[date], number: int) -> None:
    with patch("chalicelib.config.PART_RECORDS", _SPLIT_RECORDS if number in SPLIT_DAYS else 500_000):
        refresh(site, days[number])
