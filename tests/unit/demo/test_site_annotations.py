"""The demo's annotations: within its days, valid for the API, and on the day of the story."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.accounts.sites import annotation_fields
from chalicelib.store.sites import Site
from demo.traffic import plan, site_annotations
from demo.traffic.demo_site import DemoSite
from demo.traffic.sites import NOTES, SITES

UNTIL = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
TODAY = UNTIL.date()


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.domain)
@pytest.mark.parametrize("days", [1, 7, 60])
def test_they_are_valid_and_within_the_days_of_the_demo(site: DemoSite, days: int) -> None:
    first = TODAY - timedelta(days=days - 1)
    stored = Site("7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", site.name, site.domain, site.timezone)
    for fields in site_annotations.planned(site, first, UNTIL):
        at = annotation_fields.read(fields, stored).at
        assert first.isoformat() <= at[:10]
        assert at <= UNTIL.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.domain)
def test_each_spike_has_its_cause_and_deployments_are_marked(site: DemoSite) -> None:
    first = TODAY - timedelta(days=59)
    found = site_annotations.planned(site, first, UNTIL)
    days = {date.fromisoformat(one["at"][:10]) for one in found}
    spread = {day: plan.spreading(site, day) for day in (first + timedelta(n) for n in range(60))}
    begun = {day for day, story in spread.items() if story and story[1] == 0}
    assert begun
    assert begun <= days
    if site is not NOTES:  # a weblog of three weeks
        assert {one.get("kind", "note") for one in found} == {"note", "deploy"}
