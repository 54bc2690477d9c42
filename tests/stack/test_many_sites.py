"""The home page shows of each site what its overview shows, however many sites there are, and however builds end."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib import config, days
from chalicelib.aggregate import day_sums, month_sums, rollup_sums
from chalicelib.aggregate.build_day import refresh
from chalicelib.dashboard.reports import home
from chalicelib.enrich.worker import consume
from chalicelib.report import many_sites, periods, site_stats
from chalicelib.report import refresh as refreshing
from chalicelib.report.many_sites import Question
from chalicelib.report.stats import Stats
from chalicelib.store import aws, build_leases, day_totals, dirty_hours, functions, people, rollups, site_people
from chalicelib.store.build_leases import State
from chalicelib.store.sites import Site
from tests.stack.counting import forget_marks_left, messages, new_site, traffic, yesterday
from tests.unit.dashboard import samples

pytestmark = pytest.mark.usefixtures("local_aws")

PERIODS = [{"period": name} for name in ("today", "yesterday", "7d", "month", "30d", "12mo", "all")]


@pytest.fixture(autouse=True)
def _marks() -> None:
    forget_marks_left()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What functions that are started are told to do."""
    found: list[Any] = []
    monkeypatch.setattr(functions, "start", lambda _name, _why, detail=None: found.append(detail))
    return found


def store(site: Site, day: date, visitors: int = 12, seed: int = 1) -> None:
    """Have the worker store hits of a day."""
    consume(messages(traffic(site, day, visitors, seed)))


def days_with_hits(site: Site) -> list[date]:
    today = yesterday(site) + timedelta(days=1)
    return [today - timedelta(days=before) for before in (0, 1, 2, 7, 8, 31, 33, 61)]


def with_history(site: Site) -> Site:
    for number, day in enumerate(days_with_hits(site)):
        store(site, day, 4 + number, number)
        refresh(site, day)
    return site


def asked(site: Site, query: dict[str, str]) -> Question:
    now = datetime.now(site.zone)
    return Question(site, periods.parse(query, site, now), now)


def on_home(site: Site, query: dict[str, str]) -> Stats:
    question = asked(site, query)
    return many_sites.read([question]).stats(question)


def on_overview(site: Site, query: dict[str, str], now: datetime) -> Stats:
    period = periods.parse(query, site, now)
    shown = site_stats.stats(site, period, now, tables=False, fresh_s=10**9)  # the home page has built what is new
    return replace(shown, tables={}, compare_series=())


@pytest.mark.parametrize("query", [*PERIODS, {"from": "2026-09-01", "to": "2026-10-31"}], ids=str)
def test_the_home_page_has_the_figures_of_the_overview(query: dict[str, str]) -> None:
    first, second = with_history(new_site()), new_site()
    questions = [asked(site, query) for site in (first, second)]
    stored = many_sites.read(questions)
    for question in questions:
        assert stored.stats(question) == on_overview(question.site, query, question.now)
    assert stored.stats(questions[0]).metrics["visits"] or "from" in query


