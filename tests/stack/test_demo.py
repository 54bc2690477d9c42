"""The demo's traffic over HTTP: what was sent is what is shown, figure by figure and row by row."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from demo.traffic import expected, history, live, set_up
from demo.traffic.audience import is_editor
from demo.traffic.client import Shylight
from demo.traffic.demo_site import DemoSite
from demo.traffic.history import History
from demo.traffic.sites import JOURNAL, SHOP, SITES

if TYPE_CHECKING:
    from tests.conftest import Deployed

PATIENCE_S = 240.0
DAYS = 3


@pytest.fixture(scope="module")
def shylight(stack: Deployed) -> Shylight:
    return Shylight(stack.base_url, stack.api_token)


@pytest.fixture(scope="module", params=SITES, ids=lambda site: site.domain)
def counted(request: pytest.FixtureRequest, shylight: Shylight) -> tuple[str, History]:
    """A site whose history has been sent and counted: its id and the history."""
    site: DemoSite = request.param
    sent = history.prepare(site, DAYS, datetime.now(UTC), seed=11, scale=0.8, recent=True)
    id_ = set_up.create(shylight, site)
    set_up.complete(shylight, id_, site)
    history.send(shylight, id_, sent)
    history.wait_until_counted(shylight, id_, sent, PATIENCE_S)
    return id_, sent


def shown(shylight: Shylight, site: str, first: date, last: date) -> dict[str, Any]:
    return shylight.stats(site, **{"from": first.isoformat(), "to": last.isoformat()})


def rows(stats: dict[str, Any]) -> dict[str, dict[str, tuple[int, int, int]]]:
    return {
        table: {row.get("raw", row["name"]): (row["visitors"], row["visits"], row["pageviews"]) for row in found}
        for table, found in stats["tables"].items()
        if table in expected.TABLES
    }


def test_the_whole_period_shows_what_was_sent(shylight: Shylight, counted: tuple[str, History]):
    id_, sent = counted
    stats = shown(shylight, id_, sent.first, sent.last)
    assert history.metrics_equal(stats["metrics"], expected.metrics(sent.visits)), stats["metrics"]
    assert rows(stats) == expected.tables(sent.visits)
    events = {row["name"]: (row["events"], row["visitors"], row["revenue"]) for row in stats["events"]}
    assert events == expected.events(sent.visits)
    assert stats["online"] >= 1


def test_excluded_traffic_shows_bots_and_the_editors(shylight: Shylight, counted: tuple[str, History]):
    """Bots are dropped or kept, as the site's settings say."""
    id_, sent = counted
    found = shylight.excluded(id_, **{"from": sent.first.isoformat(), "to": sent.last.isoformat(), "limit": "1000"})
    bots = sum(view.person.is_bot for view in sent.views)
    assert sum(row["hits"] for row in found["robots"]) == bots
    assert {row["kept"] for row in found["robots"]} == {not sent.site.settings.get("ignore_robots", False)}
    editors = [view for view in sent.views if is_editor(view.person.address)]
    hits = len(editors) + sum(view.conversion is not None for view in editors)
    assert sum(row["hits"] for row in found["dropped"] if row["reason"] == "ignored_address") == hits


def test_people_who_sign_in_are_found_by_their_identifier(shylight: Shylight, counted: tuple[str, History]):
    id_, sent = counted
    period = {"from": sent.first.isoformat(), "to": sent.last.isoformat()}
    known = {visit.person.identifier for visit in sent.visits if visit.person.identifier}
    for identifier in known:
        own = [visit for visit in sent.visits if visit.person.identifier == identifier]
        assert len(shylight.visits(id_, identifier=identifier, **period)) == len(own)


def test_each_day_shows_what_was_sent(shylight: Shylight, counted: tuple[str, History]):
    id_, sent = counted
    days = expected.by_day(sent.visits)
    for number in range(DAYS):
        day = sent.first + timedelta(days=number)
        stats = shown(shylight, id_, day, day)
        visits = days.get(day, [])
        assert history.metrics_equal(stats["metrics"], expected.metrics(visits)), (day, stats["metrics"])
        assert rows(stats) == expected.tables(visits), day


def test_the_chart_shows_what_was_sent_hour_by_hour(shylight: Shylight, counted: tuple[str, History]):
    id_, sent = counted
    series = shown(shylight, id_, sent.first, sent.last)["series"]
    views = [view for visit in sent.visits for view in visit.views]
    for number, point in enumerate(series):
        start = datetime.fromisoformat(point["t"]).timestamp() * 1000
        end = (
            datetime.fromisoformat(series[number + 1]["t"]).timestamp() * 1000 if number + 1 < len(series) else 1 << 62
        )
        here = [view for view in views if start <= view.t < end]
        assert point["pageviews"] == len(here), point
        assert point["visitors"] == len({view.person for view in here}), point
        assert point["visits"] == sum(start <= visit.views[0].t < end for visit in sent.visits), point


def test_history_sent_twice_counts_once(shylight: Shylight):
    today = datetime.now(ZoneInfo(SHOP.timezone)).replace(hour=0, minute=0)
    sent = history.prepare(SHOP, 1, today - timedelta(minutes=1), seed=12, scale=0.3)
    id_ = shylight.create_site("Twice", "twice.example", SHOP.timezone, SHOP.settings)
    for _ in range(2):
        history.send(shylight, id_, sent)
    marker = history.prepare(SHOP, 1, today - timedelta(days=1, minutes=1), seed=13, scale=0.1)
    history.send(shylight, id_, marker)  # when the last of what was sent is counted, all of it is
    whole = History(SHOP, sent.views + marker.views, marker.first, sent.last)
    history.wait_until_counted(shylight, id_, whole, PATIENCE_S)


def test_visitors_now_are_counted_within_seconds(shylight: Shylight):
    id_ = shylight.create_site(JOURNAL.name, JOURNAL.domain, JOURNAL.timezone)
    stop = threading.Event()
    seen: list[str] = []

    def note(line: str) -> None:
        seen.append(line)
        if len(seen) >= 5:
            stop.set()

    sent = live.run(shylight, {id_: JOURNAL}, 0.2, stop, random.Random(5), note)
    assert sent == 5
    deadline = time.monotonic() + PATIENCE_S
    while (stats := shylight.stats(id_, period="7d"))["metrics"]["pageviews"] < 4:  # one may have been a robot's
        assert time.monotonic() < deadline, stats["metrics"]
        time.sleep(0.3)
    assert stats["online"] >= 1
