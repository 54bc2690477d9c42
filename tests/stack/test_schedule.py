"""What happens by the clock: one day's trouble is not another's, and it does not go unseen."""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib import config, days
from chalicelib.aggregate import leased_builds, schedule
from chalicelib.aggregate.build_day import refresh
from chalicelib.dashboard.reports import home
from chalicelib.enrich.worker import consume
from chalicelib.errors import Unavailable
from chalicelib.report import many_sites, periods, site_stats
from chalicelib.store import build_leases, dirty_hours, functions, people, rollups, site_people
from chalicelib.store.segments import StaleWrite
from chalicelib.store.sites import Site, put_site
from harness.lambda_requests import Context
from tests.stack.counting import messages, traffic
from tests.unit.dashboard import samples

pytestmark = pytest.mark.usefixtures("local_aws")


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Site]:
    """Makes new sites with a mark for today; the only ones of which the schedule knows."""
    ours: set[str] = set()
    all_due = dirty_hours.all_due
    everything = build_leases.all_states
    monkeypatch.setattr(dirty_hours, "all_due", lambda now: (mark for mark in all_due(now) if mark.site_id in ours))
    monkeypatch.setattr(build_leases, "all_states", lambda: (state for state in everything() if state.site_id in ours))

    def make() -> Site:
        made = Site(str(uuid.uuid4()), "Test", "example.com")
        put_site(made)
        dirty_hours.mark(made.id, today(made), 0)
        ours.add(made.id)
        return made

    return make


def today(site: Site) -> date:
    return days.day_of(days.now_ms(), site.zone)


