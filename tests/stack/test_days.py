"""Days as they are compared and kept: to the minute, each in its own zone, and nobody online twice at midnight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib import days
from chalicelib.aggregate.build_day import refresh
from chalicelib.collect import hit
from chalicelib.collect.event import Event
from chalicelib.collect.urls import Location
from chalicelib.enrich.worker import consume
from chalicelib.report import periods, site_stats, stats_question, visits
from chalicelib.report.periods import Period
from chalicelib.store import exclusions
from chalicelib.store.site_changes import change_site
from chalicelib.store.sites import Site, put_site
from tests.stack.counting import FIREFOX, HOUR, flood, forget_marks_left, messages, new_site, yesterday

pytestmark = pytest.mark.usefixtures("local_aws")
MINUTE = 60_000


@pytest.fixture
def site() -> Iterator[Site]:
    """A new site."""
    yield (made := new_site())
    put_site(made)  # other tests read the sites, whose limits are never as low as here


def view(site: Site, t: int, number: int = 0) -> Event:
    who = hit.client(f"198.51.100.{number}", FIREFOX)
    return hit.event(site, who, t, hit.View(f"v{number}", Location("example.com", "/"), "script"))


def at(monkeypatch: pytest.MonkeyPatch, t: int) -> datetime:
    """Let it be `t` (epoch ms) for the program."""
    monkeypatch.setattr(days, "now_ms", lambda: t)
    return datetime.fromtimestamp(t / 1000, UTC)


def test_a_day_that_is_not_over_is_compared_to_the_minute(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = yesterday(site) - timedelta(days=1)
    start = days.day_start(before, site.zone)
    at(monkeypatch, start + 12 * HOUR)
    consume(messages([view(site, start + minute * MINUTE, minute % 250) for minute in (1, 902, 903, 930)]))
    at(monkeypatch, start + 30 * HOUR)
    refresh(site, before)
    now = at(monkeypatch, start + 24 * HOUR + 902 * MINUTE)
    shown = site_stats.stats(site, periods.parse({"period": "today"}, site, now), now)
    assert shown.compare.pageviews == 2


def test_the_hours_of_a_period_are_the_same_from_rollups_as_from_visits(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = yesterday(site)
    first = last - timedelta(days=6)
    sent = []
    for number, (day, hour) in enumerate([(first, 0), (first, 14), (first, 14), (last, 14), (last, 23)]):
        t = days.day_start(day, site.zone) + hour * HOUR + 5 * MINUTE
        at(monkeypatch, t)
        consume(messages([view(site, t, number)]))
        sent.append((day, hour))
    now = at(monkeypatch, days.day_start(last, site.zone) + 30 * HOUR)
    for day in (first, last):
        refresh(site, day)
    query = {"period": "custom", "from": first.isoformat(), "to": last.isoformat()}
    shown = []
    for texts in ([], ["is,page,/"]):
        question = replace(stats_question.parse(query, texts, site, now), by_hour=True)
        shown.append(stats_question.answer(site, question, now).hours)
    whole, filtered = shown
    assert whole == filtered
    assert len(whole) == sum(days.hours_in(day, site.zone) for day in days.each(first, last))
    counted = [(point.t.date(), point.t.hour) for point in whole for _ in range(point.pageviews)]
    assert counted == sent
    assert stats_question.answer(site, stats_question.parse(query, [], site, now), now).hours == ()


def test_who_is_here_at_midnight_is_online_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = yesterday(site)
    midnight = days.day_end(day, site.zone)
    at(monkeypatch, midnight + MINUTE)
    consume(messages([view(site, midnight - MINUTE, 1), view(site, midnight - MINUTE, 2), view(site, midnight, 1)]))
    now = at(monkeypatch, midnight + MINUTE + 1000)
    shown = site_stats.stats(site, periods.parse({"period": "today"}, site, now), now)
    assert shown.online == 2


def test_a_day_keeps_the_zone_in_which_it_was_counted(site: Site) -> None:
    day = yesterday(site)
    start = days.day_start(day, site.zone)
    consume(messages([view(site, start + 5 * HOUR, 1)]))
    period = Period("custom", day, day)
    before = site_stats.stats(site, period, datetime.now(UTC))
    changed = change_site(site.id, {"timezone": "America/Los_Angeles"})
    assert changed is not None
    assert changed.timezone == "America/Los_Angeles"
    after = site_stats.stats(changed, period, datetime.now(UTC))
    assert [(point.t, point.visits) for point in after.series] == [(point.t, point.visits) for point in before.series]
    (visit,) = visits.list_visits(changed, period, 5, None)["visits"]
    told = datetime.fromisoformat(visit["start"])
    assert (told.hour, told.utcoffset()) == (5, timedelta(hours=5, minutes=45))
    today = changed.calendar.day_of(days.now_ms())
    assert changed.calendar.zone_of(today + timedelta(days=3)) == ZoneInfo("America/Los_Angeles")


def test_a_day_that_was_full_takes_hits_once_its_limit_is_raised(site: Site) -> None:
    day = yesterday(site)
    put_site(site := replace(site, max_day=20))
    consume(messages(flood(site, day, 25)))
    refresh(site, day)
    exclusions._full.clear()
    forget_marks_left()

    def dropped(of: Site, later: Any) -> bool:
        consume(messages([view(of, later, 9)]))
        exclusions.flush()
        return any(entry.reason == "flood_site" for entry in exclusions.between(of.id, day, day))

    noon = days.day_start(day, site.zone) + 12 * HOUR
    put_site(raised := replace(site, max_day=1000))
    assert not dropped(raised, noon)
    put_site(site)
    assert dropped(site, noon)
