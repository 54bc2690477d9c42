"""The invariants of counting, each on the local AWS: whatever is delivered twice, lost, killed or raced, the figures
are those of the set of hits."""

import itertools
import random
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from chalicelib import catalogue, config, days, pagination
from chalicelib.aggregate import compute_rollup, rollup_sums
from chalicelib.aggregate.build_day import refresh
from chalicelib.aggregate.duckdb_engine import engine
from chalicelib.collect import hit
from chalicelib.collect.urls import Location
from chalicelib.enrich.worker import consume
from chalicelib.report import day_tables, site_stats, visits
from chalicelib.report.periods import Period
from chalicelib.store import aws, dirty_hours, hits, rollups, segments, tables
from chalicelib.store.sites import Site, put_site
from tests.stack.counting import (
    FIREFOX,
    HOUR,
    built,
    flood,
    forget_marks_left,
    messages,
    mirrored,
    new_site,
    traffic,
    yesterday,
)

pytestmark = pytest.mark.usefixtures("local_aws")


@pytest.fixture
def site() -> Site:
    """A new site, in a zone whose days begin at odd times."""
    return new_site()


def test_every_message_delivered_twice_and_shuffled_gives_the_same_rollup_byte_for_byte(site: Site) -> None:
    day = yesterday(site)
    events = traffic(site, day)
    twice = messages(events) * 2
    random.Random(5).shuffle(twice)
    for start in range(0, len(twice), 7):
        consume(twice[start : start + 7])
        if start % 5 == 0:
            refresh(site, day)
    assert built(site, day) == mirrored(site, day, events)


class Killed(BaseException):
    """The process dies here: nothing catches it."""


@contextmanager
def killed_at_call(number: int) -> Iterator[list[str]]:
    """Raises at the n-th call to AWS; gives the names of the calls that were begun."""
    calls: list[str] = []

    def die(model: Any, **_: Any) -> None:
        calls.append(model.name)
        if len(calls) == number:
            raise Killed(model.name)

    clients = [aws.client("s3"), tables.CoreItem._get_connection().connection.client]
    for client in clients:
        client.meta.events.register("before-call", die, unique_id="killer")
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", unique_id="killer")


def test_a_worker_killed_at_any_call_loses_and_doubles_nothing(site: Site) -> None:
    day = yesterday(site)
    events = traffic(site, day, visitors=30)
    for number in itertools.count(1):
        with killed_at_call(number) as calls:
            try:
                consume(messages(events))
            except Killed:
                continue
        assert len(calls) < number
        assert calls.count("BatchWriteItem") > 1
        break
    assert built(site, day) == mirrored(site, day, events)


