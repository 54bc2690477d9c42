"""Breakdowns: rows with every metric, crossed, searched, sorted and in pages."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from chalicelib import catalogue
from chalicelib.aggregate import compute_rollup, figures
from chalicelib.aggregate.duckdb_engine import Engine
from chalicelib.errors import BadRequest
from chalicelib.report import breakdown, breakdown_question, breakdown_sql
from chalicelib.report.breakdown import Breakdown, Row
from chalicelib.report.breakdown_question import EVENT_METRICS, METRICS, Question
from chalicelib.report.periods import Period
from tests.unit.report.visit_records import DAY, narrowed

PERIOD = Period("custom", DAY, DAY)


def rows(query: dict[str, str], *texts: str) -> list[Row]:
    with narrowed(texts) as db:
        return rows_in(db, breakdown_question.parse(query, texts))


def rows_in(db: Engine, question: Question, after: tuple[Any, ...] = ()) -> list[Row]:
    asked = breakdown_sql.statement(db, question, (), after, 100)
    return [breakdown._row(question, row, asked.order) for row in db.named_rows(asked.text, asked.parameters)]


def shown(query: dict[str, str], *texts: str) -> list[tuple[Any, ...]]:
    """Rows as their values and metrics."""
    return [(*(value.shown for value in row.values), *row.metrics.values()) for row in rows(query, *texts)]


COUNTS = {"metrics": "visitors,visits,pageviews"}


@pytest.mark.parametrize("dimension", catalogue.DIMENSIONS.values(), ids=lambda dimension: dimension.key)
def test_a_dimension_has_the_rows_of_its_table_in_the_same_order(dimension: catalogue.Dimension) -> None:
    with narrowed() as db:
        figures.compute(db, [dimension.key])
        table = compute_rollup.tables(db)[0][dimension.key]
    if dimension.ignores_case:
        table = [row for row in table if row[0] != "google"]
        table = [(name, visitors * 2, visits * 2, views + 1) if name == "Google" else (name, visitors, visits, views)
                 for name, visitors, visits, views in table]  # fmt: skip
    found = rows({"dimension": dimension.singular, **COUNTS})
    assert [(row.values[0].raw.replace("%C3%A9", "é"), *row.metrics.values()) for row in found] == table


def test_a_row_has_every_metric_of_the_visits_that_viewed_the_page() -> None:
    found = rows({"dimension": "page"})
    assert list(found[0].metrics) == list(METRICS)
    assert {row.values[0].shown: row.metrics for row in found}["/a"] == {
        "visitors": 2, "visits": 3, "pageviews": 3, "views_per_visit": 1.0, "bounce_rate": pytest.approx(1 / 3),
        "visit_duration": pytest.approx((180 + 0 + 150) / 3), "engagement_time": None, "scroll_depth": 40.0,
        "load_time": None,
    }  # fmt: skip


def test_two_dimensions_are_crossed() -> None:
    assert shown({"dimension": "country,page", **COUNTS}) == [
        ("FR", "/a", 1, 2, 2),
        ("", "/b", 1, 1, 1),
        ("DE", "/a", 1, 1, 1),
        ("DE", "/b", 1, 1, 1),
        ("FR", "/Café", 1, 1, 1),
    ]
    assert shown({"dimension": "source,country", **COUNTS})[0] == ("Direct", "FR", 1, 1, 2)


def test_spellings_of_a_source_are_one_row() -> None:
    assert shown({"dimension": "source", **COUNTS}) == [("Direct", 2, 2, 3), ("Google", 2, 2, 3)]


def test_events_and_their_properties_are_dimensions() -> None:
    assert shown({"dimension": "event"}) == [
        ("Purchase", 2, 2, 2, {"EUR": 12.5}),
        ("Download", 1, 1, 1, {}),
        ("Lone", 1, 1, 0, {}),
    ]
    assert shown({"dimension": "prop:plan", "metrics": "events"}) == [("", 2), ("basic", 1), ("pro", 1)]
    assert shown({"dimension": "event,prop:plan", "metrics": "events"}, "is,event,Purchase") == [
        ("Purchase", "basic", 1), ("Purchase", "pro", 1),
    ]  # fmt: skip
    assert shown({"dimension": "event,country", "metrics": "events"}) == [
        ("Download", "FR", 1), ("Lone", "", 1), ("Purchase", "DE", 1), ("Purchase", "FR", 1),
    ]  # fmt: skip
    assert shown({"dimension": "event,network", "metrics": "events"}) == [("Purchase", "Example Net", 1)]


def test_a_property_may_have_a_comma_in_its_name() -> None:
    names = [field.name for field in breakdown_question.parse({"dimension": "prop:a,b"}, []).dimensions]
    assert names == ["prop:a,b"]
    names = [field.name for field in breakdown_question.parse({"dimension": "prop:a,b,country"}, []).dimensions]
    assert names == ["prop:a,b", "country"]


def test_rows_are_searched_as_they_are_displayed_in_any_case() -> None:
    assert shown({"dimension": "page", "search": "CAF", **COUNTS}) == [("/Café", 1, 1, 1)]
    assert shown({"dimension": "hostname", "search": "BÜCHER", **COUNTS}) == [("bücher.example", 1, 1, 1)]
    assert shown({"dimension": "hostname", "search": "%", **COUNTS}) == []
    assert [row[:2] for row in shown({"dimension": "page,country", "search": "fr"})] == [("/a", "FR"), ("/Café", "FR")]


@pytest.mark.parametrize("direction", ["", ",asc", ",desc"])
def test_rows_are_sorted_and_those_without_data_come_last(direction: str) -> None:
    with narrowed() as db:
        for sort in (*METRICS, "page"):
            question = breakdown_question.parse({"dimension": "page", "sort": sort + direction}, [])
            found = rows_in(db, question)
            values = [row.values[0].shown if sort == "page" else row.metrics[sort] for row in found]
            known = [value for value in values if value is not None]
            ascending = direction == ",asc" or (not direction and sort == "page")
            assert known == sorted(known, reverse=not ascending)  # type: ignore[type-var]
            assert values[: len(known)] == known
            # After every row, the rows that follow are the same.
            for number, row in enumerate(found):
                assert rows_in(db, question, row.place) == found[number + 1 :]


def page(question: Question, found: list[Row], *, more: bool) -> Breakdown:
    return Breakdown(question, PERIOD, 1_795_500_000_000, tuple(found), more)


def test_the_next_page_begins_after_the_rows_that_were_shown() -> None:
    query = {"dimension": "page", "limit": "2"}
    question = breakdown_question.parse(query, [])
    first = page(question, rows(query)[:2], more=True)
    cursor = breakdown_question.read_cursor({"cursor": first.next(2) or ""}, question, PERIOD)
    assert cursor is not None
    assert (cursor.after, cursor.as_of, cursor.first) == (first.rows[1].place, first.as_of, DAY)
    shorter = breakdown_question.read_cursor({"cursor": first.next(1) or ""}, question, PERIOD)
    assert shorter is not None
    assert shorter.after == first.rows[0].place
    assert page(question, rows(query), more=False).next(3) is None


@pytest.mark.parametrize(
    "change", [{"dimension": "country"}, {"sort": "visits"}, {"search": "a"}, {"sort": "visitors,asc"}]
)
def test_a_cursor_belongs_to_its_question(change: dict[str, str]) -> None:
    query = {"dimension": "page"}
    cursor = page(breakdown_question.parse(query, []), rows(query), more=True).next(1)
    for other, texts in (({**query, **change}, []), (query, ["is,country,DE"])):
        with pytest.raises(BadRequest, match="another question"):
            breakdown_question.read_cursor({"cursor": cursor or ""}, breakdown_question.parse(other, texts), PERIOD)


def test_a_cursor_that_was_changed_is_rejected() -> None:
    question = breakdown_question.parse({"dimension": "page"}, [])
    cursor = page(question, rows({"dimension": "page"}), more=True).next(1) or ""
    good = json.loads(urlsafe_b64decode(cursor + "=="))
    changed = [good[:-1], [*good, 1], [*good[:4], "x", *good[5:]], [*good[:-1], 1], [*good[:3], -1, *good[4:]],
               [*good[:4], 10**400, *good[5:]], [*good[:4], None, *good[5:]], [good[0], "x", *good[2:]],
               {}, [], 1]  # fmt: skip
    for one in changed:
        text = urlsafe_b64encode(json.dumps(one).encode()).decode()
        with pytest.raises(BadRequest, match="earlier answer's next"):
            breakdown_question.read_cursor({"cursor": text}, question, PERIOD)


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ({}, "dimension", "entry_page"),
        ({"dimension": "pages"}, "dimension", "entry_page"),
        ({"dimension": "identifier"}, "dimension", "entry_page"),
        ({"dimension": "page,"}, "dimension", "entry_page"),
        ({"dimension": "page,page"}, "dimension", "differ"),
        ({"dimension": "page,country,browser"}, "dimension", "entry_page"),
        ({"dimension": "event,page"}, "dimension", "crossed"),
        ({"dimension": "page", "metrics": "events"}, "metrics", "bounce_rate"),
        ({"dimension": "event", "metrics": "bounce_rate"}, "metrics", "revenue"),
        ({"dimension": "page", "sort": "country"}, "sort", "bounce_rate"),
        ({"dimension": "page", "sort": "visitors,up"}, "sort", "desc"),
        ({"dimension": "event", "sort": "revenue"}, "sort", "events"),
        ({"dimension": "page", "limit": "0"}, "limit", "limit"),
        ({"dimension": "page", "search": "x" * 2001}, "search", "2000"),
    ],
)
def test_a_wrong_parameter_is_rejected_naming_it(query: dict[str, str], field: str, said: str) -> None:
    with pytest.raises(BadRequest) as raised:
        breakdown_question.parse(query, [])
    assert raised.value.field == field
    assert said in raised.value.message


def test_metrics_are_given_in_the_order_in_which_they_are_asked_for() -> None:
    assert breakdown_question.parse({"dimension": "page", "metrics": "visits,visitors,visits"}, []).metrics == (
        "visits", "visitors",
    )  # fmt: skip
    assert breakdown_question.parse({"dimension": "event"}, []).metrics == EVENT_METRICS
