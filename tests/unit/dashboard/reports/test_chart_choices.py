"""What can be chosen for the chart: its metric, its interval, and what it is compared with."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest

from chalicelib import catalogue
from chalicelib.dashboard.reports import comparison_picker, interval_links, metric_cards
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.errors import BadRequest
from chalicelib.report import comparisons, stats_question
from chalicelib.report.stats_question import StatsQuestion
from tests.unit.dashboard import samples

NOW = datetime(2026, 11, 24, 15, 20, tzinfo=ZoneInfo("Europe/Berlin"))


def asked(query: dict[str, str]) -> tuple[StatsQuestion, PageQuery]:
    question = stats_question.parse(query, ["is,country,DE"], samples.SITE, NOW)
    return question, PageQuery((*query.items(), ("f", "is,country,DE")))


def reached(href: str, now: datetime = NOW) -> StatsQuestion:
    """The question of the page behind a link."""
    query = parse_qs(href.removeprefix("?"))
    last = {name: values[-1] for name, values in query.items()}
    return stats_question.parse(last, query.get("f", []), samples.SITE, now)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"period": "today"}, []),
        ({"period": "7d"}, ["Hourly", "Daily"]),
        ({"period": "30d"}, ["Hourly", "Daily", "Weekly"]),
        ({"period": "year"}, ["Daily", "Weekly", "Monthly"]),
        ({"from": "2026-11-01", "to": "2026-11-09", "compare_from": "2026-01-01", "compare_to": "2026-06-30"},
         ["Daily", "Weekly"]),
    ],
)  # fmt: skip
def test_the_intervals_that_fit_the_period_can_be_chosen(query: dict[str, str], names: list[str]) -> None:
    question, page = asked(query)
    links = interval_links.links(question, page)
    assert [link.label for link in links] == names
    for link in links:
        found = reached(link.href)
        assert found.interval.replace("day", "dai") in link.label.lower()
        assert (found.period, found.conditions) == (question.period, question.conditions)
        assert link.current == (found.interval == question.interval)


@pytest.mark.parametrize("chosen", ["previous", "year", "none", "custom"])
@pytest.mark.parametrize("matched", [False, True])
def test_every_comparison_can_be_chosen_and_keeps_the_rest(chosen: str, matched: bool) -> None:
    query = {"period": "7d", "compare": chosen, "match_weekdays": "true" if matched else "false"}
    if chosen == "custom":
        query |= {"compare_from": "2026-10-01", "compare_to": "2026-10-07"}
    question, page = asked(query)
    menu = comparison_picker.pick(question, page)
    assert [reached(choice.href).comparison.kind for choice in menu.choices] == ["previous", "year", "none"]
    assert all(reached(choice.href).conditions == question.conditions for choice in menu.choices)
    assert [choice.current for choice in menu.choices].count(True) == (chosen != "custom")
    assert {name for name, _ in menu.kept} == {"period", "f"}
    if chosen == comparisons.NONE:
        assert menu.weekdays is None
    else:
        assert menu.weekdays is not None
        assert ("match_weekdays=true" in menu.weekdays) is not matched


def test_the_form_for_other_days_begins_with_those_before() -> None:
    question, page = asked({"period": "7d", "compare": "none"})
    menu = comparison_picker.pick(question, page)
    assert (menu.first, menu.last) == (date(2026, 11, 11), date(2026, 11, 17))


def test_the_chart_shows_the_metric_that_is_asked_for() -> None:
    assert metric_cards.chosen({}).key == "visitors"
    assert metric_cards.chosen({"metric": "bounce_rate"}) == catalogue.METRICS["bounce_rate"]
    with pytest.raises(BadRequest, match="visitors, visits") as raised:
        metric_cards.chosen({"metric": "luck"})
    assert raised.value.field == "metric"


def test_each_figure_leads_to_its_chart() -> None:
    figures = samples.figures(samples.full())["figures"]
    assert [figure.href for figure in figures] == [f"?metric={key}" for key in catalogue.METRICS]


def test_without_a_comparison_nothing_is_said_about_one() -> None:
    question, _ = asked({"period": "7d", "compare": "none"})
    stats = samples.full()
    none = question.comparison
    alone = dataclasses.replace(stats, compare_first=none.first, compare_last=none.last, compare_kind=none.kind)
    assert {figure.sentence for figure in metric_cards.overview_metrics(alone, samples.TODAY)} == {""}
    assert metric_cards.before(alone, samples.TODAY) == ""
