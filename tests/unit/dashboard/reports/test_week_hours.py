"""The hours of the week."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta, timezone

import pytest

from chalicelib import config
from chalicelib.catalogue import METRICS, Totals
from chalicelib.dashboard.reports import overview, week_hours
from chalicelib.dashboard.reports.filter_links import FilterLinks
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.dashboard.reports.week_hours import Cell, WeekHours
from chalicelib.report import comparisons, filters
from chalicelib.report.periods import Period
from chalicelib.report.stats import Point
from chalicelib.report.stats_question import StatsQuestion
from tests.unit.dashboard import samples

WINTER, SUMMER = timezone(timedelta(hours=1)), timezone(timedelta(hours=2))
MONDAY = date(2026, 11, 23)


def at(hour: int, visitors: int, day: int = 0, zone: timezone = WINTER) -> Point:
    moment = datetime(MONDAY.year, MONDAY.month, MONDAY.day, hour, tzinfo=zone) + timedelta(days=day)
    return Point(moment, Totals(visitors, visitors * 2, visitors * 3))


def table(*points: Point, metric: str = "visitors", query: PageQuery | None = None, linked: bool = False) -> WeekHours:
    asked = query or PageQuery()
    stats = dataclasses.replace(samples.full(), hours=points)
    found = week_hours.week_hours(stats, METRICS[metric], asked, FilterLinks(asked) if linked else None)
    assert found is not None
    return found


def test_the_same_hour_of_the_same_weekday_is_added_up() -> None:
    found = table(at(14, 3), at(14, 4, day=7), at(14, 10, day=1), at(23, 1, day=6))
    assert [line.head.text for line in found.lines] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert [head.text for head in found.hours] == [f"{hour:02}" for hour in range(24)]
    counts = {(d, h): cell.number for d, line in enumerate(found.lines) for h, cell in enumerate(line.cells)}
    assert {place: count for place, count in counts.items() if count != "0"} == {
        (0, 14): "7", (1, 14): "10", (6, 23): "1",
    }  # fmt: skip
    assert found.lines[1].cells[14].step == 5
    assert found.lines[1].cells[15].step == 0


def test_an_hour_that_the_clock_shows_twice_is_one() -> None:
    found = table(at(2, 3, zone=SUMMER), at(2, 4, zone=WINTER))
    assert found.lines[0].cells[2].number == "7"


def test_it_follows_the_metric_that_is_drawn_if_that_is_a_count() -> None:
    assert table(at(14, 3), metric="pageviews").lines[0].cells[14].number == "9"
    assert table(at(14, 3), metric="bounce_rate").metric.key == "visitors"


def test_days_hours_and_cells_filter_the_page() -> None:
    query = PageQuery((("period", "30d"), ("f", "is,country,DE"), ("f", "is,hour,09")))
    found = table(at(14, 3), query=query, linked=True)
    base = "?period=30d&f=is%2Ccountry%2CDE"
    assert found.lines[1].cells[14].href == f"{base}&f=is%2Cweekday%2CTuesday&f=is%2Chour%2C14"
    tuesday, nine = found.lines[1].head.link, found.hours[9].link
    assert tuesday is not None
    assert tuesday.href == f"{base}&f=is%2Chour%2C09&f=is%2Cweekday%2CTuesday"
    assert nine is not None
    assert (nine.active, nine.href) == (True, base)


def test_a_cell_that_the_page_is_filtered_by_takes_the_filter_away() -> None:
    query = PageQuery((("f", "is,hour,14"), ("f", "is,weekday,Monday"), ("f", "is,country,DE")))
    cells = table(at(14, 3), query=query, linked=True).lines[0].cells
    assert cells[14].href == "?f=is%2Ccountry%2CDE"
    assert cells[15].href.endswith("f=is%2Cweekday%2CMonday&f=is%2Chour%2C15")


@pytest.mark.parametrize("linked", [True, False])
def test_what_cannot_be_filtered_has_no_links(linked: bool) -> None:
    full = PageQuery(tuple(("f", f"is,country,{number}") for number in range(config.MAX_FILTERS)))
    found = table(at(14, 3), query=full, linked=linked)
    assert found.lines[0].cells[14] == Cell("3", 3, "")
    assert found.hours[0].link is None


def test_its_filters_are_valid_and_name_what_the_catalogue_stores() -> None:
    found = table(at(14, 3), linked=True)
    stored = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
    named = set()
    for line in found.lines:
        assert line.head.link is not None
        (condition,) = filters.parse([line.head.link.href.removeprefix("?f=").replace("%2C", ",")])
        named |= set(condition.values)
    assert named == stored


def test_without_visits_there_is_no_table() -> None:
    for hours in ((), (at(14, 0),)):
        stats = dataclasses.replace(samples.full(), hours=hours)
        assert week_hours.week_hours(stats, METRICS["visitors"], PageQuery()) is None


@pytest.mark.parametrize(("days", "shown"), [(6, False), (7, True), (92, True), (93, False)])
def test_it_is_shown_for_a_week_up_to_a_quarter(days: int, shown: bool) -> None:
    period = Period("custom", MONDAY - timedelta(days=days - 1), MONDAY)
    question = StatsQuestion(period, (), "day", comparisons.nothing(period))
    assert overview.with_hours(question).by_hour == shown
