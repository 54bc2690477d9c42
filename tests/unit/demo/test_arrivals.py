"""How the demo's visits begin: the source and the channel that it expects are those that the program finds."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from chalicelib.collect.referrer import read_referrer, same_site
from chalicelib.enrich.channel import channel
from chalicelib.enrich.source import DIRECT, read_source
from demo.traffic import arrivals
from demo.traffic.arrivals import Arrival
from demo.traffic.demo_site import DemoSite
from demo.traffic.sites import SITES

ALL = {arrival for site in SITES for _, arrival in site.arrivals} | {
    story.arrival for site in SITES for story in site.stories
}


@pytest.mark.parametrize("arrival", sorted(ALL, key=repr), ids=lambda arrival: f"{arrival.source} {arrival.query}")
def test_source_and_channel_are_those_that_the_program_finds(arrival: Arrival) -> None:
    tags = {name: values[0] for name, values in parse_qs(arrival.query).items()}
    came_from = read_referrer(arrival.referrer)
    source = read_source(came_from[1] if came_from else None, tags.get("utm_source"))
    found = channel(
        source.name if source else tags.get("utm_source"),
        source.category if source else None,
        tags.get("utm_medium"),
        tags.get("utm_campaign"),
        source.paid if source else False,
        came_from is not None,
    )
    assert (source.name if source else DIRECT, found) == (arrival.source, arrival.channel)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.domain)
def test_no_site_is_its_own_source(site: DemoSite) -> None:
    begun = [arrival for _, arrival in site.arrivals] + [story.arrival for story in site.stories]
    hosts = {came_from[0] for arrival in begun if (came_from := read_referrer(arrival.referrer))}
    assert not [host for host in hosts if same_site(host, site.domain)]


def test_campaigns_use_every_part_of_a_tag() -> None:
    used = {name for arrival in ALL for name in parse_qs(arrival.query)}
    assert used == {"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"}


def test_those_who_follow_a_story_leave_sooner_than_those_who_read_the_letter() -> None:
    letter = [arrival.bounce for _, arrival in arrivals.JOURNAL_ARRIVALS if arrival.channel == "Email"]
    assert max(letter) < min(story.arrival.bounce for site in SITES for story in site.stories)
