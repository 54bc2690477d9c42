"""Annotations on the chart: in the right bucket of the site's days, joined where they would overlap, and escaped."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib import config
from chalicelib.accounts.sites.site_annotations import PeriodAnnotations
from chalicelib.catalogue import Totals
from chalicelib.dashboard.reports import annotation_marks
from chalicelib.dashboard.reports.annotation_marks import ChartAnnotations
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report.stats import Point, Stats
from chalicelib.store.site_annotations import DEPLOY, Annotation
from tests.unit.dashboard import annotation_samples, samples

BERLIN = ZoneInfo("Europe/Berlin")


def stats_of(first: date, last: date, interval: str) -> Stats:
    """Figures of a period, with the buckets that a report makes of it."""
    begins: list[datetime] = []
    calendar = samples.SITE.calendar
    day = first
    while day <= last:
        if interval == "hour":
            begins += [calendar.hour_start(day, hour) for hour in range(calendar.hours_in(day))]
        elif (
            interval == "day"
            or (interval == "week" and (day == first or day.weekday() == 0))
            or (interval == "month" and (day == first or day.day == 1))
        ):
            begins.append(datetime.combine(day, time(), BERLIN))
        day += timedelta(days=1)
    series = tuple(Point(begin, Totals()) for begin in begins)
    return dataclasses.replace(samples.full(), first=first, last=last, series=series, interval=interval)


def on_chart(stats: Stats, *found: Annotation, may_edit: bool = True) -> ChartAnnotations:
    given = PeriodAnnotations(stats.first, stats.last, found, "0")
    query = PageQuery((("period", "30d"), ("f", "is,country,DE")))
    return annotation_marks.on_chart(stats, given, samples.NOW, query, may_edit=may_edit)


def at(*moments: str) -> tuple[Annotation, ...]:
    return tuple(annotation_samples.note(number, moment, f"n{number}") for number, moment in enumerate(moments))


def starts(stats: Stats, *moments: str) -> list[str]:
    """Where the buckets of some moments begin."""
    return [stats.series[place].t.isoformat()[:16] for place in annotation_marks.places_of(stats, at(*moments))]


def test_a_moment_is_in_the_bucket_of_its_day_in_the_sites_time_zone() -> None:
    stats = stats_of(date(2026, 11, 10), date(2026, 11, 16), "day")
    moments = ("2026-11-12T22:59:59Z", "2026-11-12T23:00:00Z", "2026-11-12", "2026-11-16T22:59:59Z", "2026-11-10")
    assert [start[8:10] for start in starts(stats, *moments)] == ["12", "13", "12", "16", "10"]


def test_hours_are_right_when_clocks_are_set_back() -> None:
    stats = stats_of(date(2026, 10, 25), date(2026, 10, 25), "hour")  # 25 hours; 02:30 is there twice
    places = annotation_marks.places_of(
        stats, at("2026-10-25", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T22:59:59Z")
    )
    assert places == [0, 2, 3, 24]
    shown = [one.when for one in on_chart(stats, *at("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")).lines]
    assert shown == ["25 Oct, 02:30", "25 Oct, 02:30"]


def test_hours_are_right_when_clocks_are_set_forward() -> None:
    stats = stats_of(date(2026, 3, 29), date(2026, 3, 29), "hour")  # 23 hours; there is no 02:30
    assert annotation_marks.places_of(stats, at("2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z")) == [1, 2]
    assert on_chart(stats, *at("2026-03-29T01:00:00Z")).lines[0].when == "29 Mar, 03:00"


@pytest.mark.parametrize(
    ("interval", "buckets"),
    [("week", ["2026-10-26", "2026-11-02", "2026-11-16"]), ("month", ["2026-10-26", "2026-11-01", "2026-11-01"])],
)
def test_weeks_and_months_hold_all_of_their_days(interval: str, buckets: list[str]) -> None:
    stats = stats_of(date(2026, 10, 26), date(2026, 11, 24), interval)
    found = starts(stats, "2026-10-31T22:59:00Z", "2026-11-03", "2026-11-22")
    assert [start[:10] for start in found] == buckets


def test_several_in_one_bucket_are_one_marker_with_their_number() -> None:
    stats = stats_of(date(2026, 11, 1), date(2026, 11, 24), "day")
    shown = on_chart(stats, *at("2026-11-12", "2026-11-12T09:00:00Z", "2026-11-20"))
    assert [(mark.number, mark.href) for mark in shown.marks] == [
        (2, f"#annotation-{0:016x}"),
        (1, f"#annotation-{2:016x}"),
    ]
    assert shown.marks[0].title == "2 annotations\n12 Nov · n0\n12 Nov, 10:00 · n1"
    assert shown.marks[0].x == round(11 / 23 * 100, 2)
    assert shown.remarks[11] == ("n0", "10:00 · n1")
    assert shown.remarks[12] == ()
    assert len(shown.remarks) == 24


def test_markers_of_neighbouring_buckets_are_joined_where_they_would_overlap() -> None:
    stats = stats_of(date(2026, 11, 1), date(2026, 11, 10), "hour")
    shown = on_chart(stats, *at("2026-11-03T08:00:00Z", "2026-11-03T10:00:00Z", "2026-11-03T20:00:00Z"))
    assert [mark.number for mark in shown.marks] == [2, 1]
    assert sum(map(len, shown.remarks)) == 3


def test_a_marker_of_many_says_how_many_more_there_are() -> None:
    stats = stats_of(date(2026, 11, 1), date(2026, 11, 24), "day")
    (mark,) = on_chart(stats, *at(*(f"2026-11-12T{hour:02}:00:00Z" for hour in range(20)))).marks
    assert mark.title.splitlines()[-1] == "and 12 more"
    assert len(mark.title.splitlines()) == 10


def test_a_marker_has_the_kind_of_all_that_it_stands_for() -> None:
    stats = stats_of(date(2026, 11, 1), date(2026, 11, 24), "day")
    deploys = [dataclasses.replace(one, kind=DEPLOY) for one in at("2026-11-03", "2026-11-12")]
    shown = on_chart(stats, *deploys, *at("2026-11-12"))
    assert [mark.kind for mark in shown.marks] == ["deploy", "note"]
    assert shown.marks[0].title == "3 Nov · Deployment: n0"
    assert [one.kind for one in shown.lines] == ["", "Deployment", "Deployment"]


def test_the_list_has_the_latest_first_and_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "ANNOTATIONS_PAGE_ROWS", 1)
    shown = on_chart(stats_of(date(2026, 11, 1), date(2026, 11, 24), "day"), *at("2026-11-03", "2026-11-12"))
    assert [one.text for one in shown.lines] == ["n1"]
    assert shown.total == 2
    assert [mark.href for mark in shown.marks] == ["#annotations", f"#annotation-{1:016x}"]


def test_the_form_is_filled_in_with_the_day_of_a_row() -> None:
    days = on_chart(stats_of(date(2026, 11, 1), date(2026, 11, 30), "day"))
    assert days.adds[2] == "?day=2026-11-03&period=30d&f=is%2Ccountry%2CDE"
    assert len(days.adds) == 24  # those that have begun
    assert days.add.startswith("?day=2026-11-24&")
    hours = on_chart(stats_of(date(2026, 11, 24), date(2026, 11, 24), "hour"))
    assert hours.adds[9].startswith("?day=2026-11-24&time=09%3A00&")
    assert on_chart(stats_of(date(2026, 11, 1), date(2026, 11, 30), "day"), may_edit=False).adds == ()
    assert on_chart(stats_of(date(2026, 11, 10), date(2026, 11, 16), "hour")).adds == ()  # too many rows


def test_an_annotation_of_another_year_says_so() -> None:
    note = annotation_samples.note(1, "2025-11-03T12:00:00Z", "x")
    assert annotation_marks.line(samples.SITE, note, samples.TODAY).when == "3 Nov 2025, 13:00"


def test_what_people_write_is_escaped_and_stays_in_its_place() -> None:
    body = samples.overview(samples.full(), annotated=annotation_samples.NOTES).body.decode()
    assert "<script>alert" not in body
    assert "<bdi>إطلاق الموقع الجديد</bdi>" in body
    assert '<bdi class="remark">إطلاق الموقع الجديد</bdi>' in body
    assert f"<bdi>{'W' * 200}</bdi>" in body
    assert body.count('class="marker ') == 6
    assert "Annotations in this period (7)" in body
    assert 'href="https://xn--mnchen-3ya.example/" rel="noreferrer noopener"' in body


def test_shared_pages_have_none() -> None:
    assert b"annotation" not in samples.shared(samples.full()).body
