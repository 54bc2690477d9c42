"""Questions with filters agree, to the unit, with a count of what was sent, and without filters with the rollups."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib import catalogue
from tests.conftest import Deployed
from tests.stack import month_traffic, naive_count
from tests.stack.calls import Caller
from tests.stack.months import Month, build
from tests.stack.naive_count import OF_VIEW, OF_VISIT, Counted
from tests.stack.naive_filters import narrowed
from tests.stack.random_questions import COMBINATIONS, combination, dimensions_of

CORE_COMBINATIONS = 5


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture(scope="module")
def months(caller: Caller) -> Iterator[list[Month]]:
    """A month of two sites, taken by the worker and built.

    Pages take what was built then for fresh, and no question ends with its time, however busy the machine is.
    """
    built = build(caller)
    with patch("chalicelib.config.REFRESH_AFTER_S", 3600), patch("chalicelib.config.QUERY_BUDGET_S", 600.0):
        yield built


def ask(caller: Caller, month: Month, what: str, texts: Sequence[str] = (), **query: object) -> Any:
    return asked(caller, month, what, texts, **query).json()


def asked(caller: Caller, month: Month, what: str, texts: Sequence[str] = (), **query: object) -> Any:
    every: list[tuple[str, object]] = [*month.period.items(), *(("f", text) for text in texts), *query.items()]
    answer = caller.api_pairs("GET", f"/sites/{month.site.id}/{what}", every)
    assert answer.status == 200, (texts, query, answer.body)
    return answer


def rows_by_value(found: Any) -> dict[tuple[str, ...], dict[str, Any]]:
    """The rows of a breakdown, by their stored values."""
    names = found["dimensions"]
    rows = {}
    for row in found["rows"]:
        stored = row.get("raw", {})
        rows[tuple(naive_count.key(name, stored.get(name, row[name])) for name in names)] = {
            name: row[name] for name in found["metrics"]
        }
    assert len(rows) == len(found["rows"])
    return rows


def expected_rows(counted: Counted, names: Sequence[str]) -> dict[tuple[str, ...], Any]:
    return {
        tuple(naive_count.raw(name, value) for name, value in zip(names, row, strict=True)): close(metrics)
        for row, metrics in naive_count.breakdown(counted, names).items()
    }


def close(metrics: dict[str, Any]) -> dict[str, Any]:
    """Metrics of which ratios may differ in their last digit."""
    return {
        name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value for name, value in metrics.items()
    }


def assert_agrees(caller: Caller, month: Month, number: int) -> None:
    texts, names = combination(number), dimensions_of(number)
    counted = narrowed(month.counted, texts)
    stats = ask(caller, month, "stats", texts, compare="none")
    assert stats["metrics"] == close(naive_count.metrics(counted.visits, counted.views)), texts
    assert sum(point["visits"] for point in stats["series"]) == len(counted.visits)
    by_day = {point["t"][:10]: (point["visitors"], point["visits"], point["pageviews"]) for point in stats["series"]}
    for day in month.days:
        of_day = [visit for visit in counted.visits if visit.day == day]
        views = sum(len(visit.kept_views) for visit in of_day)
        assert by_day[day.isoformat()] == (len({visit.who for visit in of_day}), len(of_day), views), (texts, day)
    events = {row["name"]: (row["events"], row["visitors"], row["revenue"]) for row in stats["events"]}
    assert events == {
        name: (row["events"], row["visitors"], pytest.approx(row["revenue"]))
        for (name,), row in naive_count.breakdown(counted, ["event"]).items()
    }, texts
    found = ask(caller, month, "breakdown", texts, dimension=",".join(names))
    assert rows_by_value(found) == expected_rows(counted, names), (texts, names)
    assert_csv_is_the_same(caller, month, texts, found)


def assert_csv_is_the_same(caller: Caller, month: Month, texts: Sequence[str], found: Any) -> None:
    answer = asked(caller, month, "breakdown.csv", texts, dimension=",".join(found["dimensions"]))
    head, *rows = csv.reader(io.StringIO(answer.body.decode("utf-8"), newline=""))
    assert head == [*found["dimensions"], *found["metrics"]]
    shown = [[row[name] for name in head] for row in found["rows"]]
    assert [[as_read(text, value) for text, value in zip(row, values, strict=True)]
            for row, values in zip(rows, shown, strict=True)] == shown  # fmt: skip


def as_read(text: str, value: Any) -> Any:
    """What a cell says, in the type of the value that it should have."""
    if value is None:
        return None if text == "" else text
    if isinstance(value, dict):
        return {currency: float(amount) for amount, currency in (one.split(" ") for one in text.split("; ") if one)}
    return type(value)(text)


@pytest.mark.parametrize("number", range(CORE_COMBINATIONS))
def test_a_question_agrees_with_what_was_sent(caller: Caller, months: list[Month], number: int) -> None:
    assert_agrees(caller, months[number % 2], number)


@pytest.mark.parametrize("number", range(CORE_COMBINATIONS, COMBINATIONS))
def test_many_questions_agree_with_what_was_sent(caller: Caller, months: list[Month], number: int) -> None:
    for month in months:
        assert_agrees(caller, month, number)


@pytest.mark.parametrize("place", [0, 1], ids=month_traffic.ZONES)
def test_without_filters_every_dimension_and_metric_is_that_of_the_rollups(
    caller: Caller, months: list[Month], place: int
) -> None:
    month = months[place]
    stats = ask(caller, month, "stats", compare="none")
    assert stats["metrics"] == close(naive_count.metrics(month.counted.visits, month.counted.views))
    for key, dimension in catalogue.DIMENSIONS.items():
        found = ask(caller, month, "breakdown", dimension=dimension.singular)
        rows = [
            {"name": row[dimension.singular], "visitors": row["visitors"], "visits": row["visits"],
             "pageviews": row["pageviews"]} | ({"raw": row["raw"][dimension.singular]} if "raw" in row else {})
            for row in found["rows"]
        ]  # fmt: skip
        assert rows == stats["tables"][key]
        if dimension.singular in (*OF_VISIT, *OF_VIEW):
            assert rows_by_value(found) == expected_rows(month.counted, [dimension.singular])
    found = ask(caller, month, "breakdown", dimension="event")
    assert [(row["event"], row["events"], row["visitors"], row["revenue"]) for row in found["rows"]] == [
        (row["name"], row["events"], row["visitors"], row["revenue"]) for row in stats["events"]
    ]


# Met by all visits, so that the same figures come from visits instead of rollups.
EVERYTHING = ["is,views,1.."]


@pytest.mark.parametrize("interval", ["hour", "day", "week", "month"])
@pytest.mark.parametrize("place", [0, 1], ids=month_traffic.ZONES)
def test_a_series_is_the_same_from_rollups_and_from_visits(
    caller: Caller, months: list[Month], place: int, interval: str
) -> None:
    month = months[place]
    half = {"from": month.days[16].isoformat(), "to": month.days[-1].isoformat()} if place == 0 else {}
    rollups = ask(caller, month, "stats", interval=interval, **half)
    visits = ask(caller, month, "stats", EVERYTHING, interval=interval, **half)
    same = ["metrics", "compare", "compare_from", "compare_to", "interval", "series", "compare_series", "tables",
            "other", "built_at"]  # fmt: skip
    assert {name: visits[name] for name in same} == {name: rollups[name] for name in same}
    if interval == "hour":
        assert len(visits["series"]) == sum(
            month.site.calendar.hours_in(day) for day in month.days[16 if half else 0 :]
        )


@pytest.mark.parametrize("place", [0, 1], ids=month_traffic.ZONES)
def test_every_minute_of_days_with_23_and_25_hours_is_counted(caller: Caller, months: list[Month], place: int) -> None:
    month = months[place]
    (day,) = [day for day in month.days if month.site.calendar.hours_in(day) != 24]
    only = {"from": day.isoformat(), "to": day.isoformat()}
    stats = ask(caller, month, "stats", interval="minute", **only)
    assert len(stats["series"]) == 60 * month.site.calendar.hours_in(day)
    views = [view for view in month.counted.views if view.day == day]
    start = month.site.calendar.day_start(day)
    assert [index for index, point in enumerate(stats["series"]) for _ in range(point["pageviews"])] == sorted(
        (view.t - start) // 60_000 for view in views
    )


def test_pages_of_a_breakdown_are_the_whole(caller: Caller, months: list[Month]) -> None:
    whole = ask(caller, months[0], "breakdown", dimension="page,country", sort="bounce_rate,asc")
    rows: list[Any] = []
    cursor = ""
    while True:
        part = ask(caller, months[0], "breakdown", dimension="page,country", sort="bounce_rate,asc", limit=7,
                   **({"cursor": cursor} if cursor else {}))  # fmt: skip
        rows += part["rows"]
        cursor = part["next"]
        if not cursor:
            break
    assert rows == whole["rows"]


def test_visits_with_filters_are_whole_and_those_that_are_counted(caller: Caller, months: list[Month]) -> None:
    texts = ["is,page,/pricing", "is_not,event,Signup"]
    counted = narrowed(months[0].counted, texts)
    found, cursor = [], ""
    while True:
        part = ask(caller, months[0], "visits", texts, limit=20, **({"cursor": cursor} if cursor else {}))
        found += part["visits"]
        cursor = part["next"]
        if not cursor:
            break
    assert sorted([hit["id"] for hit in visit["hits"]] for visit in found) == sorted(
        [view.id for view in visit.views] for visit in counted.visits
    )
    answer = asked(caller, months[0], "visits.csv", texts, limit=500)
    head, *rows = csv.reader(io.StringIO(answer.body.decode("utf-8"), newline=""))
    assert [row[head.index("id")] for row in rows] == [visit["id"] for visit in found]
    assert [int(row[head.index("pageviews")]) for row in rows] == [len(visit["hits"]) for visit in found]
