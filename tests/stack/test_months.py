"""Months stand for their days, and nothing that is shown tells whether they do."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from pynamodb.exceptions import PutError

from chalicelib import days
from chalicelib.aggregate import month_sums, rollup_sums
from chalicelib.aggregate.build_day import refresh
from chalicelib.aggregate.event_rows import EventRow
from chalicelib.aggregate.rollup_sums import Hour, Rollup
from chalicelib.api.stats import as_json
from chalicelib.catalogue import DIMENSIONS, SUMS, Totals
from chalicelib.collect import hit
from chalicelib.collect.event import Event, encode
from chalicelib.collect.urls import Location
from chalicelib.enrich.worker import consume
from chalicelib.report import period_rollups, site_stats
from chalicelib.report.periods import Period
from chalicelib.store import dirty_hours, month_rollups, rollups, tables
from chalicelib.store.rollups import StoredRollup
from chalicelib.store.sites import Site, put_site
from tests.stack.counting import new_site

pytestmark = pytest.mark.usefixtures("local_aws")

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
YEAR = Period("custom", date(2026, 1, 10), TODAY)
ZONE = ZoneInfo("Asia/Kathmandu")  # of `new_site`
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@pytest.fixture
def site() -> Site:
    """A new site, in a zone whose days begin at odd times."""
    return new_site()


def some_day(day: date, chance: random.Random) -> Rollup:
    """A rollup with figures of every kind, made up."""
    sums = [chance.randrange(1, 1000) for _ in SUMS]
    rows = {
        table: [some_row(f"{table} {number}", chance) for number in chance.sample(range(400), 40)]
        for table in DIMENSIONS
    }
    visit: dict[str, Any] = dict.fromkeys(site_stats._SAME) | {
        "visitor": "v",
        "id": "i",
        "pageviews": 1,
        "entry_page": "/",
    }
    noon = days.day_start(day, ZONE) + 12 * days.HOUR_MS
    return Rollup(
        totals=Totals(*sums),
        hours=[Hour(number, 9, Totals(*(chance.randrange(90) for _ in SUMS))) for number in range(24)],
        tables=rows,
        others={table: (chance.randrange(9), 1, 2) for table in chance.sample([*DIMENSIONS], 3)},
        latest=[visit | {"day": day.isoformat(), "started": noon + number, "duration": 5} for number in (9, 3)],
        events=[
            EventRow(
                f"event {chance.randrange(5)}", 3, 2, {chance.choice(["EUR", "USD"]): (chance.randrange(10**7), 1)}
            )
        ],
    )


def some_row(name: str, chance: random.Random) -> tuple[str, int, int, int]:
    return name, chance.randrange(50), chance.randrange(50), chance.randrange(50)


def fill(site: Site, first: date, last: date, seed: int = 1) -> None:
    chance = random.Random(seed)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        # The last days of a month are those that are compared with today, as is the last one before the year.
        if chance.random() < 0.8 or day.day > 27 or day == YEAR.before()[1]:
            put_day(site, day, some_day(day, chance))


def put_day(site: Site, day: date, rollup: Rollup, built_at: int = 1_700_000_000_000) -> None:
    """What a refresh does at its end."""
    built = StoredRollup(day, rollup_sums.pack(rollup), built_at, uuid.uuid4().hex)
    rollups.put(site.id, built, rollups.get(site.id, day))
    month_sums.invalidate(site.id, built, TODAY)


def shown(site: Site, period: Period = YEAR, *, tables: bool = True) -> str:
    return json.dumps(as_json(site_stats.stats(site, period, NOW, tables=tables)))


@contextmanager
def days_read() -> Iterator[list[date]]:
    """The days whose own rollups are read meanwhile."""
    found: list[date] = []
    between = rollups.between

    def watched(site_id: str, first: date, last: date) -> list[StoredRollup]:
        read = between(site_id, first, last)
        found.extend(item.day for item in read)
        return read

    with patch.object(rollups, "between", watched):
        yield found


def test_a_year_is_read_by_months_and_shows_what_its_days_show(site: Site) -> None:
    fill(site, date(2025, 2, 20), TODAY)
    with days_read() as at_first:
        of_days = shown(site)
    with days_read() as later:
        assert shown(site) == of_days
    assert len(later) < len(at_first) / 4
    assert {day.replace(day=1) for day in later if day >= YEAR.first} == {date(2026, 1, 1), date(2026, 11, 1)}
    assert YEAR.before()[1] in later
    with days_read() as without_tables:
        assert json.loads(shown(site, tables=False))["metrics"] == json.loads(of_days)["metrics"]
    assert without_tables == later


@pytest.mark.parametrize("name", ["last_month", "91d", "year", "12mo", "all"])
def test_every_period_shows_the_same_with_and_without_months(site: Site, name: str) -> None:
    from chalicelib.report.periods import parse

    fill(site, date(2025, 11, 20), TODAY)
    period = parse({"period": name}, site, NOW)
    with patch.object(month_sums, "within", lambda *_: []):
        of_days = shown(site, period)
    assert [shown(site, period) for _ in range(2)] == [of_days] * 2


def test_a_day_that_is_built_again_shows_at_once_in_its_month(site: Site) -> None:
    fill(site, date(2026, 5, 1), TODAY)
    before = json.loads([shown(site) for _ in range(2)][1])
    day = date(2026, 7, 14)
    again = some_day(day, random.Random(99))
    old = rollups.get(site.id, day)
    gone = rollup_sums.unpack(old.packed).totals.pageviews if old else 0
    put_day(site, day, again, built_at=1_800_000_000_000)
    after = json.loads(shown(site))
    assert after["metrics"]["pageviews"] == before["metrics"]["pageviews"] - gone + again.totals.pageviews
    assert after["built_at"] > before["built_at"]
    with days_read() as read:
        assert json.loads(shown(site)) == after
    assert day not in read


def test_a_build_between_the_reading_and_the_summing_of_a_month_is_not_covered_up(site: Site) -> None:
    fill(site, date(2026, 5, 1), TODAY)
    day = date(2026, 7, 14)
    build, again = month_sums.build, some_day(day, random.Random(99))

    def late(site_id: str, month: Any, of_days: Any) -> None:
        if month.first == day.replace(day=1):
            put_day(site, day, again)
        build(site_id, month, of_days)

    with patch.object(month_sums, "build", late):
        shown(site)
    with patch.object(month_sums, "within", lambda *_: []):
        truth = shown(site)
    assert [shown(site) for _ in range(2)] == [truth] * 2


def test_parts_of_another_build_are_not_taken_for_a_months_own(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(month_rollups, "MAX_PACKED_BYTES", 900)
    fill(site, date(2026, 5, 1), TODAY)
    of_days = shown(site)
    found = month_rollups.between(site.id, date(2026, 1, 1), TODAY)
    assert found[date(2026, 7, 1)].parts > 2
    with days_read() as read:
        assert shown(site) == of_days
    assert date(2026, 7, 14) not in read
    tables.MonthItem(site.id, "rows#2026-07#01", made="another sum", packed=b"x").save()
    tables.MonthItem(site.id, "rows#2026-08#00").delete()
    with days_read() as read:
        assert shown(site) == of_days
    assert {day.month for day in read if day >= YEAR.first} == {7, 8, 11}
    with days_read() as read:  # summed anew
        assert shown(site) == of_days
    assert {day.month for day in read if day >= YEAR.first} == {11}


def test_sums_of_another_version_count_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(site, date(2026, 5, 1), TODAY)
    of_days = shown(site)
    monkeypatch.setattr(month_sums, "VERSION", 999)
    with days_read() as read:
        assert shown(site) == of_days
    assert date(2026, 7, 14) in read


def test_a_page_has_only_so_long_for_summing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(period_rollups, "_SUM_BUDGET_S", 0.0)
    fill(site, date(2026, 5, 1), TODAY)
    assert shown(site) == shown(site)
    assert not [month for month in month_rollups.between(site.id, date(2026, 1, 1), TODAY).values() if month.figures]


def view(site: Site, day: date, number: int) -> Event:
    who, t = hit.client(f"198.51.100.{number}", CHROME), days.day_start(day, site.zone) + days.HOUR_MS
    return hit.event(site, who, t, hit.View(f"v{number}", Location("example.com", "/"), "api"))


def pageviews(site: Site, last: date) -> int:
    """Of the months before this one, as the API has them."""
    period = Period("custom", last - timedelta(days=140), last)
    return site_stats.stats(site, period, datetime.now(UTC)).metrics.pageviews


def test_a_late_hit_of_a_month_that_was_summed_is_counted_though_the_build_was_killed_before_it_said_so(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = days.day_of(days.now_ms(), site.zone)
    day = month_sums.first_of(month_sums.first_of(today) - timedelta(days=40)) + timedelta(days=9)
    put_site(site := replace(site, retention_days=400))
    consume([encode([view(site, day, 1)])])
    assert [pageviews(site, today) for _ in range(2)] == [1, 1]
    assert month_rollups.between(site.id, day.replace(day=1), day)[day.replace(day=1)].figures
    dirty_hours._left.clear()
    consume([encode([view(site, day, 2)])])
    with monkeypatch.context() as killed:
        killed.setattr(month_sums, "invalidate", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            refresh(site, day)
    refresh(site, day)
    assert [pageviews(site, today) for _ in range(2)] == [2, 2]


@pytest.mark.parametrize("seed", range(2))
def test_any_period_shows_the_same_by_days_and_by_months(site: Site, seed: int) -> None:
    chance = random.Random(seed)
    fill(site, date(2026, 2, 10), TODAY, seed)
    for _ in range(6):
        last = TODAY - timedelta(days=chance.choice([0, 0, 1, chance.randrange(90)]))
        period = Period("custom", last - timedelta(days=chance.randrange(1, 200)), last)
        for whole in (True, False):
            with patch.object(month_sums, "within", lambda *_: []):
                of_days = shown(site, period, tables=whole)
            assert [shown(site, period, tables=whole) for _ in range(2)] == [of_days] * 2


def test_a_month_keeps_every_row_however_many(site: Site) -> None:
    day = date(2026, 7, 1)
    for number in range(4):
        many = some_day(day, random.Random(number))
        many.tables["pages"] = [(f"/{number}-{row}", 5, 5, 5) for row in range(500)]
        put_day(site, day + timedelta(days=number), many)
    period = Period("custom", day, date(2026, 7, 31))
    with patch.object(month_sums, "within", lambda *_: []):
        of_days = shown(site, period)
    assert [shown(site, period) for _ in range(2)] == [of_days] * 2
    first = month_rollups.between(site.id, day, day)
    (rows,) = month_rollups.tables(site.id, first.values()).values()
    assert len(rollup_sums.with_packed_tables(Rollup(), rows).tables["pages"]) == 2000


def test_months_without_days_do_not_have_to_be_asked_for_one_by_one(site: Site) -> None:
    for month in range(1, 11, 2):
        put_day(site, date(2026, month, 5), some_day(date(2026, month, 5), random.Random(month)))
    of_days = shown(site)
    runs: list[tuple[date, date]] = []
    between = rollups.between

    def watched(site_id: str, first: date, last: date) -> list[StoredRollup]:
        runs.append((first, last))
        return between(site_id, first, last)

    with patch.object(rollups, "between", watched):
        assert shown(site) == of_days
    assert len(runs) <= 2


def test_a_page_shows_its_figures_though_they_cannot_be_stored_as_months(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(site, date(2026, 5, 1), TODAY)

    def refuse(*_: Any) -> None:
        raise PutError("throttled")

    with monkeypatch.context() as throttled:
        throttled.setattr(month_rollups, "put", refuse)
        of_days = shown(site)
    assert [shown(site) for _ in range(2)] == [of_days] * 2


def test_sums_of_one_state_that_are_stored_at_once_do_not_mix(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(month_rollups, "MAX_PACKED_BYTES", 900)
    fill(site, date(2026, 7, 1), date(2026, 8, 15))
    period = Period("custom", date(2026, 7, 1), date(2026, 8, 15))
    of_days = shown(site, period)
    first = date(2026, 7, 1)
    stored_of = rollups.between(site.id, first, date(2026, 7, 31))
    month = month_rollups.between(site.id, first, first)[first]

    def die(*_: Any, **__: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(tables.MonthItem, "update", die)  # the parts are written by then, the month is not
    with pytest.raises(SystemExit):
        month_sums.build(site.id, month, stored_of[:5])
    monkeypatch.undo()
    assert [shown(site, period) for _ in range(2)] == [of_days] * 2


def test_telling_a_month_twice_that_it_changed_brings_nothing_old_back(site: Site) -> None:
    fill(site, date(2026, 7, 1), date(2026, 8, 15))
    period, first = Period("custom", date(2026, 7, 1), date(2026, 8, 15)), date(2026, 7, 1)
    shown(site, period)
    put_day(site, date(2026, 7, 14), some_day(first, random.Random(99)))
    fresh = shown(site, period)
    month_rollups.touch(site.id, first)  # sent again, as its answer got lost
    assert [shown(site, period) for _ in range(2)] == [fresh] * 2
