"""The questions with random filters as engines that read the data files answer them, and what they should answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from tests.stack import naive_count
from tests.stack.data_questions import Dialect
from tests.stack.filtered_sql import SUMS, Filters
from tests.stack.months import Month
from tests.stack.naive_count import Counted, ratio
from tests.stack.naive_filters import narrowed
from tests.stack.random_questions import COMBINATIONS, combination, dimensions_of

MICROS = 1_000_000
Rows = dict[str, list[list[Any]]]


def questions(dialect: Dialect) -> dict[str, str]:
    """All questions, by name: with each combination of filters, one by day, one of events, and one by dimensions."""
    found = {}
    for number in range(COMBINATIONS):
        filters, names = Filters(combination(number), dialect), dimensions_of(number)
        found[f"days {number}"] = filters.rows(["day"])
        found[f"events {number}"] = filters.event_rows(["event"])
        found[f"rows {number}"] = filters.event_rows(names) if _of_events(names) else filters.rows(names)
    return found


def check(months: Sequence[Month], rows: Rows) -> None:
    """Compare an engine's answers with a count of what was sent, and remove them from `rows`."""
    for number in range(COMBINATIONS):
        texts, names = combination(number), dimensions_of(number)
        days, events, found = (rows.pop(f"{what} {number}") for what in ("days", "events", "rows"))
        for month in months:
            counted = narrowed(month.counted, texts)
            _check_days(month, counted, _of_site(month, days), texts)
            assert _event_rows(_of_site(month, events)) == naive_count.breakdown(counted, ["event"]), texts
            read = _event_rows if _of_events(names) else _visit_rows
            assert read(_of_site(month, found)) == naive_count.breakdown(counted, names), (texts, names)


def _of_events(names: Iterable[str]) -> bool:
    return any(name == "event" or name.startswith("prop:") for name in names)


def _of_site(month: Month, rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [row for site, *row in rows if site == month.site.id]


def _check_days(month: Month, counted: Counted, rows: Sequence[Sequence[Any]], texts: Sequence[str]) -> None:
    """Compare the figures of each day and those of the period, of which visitors are the sum of daily ones."""
    sums = {date.fromisoformat(str(day)): _numbers(numbers) for day, *numbers in rows}
    assert len(sums) == len(rows)
    assert set(sums) == {visit.day for visit in counted.visits}, texts
    for day, of_day in sums.items():
        visits = [visit for visit in counted.visits if visit.day == day]
        views = [view for visit in visits for view in visit.kept_views]
        assert metrics(of_day) == naive_count.metrics(visits, views), (texts, day)
    whole = {name: sum(of_day[name] for of_day in sums.values()) for name in SUMS}
    assert metrics(whole) == naive_count.metrics(counted.visits, counted.views), texts


def _visit_rows(rows: Sequence[Sequence[Any]]) -> dict[tuple[str, ...], Any]:
    found = {tuple(row[: -len(SUMS)]): metrics(_numbers(row[-len(SUMS) :])) for row in rows}
    assert len(found) == len(rows)
    return found


def _event_rows(rows: Sequence[Sequence[Any]]) -> dict[tuple[str, ...], Any]:
    found = {}
    for *values, events, visitors, visits, amounts, amount in rows:
        revenue = {"EUR": int(amount) / MICROS} if amounts else {}
        found[tuple(values)] = {"events": events, "visitors": visitors, "visits": visits, "revenue": revenue}
    assert len(found) == len(rows)
    return found


def _numbers(values: Sequence[Any]) -> dict[str, int]:
    return {name: int(value or 0) for name, value in zip(SUMS, values, strict=True)}


def metrics(sums: Mapping[str, int]) -> dict[str, float | None]:
    """The metrics of sums, by the glossary."""
    return {
        "visitors": sums["visitors"],
        "visits": sums["visits"],
        "pageviews": sums["pageviews"],
        "views_per_visit": ratio(sums["pageviews"], sums["visits"]),
        "bounce_rate": ratio(sums["bounces"], sums["visits"]),
        "visit_duration": ratio(sums["duration"], sums["visits"] * 1000),
        "engagement_time": ratio(sums["engagement"], sums["views_with_engagement"] * 1000),
        "scroll_depth": ratio(sums["scroll"], sums["views_with_scroll"]),
        "load_time": ratio(sums["load_time"], sums["loads"]),
    }
