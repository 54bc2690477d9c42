"""Rebuilding days on demand, and restoring a deployment from what is left of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib import days
from chalicelib.aggregate import build_day, rollup_sums
from chalicelib.enrich.worker import consume
from chalicelib.errors import BadRequest
from chalicelib.operations.rebuild import rebuild_days
from chalicelib.store import audit_log, dirty_hours, hits, rollups, segments
from chalicelib.store.sites import Site
from chalicelib.store.tables import MarkItem, RollupItem, SessionItem
from tests.stack.counting import forget_marks_left, messages, new_site, traffic, yesterday

pytestmark = pytest.mark.usefixtures("local_aws")


def today(site: Site) -> date:
    return site.calendar.day_of(days.now_ms())


def forget_marks(site: Site, day: date) -> None:
    """As if everything was built a while ago."""
    for mark in dirty_hours.of_day(site.id, day):
        MarkItem(dirty_hours.bucket_of(site.id), dirty_hours._sort_key(site.id, day, mark.hour)).delete()
    forget_marks_left()


def built_day(site: Site, day: date, seed: int = 1) -> bytes:
    """The rollup of a day with hits, which is built and has no marks left."""
    consume(messages(traffic(site, day, seed=seed)))
    stored = build_day.refresh(site, day)
    assert stored is not None
    forget_marks(site, day)
    return stored.packed


def damage(site: Site, day: date) -> None:
    """Make the stored rollup wrong."""
    stored = rollups.get(site.id, day)
    assert stored is not None
    other = new_site()
    wrong = built_day(other, day, seed=99)
    rollups.put(site.id, replace(stored, packed=wrong, build="wrong"), stored)


def refreshed(site: Site, day: date) -> bytes:
    stored = build_day.refresh(site, day)
    assert stored is not None
    return stored.packed


def sessions_of(site: Site, day: date) -> list[SessionItem]:
    return list(SessionItem.query(hits.partition(site.id, day)))


@pytest.mark.parametrize("ago", [0, 1, 3])
def test_a_wrong_rollup_is_built_anew(ago: int) -> None:
    """Of a day that runs, of yesterday, and of a closed day."""
    site = replace(new_site(), timezone="Asia/Kathmandu")
    day = today(site) - timedelta(days=ago)
    right = built_day(site, day)
    damage(site, day)
    assert refreshed(site, day) != right  # without a mark, nobody notices
    assert rebuild_days(None, site, day, day) == [day]
    assert refreshed(site, day) == right


def test_a_running_day_is_built_anew_once_and_closed_at_its_end() -> None:
    site = new_site()
    day = today(site)
    built_day(site, day)
    rebuild_days(None, site, day, day)
    refreshed(site, day)
    (close,) = [mark for mark in dirty_hours.of_day(site.id, day) if mark.hour is None]
    assert close.due > site.calendar.day_end(day)


def test_hours_that_only_the_bucket_has_are_kept() -> None:
    """As after the table of sessions was restored from a time before these hours."""
    site = new_site()
    day = yesterday(site)
    right = built_day(site, day)
    hours = hits.hours_with_hits(site.id, day)
    assert len(hours) > 3
    for item in sessions_of(site, day):
        if int(item.sk[:2]) in hours[:2]:
            item.delete()
    assert hits.hours_with_hits(site.id, day) == hours[2:]
    rebuild_days(None, site, day, day)
    assert refreshed(site, day) == right


def test_segments_that_are_lost_are_built_from_the_table() -> None:
    site = new_site()
    day = yesterday(site)
    right = built_day(site, day)
    segments.delete([segments.part_key(site.id, day, name) for name in segments.list_parts(site.id, day)])
    rebuild_days(None, site, day, day)
    assert refreshed(site, day) == right
    forget_marks(site, day)
    rebuild_days(None, site, day, day)
    assert refreshed(site, day) == right


def test_figures_that_are_lost_are_built_from_the_bucket_alone() -> None:
    """Neither rollups nor sessions nor marks are left."""
    site = new_site()
    day = today(site) - timedelta(days=2)
    right = built_day(site, day)
    for item in sessions_of(site, day):
        item.delete()
    for rollup in RollupItem.query(site.id):
        rollup.delete()
    assert rebuild_days(None, site, day - timedelta(days=3), today(site)) == [day]
    assert refreshed(site, day) == right


def test_days_without_hits_are_not_marked() -> None:
    site = new_site()
    assert rebuild_days(None, site, yesterday(site), today(site)) == []
    assert dirty_hours.of_days(site.id, yesterday(site), today(site)) == []


def test_the_audit_log_says_so() -> None:
    site = new_site()
    built_day(site, yesterday(site))
    rebuild_days(None, site, yesterday(site), yesterday(site))
    month = f"{days.day_of(days.now_ms(), ZoneInfo('UTC')):%Y-%m}"
    found = [entry for entry in audit_log.entries(month) if entry.site == site.id]
    assert [entry.action for entry in found] == ["site.rebuild_days"]
    assert found[0].details["days"] == f"{yesterday(site)} to {yesterday(site)}"


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [(0, 1, "after the last"), (0, -1, "future"), (800, 700, "Hits are kept for 730 days"), (400, 1, "at most 366")],
)
def test_periods_that_cannot_be_built_are_refused(first: int, last: int, message: str) -> None:
    """`first` and `last`: days before today."""
    site = new_site()
    with pytest.raises(BadRequest, match=message):
        rebuild_days(None, site, today(site) - timedelta(days=first), today(site) - timedelta(days=last))


def test_a_late_hit_after_a_rebuild_is_counted() -> None:
    site = new_site()
    day = yesterday(site)
    built_day(site, day)
    rebuild_days(None, site, day, day)
    before = rollup_sums.unpack(refreshed(site, day)).totals.pageviews
    late = [event for event in traffic(site, day, seed=5, visitors=2) if event.kind == "view"]
    consume(messages(late))
    assert rollup_sums.unpack(refreshed(site, day)).totals.pageviews == before + len({event.id for event in late})


def test_an_hour_that_the_table_has_lost_is_not_replaced_by_nothing() -> None:
    """A mark that was left when the table was lost does not have the segment overwritten; also of a closed day."""
    site = new_site()
    for day in (today(site), yesterday(site)):
        right = built_day(site, day)
        hours = hits.hours_with_hits(site.id, day)
        for item in sessions_of(site, day):
            item.delete()
        for hour in hours:
            dirty_hours.mark(site.id, day, hour)
        assert refreshed(site, day) == right


def test_an_hour_that_is_in_neither_place_is_empty() -> None:
    site = new_site()
    day = yesterday(site)
    right = built_day(site, day)
    missing = next(hour for hour in range(24) if hour not in hits.hours_with_hits(site.id, day))
    dirty_hours.mark(site.id, day, missing)
    assert refreshed(site, day) == right