def failing(site: Site, error: Exception, refreshed: list[str]) -> Callable[..., bool]:
    """A refresh that fails for one site."""

    def attempt(given: Site, day: date, *_: Any) -> bool:
        if given.id == site.id:
            raise error
        refreshed.append(given.id)
        refresh(given, day)
        return True

    return attempt


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_day_that_fails_holds_up_no_other_and_rings_the_alarm(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, good = marked(), marked()
    refreshed: list[str] = []
    monkeypatch.setattr(leased_builds, "refresh", failing(broken, ValueError("no such luck"), refreshed))
    with pytest.raises(RuntimeError, match="1 site-days could not be built"):
        schedule.refresh_marked(Context())
    assert refreshed == [good.id]
    assert told(capsys)["failed"] == 1
    assert dirty_hours.of_day(broken.id, today(broken))


def test_a_day_that_somebody_else_refreshes_is_no_failure(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contended = marked()
    monkeypatch.setattr(leased_builds, "refresh", failing(contended, StaleWrite("later"), []))
    schedule.refresh_marked(Context())
    line = told(capsys)
    assert (line["busy"], line["failed"]) == (1, 0)
    assert dirty_hours.of_day(contended.id, today(contended))


def test_a_day_that_fails_is_tried_again_later_and_later_and_rings_the_alarm_until_it_is_built(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = marked()
    tried: list[int] = []
    start = days.now_ms()
    clock = [start]
    monkeypatch.setattr(build_leases, "now_ms", lambda: clock[0])
    monkeypatch.setattr(schedule, "now_ms", lambda: clock[0])

    def attempt(*_: Any) -> bool:
        tried.append((clock[0] - start) // 60_000)
        raise ValueError("no such luck")

    with monkeypatch.context() as patch:
        patch.setattr(leased_builds, "refresh", attempt)
        for minute in range(0, 200, 5):
            clock[0] = start + minute * 60_000
            with pytest.raises(RuntimeError, match="1 site-days could not be built"):
                schedule.refresh_marked(Context())
    assert tried == [0, 5, 10, 15, 25, 45, 80, 140]
    clock[0] += 60 * 60_000
    schedule.refresh_marked(Context())
    assert told(capsys)["failed"] == 0
    assert not build_leases.of_days(broken.id, today(broken), today(broken))


def test_a_page_shows_what_was_built_of_a_day_that_fails_says_so_and_does_not_try_each_time(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = marked()
    now = datetime.now(UTC)
    period = periods.parse({"period": "7d"}, site.zone, now)
    assert site_stats.stats(site, period, now).outdated == ()
    monkeypatch.setattr(config, "REFRESH_AFTER_S", -1)
    tried: list[str] = []

    def attempt(given: Site, *_: Any) -> bool:
        tried.append(given.id)
        raise ValueError("no such luck")

    monkeypatch.setattr(leased_builds, "refresh", attempt)
    for _ in range(3):
        shown = site_stats.stats(site, period, now)
        assert shown.outdated == (today(site),)
        assert shown.metrics.pageviews == 0
    assert tried == [site.id]


def test_many_who_look_at_once_build_a_day_once(marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch) -> None:
    site = marked()
    now = datetime.now(UTC)
    period = periods.parse({"period": "today"}, site.zone, now)
    built: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def attempt(given: Site, *_: Any) -> bool:
        built.append(given.id)
        begun.set()
        return go_on.wait(20)

    monkeypatch.setattr(leased_builds, "refresh", attempt)
    first = threading.Thread(target=site_stats.stats, args=(site, period, now))
    first.start()
    assert begun.wait(20)
    for _ in range(20):
        site_stats.stats(site, period, now)  # answers though the first has not
    go_on.set()
    first.join(20)
    assert built == [site.id]


def test_all_sites_of_a_page_share_its_time(marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch) -> None:
    sites = [marked() for _ in range(3)]
    now = datetime.now(UTC)
    built: list[str] = []

    def build(site: Site, *_: Any) -> bool:
        built.append(site.id)
        return True

    monkeypatch.setattr(leased_builds, "refresh", build)
    clock = [0.0]
    monkeypatch.setattr("chalicelib.report.refresh.time.monotonic", lambda: clock[0])
    for site in sites:
        site_stats.stats(site, periods.parse({"period": "today"}, site.zone, now), now, tables=False, until=4.0)
        clock[0] += 3.0
    assert built == [site.id for site in sites[:2]]


def test_a_site_whose_figures_cannot_be_read_costs_the_home_page_no_other(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, good = marked(), marked()
    person = people.add_person(people.Person(str(uuid.uuid4()), f"{uuid.uuid4()}@example.com"))
    for site in (broken, good):
        assert site_people.write(site_people.read(site), person.id, "viewer")
    shown = many_sites.ManySites.stats

    def stats(self: many_sites.ManySites, asked: many_sites.Question) -> Any:
        if asked.site.id == broken.id:
            raise ValueError("no such luck")
        return shown(self, asked)

    monkeypatch.setattr(many_sites.ManySites, "stats", stats)
    page = home.show(samples.request("/sites"), person)
    assert page.status_code == 200
    assert page.body.count(b"The statistics could not be read") == 1
    assert f"sites/{good.id}".encode() in page.body


def test_who_died_at_a_build_keeps_others_from_it_for_a_while_only(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = marked()
    assert build_leases.acquire(site.id, today(site), leased_builds.LEASE_MS) is not None
    assert leased_builds.build(site, today(site), leased_builds.LEASE_MS, 0.0) is leased_builds.Outcome.BUSY
    later = days.now_ms() + leased_builds.LEASE_MS
    monkeypatch.setattr(build_leases, "now_ms", lambda: later)
    assert leased_builds.build(site, today(site), leased_builds.LEASE_MS, 0.0) is leased_builds.Outcome.BUILT


def test_what_there_is_no_time_for_is_left_to_the_next_run(
    marked: Callable[[], Site], capsys: pytest.CaptureFixture[str]
) -> None:
    late = marked()

    class Over(Context):
        def get_remaining_time_in_millis(self) -> int:
            return 1_000

    assert schedule.refresh_marked(Over()) == 0
    assert told(capsys)["left"] == 1
    assert dirty_hours.of_day(late.id, today(late))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The functions that are started, and what they are told to do."""
    found: list[tuple[str, Any]] = []
    monkeypatch.setattr(functions, "start", lambda name, _why, detail=None: found.append((name, detail)))
    return found


class Limited:
    """An invocation that has time for some days."""

    def __init__(self, turns: int) -> None:
        self.turns = turns

    def get_remaining_time_in_millis(self) -> int:
        self.turns -= 1
        return 300_000 if self.turns >= 0 else 1_000


def test_what_one_run_cannot_build_is_continued_by_another_at_once(
    marked: Callable[[], Site], started: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        marked()
    schedule.refresh_marked(Limited(2))
    assert (told(capsys)["left"], started) == (1, [(config.settings().aggregate, None)])
    schedule.refresh_marked(Limited(0))
    assert len(started) == 1  # a run that gets nowhere does not start another
    schedule.refresh_marked(Context())
    assert len(started) == 1


def test_a_flood_on_one_site_does_not_keep_others_waiting(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch, started: list[tuple[str, Any]]
) -> None:
    flooded, good = marked(), marked()
    turns: list[str] = []

    def attempt(given: Site, *_: Any) -> bool:
        turns.append(given.id)
        return given.id != flooded.id

    monkeypatch.setattr(leased_builds, "refresh", attempt)
    schedule.refresh_marked(Limited(5))
    assert turns[:3] in ([flooded.id, good.id, flooded.id], [good.id, flooded.id, flooded.id])
    assert turns.count(good.id) == 1
    assert len(started) == 1


def test_a_run_for_a_site_builds_that_site_alone(marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, other = marked(), marked()
    assert schedule.refresh_marked(Context(), wanted.id) == 1
    assert rollups.get(wanted.id, today(wanted)) is not None
    assert rollups.get(other.id, today(other)) is None


def test_a_page_on_a_large_day_shows_what_is_stored_and_has_the_aggregator_woken_once(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch, started: list[tuple[str, Any]]
) -> None:
    site = marked()
    consume(messages(traffic(site, today(site), visitors=3)))
    refresh(site, today(site))
    monkeypatch.setattr(config, "SMALL_DAY_RECORDS", 0)
    monkeypatch.setattr(config, "REFRESH_AFTER_S", -1)
    monkeypatch.setattr(leased_builds, "refresh", lambda *_: pytest.fail("a page builds a large day"))
    now = datetime.now(UTC)
    for _ in range(3):
        shown = site_stats.stats(site, periods.parse({"period": "today"}, site.zone, now), now)
        assert (shown.waiting, shown.outdated) == ((today(site),), ())
        assert shown.metrics.pageviews > 0
    assert started == [(config.settings().aggregate, {"site": site.id})]
    later = days.now_ms() + config.WAKE_EVERY_S * 1000
    monkeypatch.setattr("chalicelib.store.wake_ups.now_ms", lambda: later)
    site_stats.stats(site, periods.parse({"period": "today"}, site.zone, now), now)
    assert len(started) == 2


def test_a_page_goes_on_if_the_aggregator_cannot_be_started(
    marked: Callable[[], Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = marked()
    refresh(site, today(site))

    def refuse(*_: Any) -> None:
        raise Unavailable("no")

    monkeypatch.setattr(functions, "start", refuse)
    monkeypatch.setattr(config, "SMALL_DAY_RECORDS", -1)
    monkeypatch.setattr(config, "REFRESH_AFTER_S", -1)
    now = datetime.now(UTC)
    shown = site_stats.stats(site, periods.parse({"period": "today"}, site.zone, now), now)
    assert shown.waiting == (today(site),)