def test_a_build_that_dies_before_it_has_stored_totals_is_made_up_for() -> None:
    site = new_site()
    day = yesterday(site)
    store(site, day)
    refresh(site, day)
    store(site, day, seed=2)
    with patch.object(day_sums, "note", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        refresh(site, day)
    refresh(site, day)
    assert on_home(site, {"period": "yesterday"}) == on_overview(site, {"period": "yesterday"}, datetime.now(site.zone))


def test_a_slow_build_does_not_replace_the_totals_of_a_later_one() -> None:
    site = new_site()
    day = yesterday(site)
    store(site, day, 3)
    early = refresh(site, day)
    store(site, day, 9, seed=2)
    refresh(site, day)
    late = rollups.get(site.id, day)
    assert early is not None
    assert late is not None
    day_sums.note(site.id, early, rollup_sums.unpack_figures(early.packed))
    month = month_sums.first_of(day)
    kept = day_totals.of_months([(site.id, month)])[site.id, month].days[day]
    assert kept.totals == rollup_sums.unpack_figures(late.packed).totals.values()


def test_days_that_an_earlier_release_has_built_are_counted() -> None:
    site = new_site()
    day = yesterday(site)
    with patch.object(day_sums, "note"):
        store(site, day)
        refresh(site, day)
    assert (
        on_home(site, {"period": "7d"}).metrics == on_overview(site, {"period": "7d"}, datetime.now(site.zone)).metrics
    )
    store(site, day, seed=2)
    refresh(site, day)
    assert (
        on_home(site, {"period": "7d"}).metrics == on_overview(site, {"period": "7d"}, datetime.now(site.zone)).metrics
    )


def test_a_site_whose_totals_take_too_long_says_so_and_the_next_page_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = viewer(new_site())
    with monkeypatch.context() as short:
        short.setattr(many_sites, "_FILL_BUDGET_S", 0.0)
        assert b"are being summed up" in home.show(samples.request("/sites"), person).body
    assert b"are being summed up" not in home.show(samples.request("/sites"), person).body


def viewer(*sites: Site) -> tuple[people.Person, tuple[Site, ...]]:
    person = people.add_person(people.Person(str(uuid.uuid4()), f"{uuid.uuid4()}@example.com"))
    for site in sites:
        assert site_people.write(site_people.read(site), person.id, "viewer")
    return person, sites


def test_a_few_sites_with_new_hits_are_up_to_date(started: list[Any]) -> None:
    person, sites = viewer(*(new_site() for _ in range(config.HOME_BUILDS)))
    for site in sites:
        store(site, days.day_of(days.now_ms(), site.zone))
    page = home.show(samples.request("/sites", {"period": "today"}), person).body.decode()
    assert all(site.id in page for site in sites)
    assert "are being computed" not in page
    assert "could not be updated" not in page
    assert started == []
    assert all(rollups.exist(site.id) for site in sites)


def test_many_sites_with_new_hits_are_built_by_the_aggregator_which_is_woken_once(
    started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    person, sites = viewer(*(new_site() for _ in range(config.HOME_BUILDS + 3)))
    for site in sites:
        store(site, days.day_of(days.now_ms(), site.zone))
    later = days.now_ms() + config.WAKE_FOR_ALL_EVERY_S * 1000  # another test may have woken it
    monkeypatch.setattr("chalicelib.store.wake_ups.now_ms", lambda: later)
    shown = [home.show(samples.request("/sites", {"period": "today"}), person).body.decode() for _ in range(2)]
    assert all(f"Newer figures of {len(sites)} sites are being computed." in page for page in shown)
    assert all(f'data-refresh="{config.HOME_PAGE_WAITING_REFRESH_S}"' in page for page in shown)
    assert started == [{}]
    for site in sites:
        refresh(site, days.day_of(days.now_ms(), site.zone))
    page = home.show(samples.request("/sites", {"period": "today"}), person).body.decode()
    assert "are being computed" not in page
    assert f'data-refresh="{config.HOME_PAGE_REFRESH_S}"' in page


def test_marks_of_other_days_and_sites_are_not_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    sites = [new_site() for _ in range(6)]
    today = {site.id: days.day_of(days.now_ms(), site.zone) for site in sites}
    for site in sites:
        dirty_hours.mark(site.id, today[site.id], 3)
        dirty_hours.mark(site.id, today[site.id] - timedelta(days=9), 3)
    now = days.now_ms()
    wanted = {site.id: (today[site.id] - timedelta(days=1), today[site.id]) for site in sites[:5]}
    found = {(mark.site_id, mark.day) for mark in dirty_hours.due_of_sites(wanted, now)}
    assert found == {(site.id, today[site.id]) for site in sites[:5]}
    one = {sites[5].id: (today[sites[5].id], today[sites[5].id])}
    assert {(mark.site_id, mark.day) for mark in dirty_hours.due_of_sites(one, now)} == {
        (sites[5].id, today[sites[5].id])
    }


def test_the_number_of_calls_does_not_grow_with_the_number_of_sites(started: list[Any]) -> None:
    sites = [new_site() for _ in range(30)]
    questions = [asked(site, {"period": "30d"}) for site in sites]
    many_sites.read(questions)  # completes their months
    calls: list[str] = []
    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="counted")
    try:
        stored = many_sites.read(questions)
        for question in questions:
            stored.stats(question)
    finally:
        events.unregister("before-call.dynamodb", unique_id="counted")
    assert len(calls) <= 12, calls


def test_failed_days_are_told_apart_from_waiting_ones(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sites = [new_site() for _ in range(config.HOME_BUILDS + 1)]
    today = {site.id: days.day_of(days.now_ms(), site.zone) for site in sites}
    for site in sites:
        dirty_hours.mark(site.id, today[site.id], 0)
    failing = State(sites[0].id, today[sites[0].id], failures=2)
    monkeypatch.setattr(build_leases, "all_states", lambda: iter([failing]))
    found = refreshing.refresh_sites({site.id: (site, today[site.id], today[site.id]) for site in sites})
    assert found[sites[0].id] == refreshing.Refreshed(outdated={today[sites[0].id]})
    assert found[sites[1].id] == refreshing.Refreshed(waiting={today[sites[1].id]})
