"""Sixty days of the demo: 30 days to compare with 30 days, and something to see on every page."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from demo.traffic import expected, history, plan
from demo.traffic.demo_site import DemoSite
from demo.traffic.history import History
from demo.traffic.sites import JOURNAL, NOTES, SHOP, SITES
from localstack.__main__ import DEMO_DAYS

UNTIL = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
SEED = 1823


@pytest.fixture(scope="module")
def histories() -> dict[str, History]:
    return {site.domain: history.prepare(site, DEMO_DAYS, UNTIL, seed=SEED) for site in SITES}


@pytest.mark.parametrize("site", [JOURNAL, SHOP], ids=lambda site: site.domain)
def test_the_default_period_has_all_its_days_before_it_and_has_grown(
    site: DemoSite, histories: dict[str, History]
) -> None:
    days = expected.by_day(histories[site.domain].visits)
    last = UNTIL.astimezone(ZoneInfo(site.timezone)).date()
    now = [days[last - timedelta(days=number)] for number in range(30)]
    before = [days[last - timedelta(days=number)] for number in range(30, 60)]
    assert len(days) == 60
    assert 1.05 < sum(map(len, now)) / sum(map(len, before)) < 1.8


def test_a_site_that_began_later_has_nothing_before(histories: dict[str, History]) -> None:
    assert NOTES.started is not None
    days = expected.by_day(histories[NOTES.domain].visits)
    assert len(days) <= NOTES.started < 30


@pytest.mark.parametrize("site", [JOURNAL, SHOP], ids=lambda site: site.domain)
def test_a_spike_has_its_cause_in_the_sources_and_in_the_pages(site: DemoSite, histories: dict[str, History]) -> None:
    """In the 30 days that are shown first, there is a day with many more visits, most by one link to one page."""
    days = expected.by_day(histories[site.domain].visits)
    last = UNTIL.astimezone(ZoneInfo(site.timezone)).date()
    spread = {day: plan.spreading(site, day) for day in days if day > last - timedelta(days=30)}
    day, story = next((day, found[0]) for day, found in spread.items() if found and found[1] == 0)
    usual = sorted(map(len, days.values()))[len(days) // 2]
    assert len(days[day]) > 1.7 * usual
    by_link = [visit for visit in days[day] if visit.views[0].source == story.arrival.source]
    assert len(by_link) > 0.4 * len(days[day])
    assert Counter(visit.views[0].path for visit in by_link).most_common(1)[0][0] == story.path


def test_sites_have_several_hosts(histories: dict[str, History]) -> None:
    hosts = {
        site.domain: {urlsplit(view.url).hostname for view in histories[site.domain].views} for site in (JOURNAL, SHOP)
    }
    assert hosts[JOURNAL.domain] == {JOURNAL.domain, f"archive.{JOURNAL.domain}", f"map.{JOURNAL.domain}"}
    assert hosts[SHOP.domain] == {SHOP.domain, "pay.harbour.example"}


def test_events_have_properties_and_revenue(histories: dict[str, History]) -> None:
    of_shop = expected.events(histories[SHOP.domain].visits)
    assert {"Search", "Add to cart", "Begin checkout", "Purchase", "Stock alert"} == set(of_shop)
    assert of_shop["Add to cart"][0] > of_shop["Begin checkout"][0] > of_shop["Purchase"][0] > 20
    assert 20 < of_shop["Purchase"][2]["USD"] / of_shop["Purchase"][0] < 250
    of_journal = expected.events(histories[JOURNAL.domain].visits)
    assert {"Download", "Listen", "Open lighthouse", "Share", "Subscribe", "Donate"} == set(of_journal)
    assert of_journal["Donate"][2]["EUR"] > 0
    conversions = [view.conversion for sent in histories.values() for view in sent.views if view.conversion]
    assert all(conversion.props for conversion in conversions)


def test_nobody_begins_at_the_end_of_a_purchase(histories: dict[str, History]) -> None:
    inner = {page.path for page in SHOP.pages if page.inner}
    assert inner == {"/cart", "/checkout", "/thanks"}
    begun = {visit.views[0].path for visit in histories[SHOP.domain].visits if len(visit.views) > 1}
    assert not begun & {"/thanks"}


@pytest.mark.parametrize("site", [JOURNAL, SHOP], ids=lambda site: site.domain)
def test_people_who_sign_in_come_back_from_where_they_are(site: DemoSite, histories: dict[str, History]) -> None:
    visits = [visit for visit in histories[site.domain].visits if visit.person.identifier]
    times = Counter(visit.person.identifier for visit in visits)
    assert len(times) > 15
    assert times.most_common(1)[0][1] >= 5
    homes = {(visit.person.identifier, visit.person.address, visit.person.agent) for visit in visits}
    assert len(homes) == len(times)


def test_bounce_rates_depend_on_where_visitors_come_from(histories: dict[str, History]) -> None:
    rates = {
        channel: expected.metrics(
            visit for visit in histories[JOURNAL.domain].visits if visit.views[0].channel == channel
        )
        for channel in ("Email", "Direct", "Organic Social")
    }
    bounce = {channel: found["bounce_rate"] or 0 for channel, found in rates.items()}
    assert bounce["Email"] + 0.1 < bounce["Direct"] < bounce["Organic Social"] - 0.1


def test_editors_are_there_and_not_counted(histories: dict[str, History]) -> None:
    for site in (JOURNAL, SHOP):
        sent = histories[site.domain]
        assert any(not view.person.is_bot and not view.person.is_counted for view in sent.views)
        assert all(visit.person.is_counted for visit in sent.visits)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.domain)
@pytest.mark.parametrize("until", [UNTIL, UNTIL.replace(hour=3), datetime(2026, 11, 24, 23, 5, tzinfo=UTC)])
def test_somebody_is_there_right_now_at_any_time_of_day(site: DemoSite, until: datetime) -> None:
    views = plan.recent(site, SEED, until)
    assert views == plan.recent(site, SEED, until)
    end = until.timestamp() * 1000
    assert all(end - 30 * 60_000 <= view.t <= view.last_activity < end for view in views)
    assert len({view.person for view in views}) >= 3
    if until.astimezone(ZoneInfo(site.timezone)).hour:  # else some visits would cross midnight
        assert max(view.last_activity for view in views) > end - 5 * 60_000


def test_the_recent_visits_come_in_addition() -> None:
    without = history.prepare(JOURNAL, 2, UNTIL, seed=SEED)
    whole = history.prepare(JOURNAL, 2, UNTIL, seed=SEED, recent=True)
    more = set(whole.views) - set(without.views)
    assert set(without.views) < set(whole.views)
    assert more == set(plan.recent(JOURNAL, SEED, UNTIL))
