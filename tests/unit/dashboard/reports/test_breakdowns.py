"""The tables of the overview: names, shares, bars, and what does not fit."""

from __future__ import annotations

import dataclasses

import pytest

from chalicelib.catalogue import METRICS
from chalicelib.dashboard.reports import breakdowns, metric_cards
from chalicelib.hostnames import site_url
from chalicelib.report.stats import Row, Stats, Table
from chalicelib.store.sites import Site
from tests.unit.dashboard import samples


def with_table(kind: str, rows: list[Row], other: Row | None = None) -> Stats:
    stats = samples.full()
    return dataclasses.replace(stats, tables={**stats.tables, kind: Table(tuple(rows), other)})


def test_the_largest_rows_bar_is_full_and_the_share_is_of_all_visitors() -> None:
    shown = breakdowns.ranking("sources", with_table("sources", [Row("A", 617, 1, 1), Row("B", 123, 1, 1)])).shown
    assert [(entry.bar, entry.share) for entry in shown] == [(100.0, "50.0%"), (19.9, "10.0%")]


def test_long_tables_are_folded_and_say_what_they_leave_out() -> None:
    rows = [Row(f"/{number}", 1000 - number, 1, 1) for number in range(80)]
    ranking = breakdowns.ranking("pages", with_table("pages", rows, Row("", 3, 4, 5)))
    assert (len(ranking.shown), len(ranking.more), ranking.left) == (9, 41, 30)
    assert ranking.others is not None
    assert (ranking.others.label, ranking.others.visitors) == ("Others", 3)


def test_a_tenth_row_is_not_folded_away_alone() -> None:
    ranking = breakdowns.ranking("pages", with_table("pages", [Row(f"/{n}", 10, 1, 1) for n in range(10)]))
    assert (len(ranking.shown), len(ranking.more)) == (10, 0)


@pytest.mark.parametrize(
    ("kind", "name", "label", "href"),
    [
        ("pages", "/about", "/about", "https://fieldnotes.example/about"),
        ("pages", "//evil.example/x", "//evil.example/x", "https://fieldnotes.example//evil.example/x"),
        ("pages", '/服务?q=a b"', '/服务?q=a b"', "https://fieldnotes.example/%E6%9C%8D%E5%8A%A1?q=a%20b%22"),
        ("pages", "/a%2Fb#/ü", "/a%2Fb#/ü", "https://fieldnotes.example/a%2Fb#/%C3%BC"),
        ("pages", "javascript:alert(1)", "javascript:alert(1)", ""),
        ("referrers", "", "None", ""),
        ("referrers", "news.example", "news.example", "https://news.example"),
        ("referrers", "https://news.example/a?b", "news.example/a?b", "https://news.example/a?b"),
        ("referrers", "http://news.example/", "news.example", "http://news.example/"),
        ("referrers", "javascript:alert(1)", "javascript:alert(1)", ""),
        ("referrers", "a b.example", "a b.example", ""),
        ("sources", "news.example", "news.example", ""),
        ("entry_pages", "/about", "/about", "https://fieldnotes.example/about"),
        ("exit_pages", "", "(no path)", ""),
        ("hostnames", "www.fieldnotes.example", "www.fieldnotes.example", "https://www.fieldnotes.example"),
        ("hostnames", "xn--mnchen-3ya.example", "münchen.example", "https://xn--mnchen-3ya.example"),
        ("hostnames", "javascript:alert(1)", "javascript:alert(1)", ""),
        ("hostnames", "", "Unknown", ""),
        ("browsers", "", "Unknown", ""),
        ("devices", "phone", "Phone", ""),
        ("devices", "tv", "TV", ""),
        ("countries", "DE", "Germany", ""),
        ("countries", "", "Unknown", ""),
        ("screens", "mobile", "Mobile (< 576 px)", ""),
        ("screens", "tablet", "Tablet (576–991 px)", ""),
        ("screens", "laptop", "Laptop (992–1439 px)", ""),
        ("screens", "desktop", "Desktop (≥ 1440 px)", ""),
        ("screens", "", "Unknown", ""),
        ("languages", "zh-Hant", "Traditional Chinese", ""),
        ("languages", "", "Unknown", ""),
        ("system_versions", "Windows 10 or 11", "Windows 10 or 11", ""),
    ],
)
def test_names_and_where_they_lead(kind: str, name: str, label: str, href: str) -> None:
    entry = breakdowns.ranking(kind, with_table(kind, [Row(name, 1, 1, 1)])).shown[0]
    assert (entry.label, entry.href) == (label, href)


def test_hostnames_are_shown_where_there_are_several() -> None:
    def tabs(*hosts: str) -> list[str]:
        stats = with_table("hostnames", [Row(host, 1, 1, 1) for host in hosts])
        return [ranking.key for ranking in breakdowns.cards(stats, METRICS["visitors"])[0].rankings]

    assert tabs("example.com", "www.example.com") == ["pages", "entry_pages", "exit_pages", "hostnames"]
    assert tabs("example.com") == tabs("example.com", "") == tabs() == ["pages", "entry_pages", "exit_pages"]


def test_a_site_on_this_machine_is_reached_without_https() -> None:
    assert site_url("localhost:8000") == "http://localhost:8000"
    assert site_url("example.com") == "https://example.com"


def test_the_strip_names_what_it_compares_with() -> None:
    strip = {figure.key: figure for figure in metric_cards.overview_metrics(samples.full(days=7), samples.TODAY)}
    assert list(strip) == [
        "visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration", "engagement_time",
        "scroll_depth", "load_time",
    ]  # fmt: skip
    assert strip["visitors"].sentence == "12% more than 11–17 Nov, up to the same time (1,100)"
    assert strip["bounce_rate"].sentence == "2.2 pp higher than 11–17 Nov, up to the same time (41.0%)"
    assert strip["load_time"].sentence == "No data for 11–17 Nov, up to the same time"
    assert strip["scroll_depth"].sentence == "2.1 pp deeper than 11–17 Nov, up to the same time (61%)"
    assert (strip["engagement_time"].value, strip["scroll_depth"].value) == ("51s", "63%")
    assert (strip["pageviews"].value, strip["pageviews"].full) == ("12M", "12,345,678")


def test_a_new_site_has_dashes_not_zero_rates() -> None:
    strip = metric_cards.overview_metrics(samples.empty(Site("1", "New", "new.example")), samples.TODAY)
    assert [figure.value for figure in strip] == ["0", "0", "0", *"——————"]
    assert all(figure.delta is None for figure in strip)
