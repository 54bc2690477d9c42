"""The demo's plan of visits: the same for the same seed, inside its days, and like what people do."""

from __future__ import annotations

import ipaddress
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import mean
from zoneinfo import ZoneInfo

import pytest

from chalicelib.enrich import geolocation
from chalicelib.enrich.user_agent import parse_agent
from demo.traffic import audience, plan
from demo.traffic.expected import day_of
from demo.traffic.sites import JOURNAL, SITES
from demo.traffic.visits import View
from infra import geoip

UNTIL = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
DAY = date(2026, 11, 20)
COUNTRIES = geoip.COUNTRY


@pytest.fixture(scope="module")
def views() -> list[View]:
    return plan.history(JOURNAL, 7, UNTIL - timedelta(days=28), UNTIL, UNTIL.date())


def test_the_same_seed_makes_the_same_visits(views: list[View]):
    assert plan.history(JOURNAL, 7, UNTIL - timedelta(days=28), UNTIL, UNTIL.date()) == views
    assert plan.history(JOURNAL, 8, UNTIL - timedelta(days=28), UNTIL, UNTIL.date()) != views


def test_a_plan_goes_on_where_an_earlier_one_ended(views: list[View]):
    middle = UNTIL - timedelta(days=9, hours=3)
    earlier = plan.history(JOURNAL, 7, UNTIL - timedelta(days=28), middle, UNTIL.date())
    later = plan.history(JOURNAL, 7, middle, UNTIL, UNTIL.date())
    assert {view.id for view in earlier}.isdisjoint(view.id for view in later)
    # Visits that were under way in between are in neither.
    assert {view.id for view in earlier + later} <= {view.id for view in views}
    assert len(earlier) + len(later) > 0.99 * len(views)


def test_everything_lies_between_beginning_and_end(views: list[View]):
    assert min(view.t for view in views) >= (UNTIL - timedelta(days=28)).timestamp() * 1000
    assert max(view.last_activity for view in views) < UNTIL.timestamp() * 1000


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Pacific/Apia", "UTC"])
@pytest.mark.parametrize("day", [DAY, date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1)])
def test_no_visit_crosses_midnight(zone: str, day: date):
    site = replace(JOURNAL, timezone=zone)
    visits = list(plan.day_of_visits(site, 3, day, 150))
    assert len(visits) > 100
    for visit in visits:
        assert {day_of(view, ZoneInfo(zone)) for view in visit.views} == {day}
        assert datetime.fromtimestamp(visit.end / 1000, ZoneInfo(zone)).date() == day


def test_nobody_is_two_and_no_two_are_one(views: list[View]):
    assert len({view.id for view in views}) == len(views)
    people: dict[tuple[date, str], set[audience.Person]] = {}
    for view in views:
        people.setdefault((day_of(view, ZoneInfo(JOURNAL.timezone)), view.person.address), set()).add(view.person)
    assert {len(same_address) for same_address in people.values()} == {1}


def test_agents_are_what_they_are_said_to_be():
    for _, text, browser, system, device, versions in audience._BROWSERS:
        for version in versions:
            parsed = parse_agent(text.format(v=version))
            assert (parsed.browser, parsed.system, parsed.device_type) == (browser, system, device)
    for _, text in audience._BOTS:
        assert parse_agent(text).robot, text


@pytest.mark.skipif(not geoip.NETWORK.exists(), reason="the network database is not built; `make setup` does it")
def test_addresses_are_of_networks_that_somebody_operates():
    import maxminddb

    rng = random.Random(1)
    operators: Counter[str | None] = Counter()
    with maxminddb.open_database(geoip.NETWORK) as database:
        for _, country, blocks in audience._NETWORKS:
            for block in map(ipaddress.ip_network, blocks if country else ()):
                for _ in range(50):
                    address = block.network_address + rng.randrange(block.num_addresses)
                    found = database.get(str(address))
                    operators[geolocation.read([found] if isinstance(found, dict) else []).network] += 1
    assert operators[None] < 0.1 * operators.total()
    assert {"Deutsche Telekom AG", "Comcast Cable Communications, LLC", "KPN B.V."} < set(operators)


@pytest.mark.skipif(not COUNTRIES.exists(), reason="the country database is not installed; `make setup` does it")
def test_addresses_are_where_they_are_said_to_be():
    import maxminddb

    rng = random.Random(1)
    with maxminddb.open_database(COUNTRIES) as database:
        for _, country, blocks in audience._NETWORKS:
            for block in map(ipaddress.ip_network, blocks):
                for _ in range(300):
                    address = block.network_address + rng.randrange(block.num_addresses)
                    # The collector cuts the host's part off before anybody looks.
                    network = ipaddress.ip_network(f"{address}/{24 if block.version == 4 else 48}", strict=False)
                    found = database.get(str(network.network_address)) or {}
                    assert isinstance(found, dict)
                    assert found.get("country_code", "") == country, address


def test_days_and_weeks_have_their_rhythm(views: list[View]):
    zone = ZoneInfo(JOURNAL.timezone)
    local = [datetime.fromtimestamp(view.t / 1000, zone) for view in views]
    hours = Counter(moment.hour for moment in local)
    assert hours[20] > 5 * hours[4]
    by_day = Counter(moment.date() for moment in local)
    weekend = mean(count for day, count in by_day.items() if day.weekday() >= 5)
    assert weekend < 0.85 * mean(count for day, count in by_day.items() if day.weekday() < 5)


def test_there_is_something_of_everything(views: list[View]):
    people = [view for view in views if not view.person.is_bot]
    assert 0.03 < 1 - len(people) / len(views) < 0.15
    assert max(view.engagement or 0 for view in people) > 15 * 60_000
    assert any(view.engagement is None for view in people)
    assert any(view.load_time is None for view in people)
    assert any("utm_campaign=" in view.url for view in people)
    assert len({view.source for view in people}) > 20
    assert len({view.person.country for view in people}) > 25
    assert {view.person.agent.device for view in people} == {"desktop", "phone", "tablet"}


def test_the_first_page_is_read_most(views: list[View]):
    for site in SITES:
        made = plan.history(site, 7, UNTIL - timedelta(days=10), UNTIL, UNTIL.date())
        pages = Counter(view.path for view in made)
        assert pages.most_common(1)[0][0] == site.pages[0].path
        assert len(pages) == len(site.pages)
