"""The catalogue of dimensions and metrics: what is in it is everywhere, and nothing else is."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from chalicelib import catalogue
from chalicelib.aggregate import compute_rollup, month_sums, rollup_sums
from chalicelib.aggregate.duckdb_engine import engine
from chalicelib.aggregate.rollup_sums import Hour, Rollup
from chalicelib.api import openapi
from chalicelib.api import stats as api_stats
from chalicelib.catalogue import DIMENSIONS, METRICS, SUMS, Dimension, Metric, Totals
from chalicelib.catalogue.entries import by_key
from chalicelib.dashboard.reports import breakdowns, metric_cards
from chalicelib.dashboard.sharing import shared_page
from chalicelib.report import site_stats
from chalicelib.store import rollups
from chalicelib.store.month_rollups import StoredMonth
from chalicelib.store.records import LEAVE, Record
from demo.traffic import expected
from tests.unit.aggregate.test_metrics import MINUTE, START, computed, stored, view
from tests.unit.dashboard import samples

CSS = Path(catalogue.__file__).parents[1] / "dashboard" / "static" / "report.css"
# Rollups of before entry pages, exit pages, hostnames, scroll depth and time on page: as they were stored.
OLD_FIGURES: dict[str, Any] = {
    "v": 1,
    "totals": [5, 6, 12, 3, 60_000, 4, 2_000],
    "hours": [[9, 4, 4, 5, 10, 2, 50_000, 3, 1_500], [10, 2, 1, 1, 2, 1, 10_000, 1, 500]],
    "seen": [],
    "beyond": [],
}
OLD_TABLES: dict[str, Any] = {
    "tables": {"pages": [["/", 5, 6, 12]], "browsers": [["Firefox", 5, 6, 12]]},
    "others": {},
    "latest": [],
    "events": [],
    "other_events": None,
    "robots": [],
}


def leave(name: str, minute: float, engagement: int | None, scroll: int | None = None) -> Record:
    return Record(LEAVE, name, START + int(minute * MINUTE), engagement=engagement, scroll=scroll)


def old_day() -> Rollup:
    return rollup_sums.unpack(rollups.pack(OLD_FIGURES, OLD_TABLES))


def new_day() -> Rollup:
    records = [view("a", 0, "/", host="example.com"), leave("a", 1, 30_000, 40), view("b", 2, "/b", host="b.example")]
    return rollup_sums.unpack(rollup_sums.pack(computed(stored("v", [*records, leave("b", 3, 10_000, 90)]))))


# ── the new dimensions and metrics ──


def test_entry_and_exit_pages_are_of_visits_and_hostnames_of_views() -> None:
    first = [view("a", 0, "/", host="example.com"), view("b", 1, "/b", host="shop.example"), view("c", 2, "/c")]
    again = [view("d", 60, "/b", host="shop.example")]
    day = computed(stored("v", [*first, *again]) + stored("w", [view("a", 0, "/", host="example.com")]))
    assert day.tables["entry_pages"] == [("/", 2, 2, 4), ("/b", 1, 1, 1)]
    assert day.tables["exit_pages"] == [("/c", 1, 1, 3), ("/", 1, 1, 1), ("/b", 1, 1, 1)]
    assert day.tables["hostnames"] == [("example.com", 2, 2, 2), ("shop.example", 1, 2, 2), ("", 1, 1, 1)]


def test_scroll_depth_and_time_on_page_are_means_over_the_views_that_told_them() -> None:
    records = [
        view("a", 0), leave("a", 1, 30_000, 40), leave("a", 2, 45_000, 80),
        view("b", 3), leave("b", 4, 15_000),
        view("c", 5),
    ]  # fmt: skip
    metrics = site_stats.metrics(computed(stored("v", records)).totals)
    assert metrics["scroll_depth"] == 80
    assert metrics["engagement_time"] == (45 + 15) / 2
    assert metrics["views_per_visit"] == 3


def test_hits_of_before_hosts_were_kept_have_an_unknown_one() -> None:
    assert computed(stored("v", [view("a", 0)])).tables["hostnames"] == [("", 1, 1, 1)]


def test_spellings_of_an_entry_page_are_one_row_as_those_of_a_page_are() -> None:
    day = Rollup(tables={"exit_pages": [("/caf%C3%A9", 1, 1, 1), ("/café", 1, 2, 3)]})
    assert rollup_sums.sum_days([day]).tables["exit_pages"] == [("/café", 2, 3, 4)]


# ── what was stored before ──


def test_an_old_rollup_has_its_figures_and_knows_nothing_of_the_new_ones() -> None:
    whole = rollup_sums.sum_days([old_day()])
    metrics = site_stats.metrics(whole.totals)
    assert dict(metrics.by_key) == {
        "visitors": 5, "visits": 6, "pageviews": 12, "views_per_visit": 2.0, "bounce_rate": 0.5, "visit_duration": 10.0,
        "engagement_time": None, "scroll_depth": None, "load_time": 500.0,
    }  # fmt: skip
    assert whole.tables["pages"] == [("/", 5, 6, 12)]
    assert [whole.tables[table] for table in ("entry_pages", "exit_pages", "hostnames")] == [[], [], []]


def test_days_that_never_collected_a_metric_are_no_part_of_its_mean() -> None:
    whole = rollup_sums.sum_days([new_day(), old_day()])
    metrics = site_stats.metrics(whole.totals)
    assert (metrics.pageviews, metrics["scroll_depth"], metrics["engagement_time"]) == (14, 65.0, 20.0)
    assert whole.tables["hostnames"] == [("b.example", 1, 1, 1), ("example.com", 1, 1, 1)]


def test_old_hours_and_minutes_are_compared_with_to_the_minute() -> None:
    old = rollup_sums.unpack_figures(rollups.pack(OLD_FIGURES, OLD_TABLES))
    assert old.hours[0] == Hour(9, 4, Totals(4, 5, 10, 2, 50_000, 3, 1_500))
    assert old.until(9 * 60 + 59) == Totals(4, 5, 10, 2, 50_000, 3, 1_500)
    minutes = rollups.compressed({"v": 1, "minutes": [[0, 1, 1, 2, 0, 500, 1, 300], [7, 0, 0, 1, 0, 0, 0, 0]]})
    assert rollup_sums.until(minutes, 5) == Totals(1, 1, 2, 0, 500, 1, 300)


def test_the_sums_until_each_minute_are_those_of_the_minutes_before() -> None:
    rows = [(minute, *range(minute, minute + len(SUMS))) for minute in (3, 59, 60, 61, 185, 1_439)]
    packed = rollup_sums.pack_minutes(reversed(rows))
    for minute in range(24 * 60):
        before = [Totals(*sums) for of_minute, *sums in rows if of_minute <= minute]
        assert rollup_sums.until(packed, minute) == (Totals.sum(before) if before else Totals())


def test_an_old_month_stands_for_its_days() -> None:
    figures = rollups.compressed({"v": 1, "days": [[3, 5, 6, 12, 3, 60_000, 4, 2_000], [4, 1, 1, 1, 1, 0, 0, 0]]})
    days = month_sums.unpack_days(StoredMonth(date(2026, 10, 1), figures=figures))
    assert days is not None
    assert days[date(2026, 10, 3)].totals == Totals(5, 6, 12, 3, 60_000, 4, 2_000)
    whole = rollup_sums.with_packed_tables(rollup_sums.sum_days(days.values()), rollups.compressed(OLD_TABLES))
    assert site_stats.metrics(rollup_sums.sum_days([whole, new_day()]).totals)["scroll_depth"] == 65.0


def test_what_a_newer_release_stored_can_be_read_after_going_back() -> None:
    newer = [*range(1, len(SUMS) + 1), 99]
    assert Totals.read(newer).values() == newer[:-1]
    tables = {**OLD_TABLES, "tables": {**OLD_TABLES["tables"], "screens": [["wide", 1, 1, 1]]}}
    whole = rollup_sums.sum_days([rollup_sums.unpack(rollups.pack({**OLD_FIGURES, "totals": newer}, tables))])
    assert list(whole.tables) == list(DIMENSIONS)


def test_the_sums_keep_the_places_in_which_they_are_stored() -> None:
    """Move or take away none of them: rollups store them by position. A new one goes to the end, also of this list."""
    assert list(SUMS) == [
        "visitors", "visits", "pageviews", "bounces", "duration", "loads", "load_time", "views_with_scroll", "scroll",
        "views_with_engagement", "engagement",
    ]  # fmt: skip


def test_the_new_sums_are_in_hours_and_minutes_as_in_the_whole_day() -> None:
    records = [view("a", 0), leave("a", 1, 30_000, 40), view("b", 61), leave("b", 62, 10_000, 90)]
    with engine() as db:
        db.load(stored("v", records), [])
        db.sessionize()
        day = compute_rollup.compute(db)
        minutes = rollup_sums.pack_minutes(compute_rollup.sums_by_minute(db, START))
    assert [(hour.hour, hour.sums.scroll, hour.sums.engagement) for hour in day.hours] == [
        (0, 40, 30_000),
        (1, 90, 10_000),
    ]
    assert (day.totals.views_with_scroll, day.totals.scroll, day.totals.engagement) == (2, 130, 40_000)
    assert rollup_sums.until(minutes, 0) == rollup_sums.until(minutes, 59)
    assert rollup_sums.until(minutes, 60).scroll == 40
    assert rollup_sums.until(minutes, 61) == day.until(24 * 60) == day.totals


# ── what follows from the catalogue ──


def test_a_new_dimension_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Dimension(
        "identifiers", "identifier", "Known visitors", "Visitor", card="devices", tab=9,
        condition="identifier IS NOT NULL", empty_table="Nobody told who they are.",
    )  # fmt: skip
    monkeypatch.setattr(catalogue, "DIMENSIONS", {**DIMENSIONS, "identifiers": known})
    day = rollup_sums.unpack(rollup_sums.pack(computed(stored("v", [view("a", 0, identifier="ada")]))))
    whole = rollup_sums.sum_days([day, day])
    assert whole.tables["identifiers"] == [("ada", 2, 2, 2)]
    tables = site_stats.tables_of(samples.SITE, whole)
    stats = dataclasses.replace(samples.full(), tables=tables)
    assert api_stats.as_json(stats)["tables"]["identifiers"][0]["name"] == "ada"
    assert "identifiers" in openapi.described()["components"]["schemas"]["Stats"]["properties"]["tables"]["required"]
    last = breakdowns.cards(stats, METRICS["visitors"])[-1].rankings[-1]
    assert (last.title, last.column, last.shown[0].label) == ("Known visitors", "Visitor", "ada")


def test_a_new_metric_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    per_visitor = Metric("visits_per_visitor", "Visits per visitor", "visits", "visitors", "mean", "Visits a visitor.")
    monkeypatch.setattr(catalogue, "METRICS", {**METRICS, per_visitor.key: per_visitor})
    metrics = site_stats.metrics(Totals(visitors=2, visits=3))
    stats = dataclasses.replace(samples.full(), metrics=metrics, compare=metrics)
    assert api_stats.as_json(stats)["metrics"]["visits_per_visitor"] == 1.5
    assert per_visitor.key in openapi.described()["components"]["schemas"]["Metrics"]["required"]
    assert metric_cards.overview_metrics(stats, samples.TODAY)[-1].value == "1.50"


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_is_made_of_sums(metric: Metric) -> None:
    assert metric.numerator in SUMS
    assert (metric.denominator is None) == (metric.unit == "count")
    assert metric.denominator is None or metric.denominator in SUMS
    assert metric.description.endswith(".")


def test_every_sum_is_part_of_a_metric() -> None:
    used = {name for metric in METRICS.values() for name in (metric.numerator, metric.denominator)}
    assert set(SUMS) == used - {None}


def test_every_unit_has_a_way_to_be_written() -> None:
    assert set(metric_cards.FORMATTERS) == set(get_args(catalogue.Unit))


def test_every_dimension_has_a_place_on_a_card() -> None:
    places = [(dimension.card, dimension.tab) for dimension in DIMENSIONS.values() if dimension.tab]
    assert {dimension.card for dimension in DIMENSIONS.values()} == {card for card, _ in places} == set(catalogue.CARDS)
    assert len(set(places)) == len(places)
    panels = max(map(int, re.findall(r"\.panel-(\d+)", CSS.read_text(encoding="utf-8"))))
    for card in catalogue.CARDS:
        assert sum(card == of for of, _ in places) <= panels, f"report.css shows {panels} tabs of a card"


def test_a_dimension_without_a_tab_is_hidden_with_its_card_from_shared_pages() -> None:
    stats = samples.full()
    tables = shared_page.without(stats, ["sources"]).tables
    assert [key for key in ("campaigns", "utm_sources", "utm_contents") if tables[key].rows] == []


def test_two_entries_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="same key"):
        by_key(DIMENSIONS["pages"], DIMENSIONS["pages"])


def test_the_demo_expects_every_metric_and_the_tables_that_it_can_know() -> None:
    assert set(expected.metrics([])) == set(METRICS), "demo/traffic/expected.py counts other metrics than there are"
    assert set(expected.TABLES) >= {
        "pages", "entry_pages", "exit_pages", "hostnames", "referrers", "sources", "channels", "campaigns", "countries",
        "browsers", "systems", "devices", "screens", "languages", "utm_sources", "utm_mediums", "utm_terms",
        "utm_contents", "weekdays",
    }  # fmt: skip


def test_the_api_gives_every_metric_and_table() -> None:
    told = json.loads(json.dumps(api_stats.as_json(samples.empty())))
    assert list(told["metrics"]) == list(told["compare"]) == list(METRICS)
    assert list(told["tables"]) == list(DIMENSIONS)


def test_the_overview_shows_every_metric_and_table() -> None:
    text = samples.overview(samples.full()).body.decode()
    assert [metric.label for metric in METRICS.values() if f">{metric.label}</a></dt>" not in text] == []
    shown = {each.title for each in DIMENSIONS.values() if f"<span>{each.title}</span>" in text}
    assert shown == {each.title for each in DIMENSIONS.values() if each.tab}


def test_a_dimension_is_called_by_its_singular_in_filters() -> None:
    """Names that programs use: they must not change."""
    names = [dimension.singular for dimension in catalogue.DIMENSIONS.values()]
    assert set(names) >= {
        "page", "entry_page", "exit_page", "hostname", "referrer", "source", "channel", "campaign", "country", "region",
        "city", "network", "browser", "system", "device",
    }  # fmt: skip
    assert len(set(names)) == len(names)