def test_a_worker_process_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(site: Site) -> None:
    day = yesterday(site)
    events = traffic(site, day, visitors=40)
    program = (
        "import sys, os, signal\n"
        "from chalicelib.store import batch_write\n"
        "put = batch_write._put_batch\n"
        "count = 0\n"
        "def put_or_die(items):\n"
        "    global count\n"
        "    count += 1\n"
        "    if count == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return put(items)\n"
        "batch_write._put_batch = put_or_die\n"
        "from chalicelib.enrich.worker import consume\n"
        "consume(sys.stdin.read().splitlines())\n"
    )
    batch = "\n".join(messages(events))
    ended = subprocess.run([sys.executable, "-c", program], input=batch, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    before = sum(len(item.records) for hour in range(24) for _, item in hits.read(site.id, day, hour))
    assert 0 < before < len(events)
    consume(messages(events))
    assert built(site, day) == mirrored(site, day, events)


@pytest.mark.parametrize(
    ("ago", "refreshed", "last"),
    [(0, False, "DeleteItem"), (3, False, "DeleteItem"), (3, True, "DeleteObjects")],
    ids=["an open day", "a finished day", "a finished day that was refreshed while it ran"],
)
def test_an_aggregation_killed_at_any_call_is_repaired_by_the_next(
    site: Site, ago: int, refreshed: bool, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = replace(site, timezone="UTC") if ago == 0 else site
    put_site(site)
    day = days.day_of(days.now_ms(), site.zone) - timedelta(days=ago)
    events = traffic(site, day, visitors=5)
    truth = mirrored(site, day, events)
    half = len(events) // 2
    # Marks whose time is over, so that a build clears them, and what it had not finished would be forgotten.
    monkeypatch.setattr(dirty_hours, "now_ms", lambda: days.now_ms() - 120_000)
    steps: list[str] = []
    for number in itertools.count(1):
        forget_marks_left()
        put_site(once := replace(site, id=str(uuid.uuid4())))
        theirs = messages([replace(event, site=once.id) for event in events])
        if refreshed:
            consume(theirs[:half])
            with patch.object(days, "now_ms", return_value=days.day_end(day, site.zone) - 1):
                refresh(once, day)
        consume(theirs)
        with killed_at_call(number) as calls:
            try:
                refresh(once, day)
            except Killed:
                steps.append(calls[-1])
                assert built(once, day) == truth, f"killed in {calls[-1]}, the {number}. call"
                continue
        break
    assert {"PutObject", "PutItem", last} <= set(steps)
    assert [item.packed for item in rollups.between(once.id, day, day)] == [truth]


def test_of_two_aggregations_at_once_the_newer_truth_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = yesterday(site)
    events = traffic(site, day)
    half = len(events) // 2
    consume(messages(events[:half]))
    compute = compute_rollup.of_figures
    newer: list[bytes] = []

    def interrupted(db: Any) -> rollup_sums.Rollup:
        """The slow one has read; now more hits come, and a quick one reads and writes them."""
        slow = compute(db)
        if not newer:
            newer.append(b"")
            monkeypatch.setattr(compute_rollup, "of_figures", compute)
            consume(messages(events[half:]))
            outside = threading.Thread(target=lambda: newer.append(_refresh_elsewhere(site, day)))
            outside.start()
            outside.join()
        return slow

    monkeypatch.setattr(compute_rollup, "of_figures", interrupted)
    last = built(site, day)
    assert last == newer[-1] == mirrored(site, day, events)


def _refresh_elsewhere(site: Site, day: date) -> bytes:
    """A refresh in a process of its own, as another Lambda would."""
    program = (
        "import sys\n"
        "from datetime import date\n"
        "from chalicelib.aggregate.build_day import refresh\n"
        "from chalicelib.store.sites import get_site\n"
        "sys.stdout.buffer.write(refresh(get_site(sys.argv[1]), date.fromisoformat(sys.argv[2])).packed)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, site.id, day.isoformat()], capture_output=True, check=True)
    return done.stdout


def test_aggregations_that_race_leave_what_one_alone_would(site: Site) -> None:
    day = yesterday(site)
    events = traffic(site, day, visitors=30)
    program = (
        "import sys\n"
        "from datetime import date\n"
        "from chalicelib.aggregate.build_day import refresh\n"
        "from chalicelib.store.sites import get_site\n"
        "from chalicelib.store.segments import StaleWrite\n"
        "for _ in range(4):\n"
        "    try: refresh(get_site(sys.argv[1]), date.fromisoformat(sys.argv[2]))\n"
        "    except StaleWrite: pass\n"
    )
    racers = [subprocess.Popen([sys.executable, "-c", program, site.id, day.isoformat()]) for _ in range(2)]
    for start in range(0, len(events), 5):
        consume(messages(events[start : start + 5]))
    assert [racer.wait(120) for racer in racers] == [0, 0]
    assert built(site, day) == mirrored(site, day, events)


def test_a_mark_outlives_a_build_that_began_before_its_time_was_over(site: Site) -> None:
    day = yesterday(site)
    consume(messages(traffic(site, day, visitors=3)))
    refresh(site, day)
    assert [mark for mark in dirty_hours.of_day(site.id, day) if mark.hour is not None]


def test_a_mark_is_cleared_once_no_hit_can_hide_behind_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = yesterday(site)
    consume(messages(traffic(site, day, visitors=3)))
    later = days.now_ms() + 24 * HOUR
    monkeypatch.setattr(days, "now_ms", lambda: later)
    refresh(site, day)
    assert dirty_hours.of_day(site.id, day) == []


def test_a_finished_day_is_one_segment_with_visit_numbers(site: Site) -> None:
    day = days.day_of(days.now_ms(), site.zone) - timedelta(days=3)
    events = traffic(site, day)
    consume(messages(events))
    refresh(site, day)
    (name,) = segments.list_parts(site.id, day)
    data = segments.read_found(site.id, day, name)["hits"]
    with engine() as db:
        (path,) = db.stage("test", [data])
        assert db.rows(f"SELECT count(*) FROM '{path}'") == [(len(events),)]


def test_what_comes_late_for_a_finished_day_joins_it(site: Site) -> None:
    day = days.day_of(days.now_ms(), site.zone) - timedelta(days=3)
    events = traffic(site, day)
    consume(messages(events[:10]))
    refresh(site, day)
    consume(messages(events[10:]))
    assert built(site, day) == mirrored(site, day, events)


def test_explore_over_segments_equals_the_rollup(site: Site) -> None:
    now = datetime.now(UTC)
    today = days.day_of(days.now_ms(), site.zone)
    period = Period("custom", today - timedelta(days=4), today - timedelta(days=1))
    for number, day in enumerate(period.days()):
        consume(messages(traffic(site, day, seed=number)))
    shown = site_stats.stats(site, period, now)
    with engine() as db:
        day_tables.load_days(db, site, rollups.without_figures(site.id, period.first, period.last))
        explored = compute_rollup.compute(db)
    assert site_stats.metrics(explored.totals) == shown.metrics
    for table in catalogue.DIMENSIONS:
        rows = [(row.name, row.visitors, row.visits, row.pageviews) for row in shown.tables[table].rows]
        assert explored.tables[table] == rows, table
    listed = visits.list_visits(site, period, 500, None)["visits"]
    assert len(listed) == shown.metrics.visits
    assert sum(len(visit["hits"]) for visit in listed) == shown.metrics.pageviews
    assert sum(visit["bounce"] for visit in listed) == round((shown.metrics["bounce_rate"] or 0) * len(listed))


def test_while_the_bucket_is_away_pages_show_what_was_built_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    day = yesterday(site)
    period = Period("custom", day, day)

    def away(*_: Any, **__: Any) -> Any:
        raise aws.ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")

    consume(messages(traffic(site, day, visitors=3)))
    before = site_stats.stats(site, period, datetime.now(UTC))
    monkeypatch.setattr("chalicelib.config.REFRESH_AFTER_S", 0)
    consume(messages(traffic(site, day, visitors=3, seed=2)))
    with monkeypatch.context() as patch_:
        patch_.setattr(segments, "read_part", away)
        assert site_stats.stats(site, period, datetime.now(UTC)) == replace(before, outdated=(day,))
    assert site_stats.stats(site, period, datetime.now(UTC)).metrics.pageviews > before.metrics.pageviews
    other = replace(site, id=str(uuid.uuid4()))
    put_site(other)
    consume(messages(traffic(other, day, visitors=1)))
    monkeypatch.setattr(segments, "list_parts", away)
    with pytest.raises(aws.ClientError):  # nothing there yet to show: zeros would be a lie
        site_stats.stats(other, period, datetime.now(UTC))


def test_visits_come_newest_first_and_page_by_page_none_twice(site: Site) -> None:
    today = days.day_of(days.now_ms(), site.zone)
    period = Period("custom", today - timedelta(days=2), today - timedelta(days=1))
    for number, day in enumerate(period.days()):
        consume(messages(traffic(site, day, seed=number)))
    whole = visits.list_visits(site, period, 500, None)["visits"]
    paged: list[dict[str, Any]] = []
    after = None
    while True:
        page = visits.list_visits(site, period, 4, after)
        paged += page["visits"]
        after = page["next"]
        if after is None:
            break
    assert paged == whole
    with patch.object(config, "MAX_ANSWER_BYTES", 3 * pagination.size(whole[0])):
        page = visits.list_visits(site, period, 500, None)  # what an answer holds ends it as well
        assert 0 < len(page["visits"]) < len(whole)
        following = visits.list_visits(site, period, 500, page["next"])["visits"]
        assert page["visits"] + following == whole[: len(page["visits"]) + len(following)]
    starts = [visit["start"] for visit in whole]
    assert starts == sorted(starts, reverse=True)


def test_a_visit_larger_than_an_answer_is_told_in_part(site: Site) -> None:
    day = yesterday(site)
    consume(messages(flood(site, day, 50)))
    period = Period("custom", day, day)
    (whole,) = visits.list_visits(site, period, 5, None)["visits"]
    assert (len(whole["hits"]), "left_out" in whole) == (50, False)
    with patch.object(config, "MAX_ANSWER_BYTES", 3000):
        answer = visits.list_visits(site, period, 5, None)
    (shown,) = answer["visits"]
    assert answer["next"] is None
    assert shown["hits"] == whole["hits"][: len(shown["hits"])]
    assert len(shown["hits"]) + shown["left_out"] == 50
    assert pagination.size(shown) <= 3000 + 1  # a digit more of what is left out


def latest_day(zone: ZoneInfo, hours: int) -> date:
    """The latest finished day of a zone that had so many hours."""
    day = days.day_of(days.now_ms(), zone) - timedelta(days=2)
    return next(found for back in range(400) if days.hours_in(found := day - timedelta(days=back), zone) == hours)


@pytest.mark.parametrize(("zone", "hours"), [("Europe/Berlin", 23), ("Europe/Berlin", 25), ("Asia/Kathmandu", 24)])
def test_a_day_is_as_long_as_its_zone_makes_it(site: Site, zone: str, hours: int) -> None:
    site = replace(site, timezone=zone)
    put_site(site)
    day = latest_day(site.zone, hours)
    start = days.day_start(day, site.zone)
    half_past = [start + hour * HOUR + HOUR // 2 for hour in range(-1, hours + 1)]  # one before, one after the day
    events = [
        hit.event(site, hit.client(f"203.0.113.{number}", FIREFOX), t,
                  hit.View(f"h{number}", Location("example.com", "/"), "api"))
        for number, t in enumerate(half_past)
    ]  # fmt: skip
    consume(messages(events))
    shown = site_stats.stats(site, Period("custom", day, day), datetime.now(UTC))
    assert shown.metrics.pageviews == shown.metrics.visitors == hours
    assert [point.pageviews for point in shown.series] == [1] * hours
    assert len({point.t for point in shown.series}) == hours
    assert shown.series[0].t.utcoffset() == datetime(day.year, day.month, day.day, tzinfo=site.zone).utcoffset()
