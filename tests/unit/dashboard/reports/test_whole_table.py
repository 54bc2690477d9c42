"""Whole tables: their columns, what sorts, searches and filters, and where the next page is."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import catalogue, config
from chalicelib.dashboard.reports import page_links
from chalicelib.errors import BadRequest, NotFound
from tests.unit.dashboard import report_samples, samples


def text(key: str, *names: str, more: bool = False, **query: str) -> str:
    page: str = report_samples.table(key, names or ("/",), more=more, query=query).body.decode()
    return page


def heads(page: str) -> list[str]:
    inside = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", page)
    return [re.sub(r"<[^>]+>", "", head).strip("↑↓") for head in inside]


def link(page: str, name: str) -> dict[str, list[str]]:
    """The query of the link with this text."""
    (found,) = re.findall(rf'href="([^"]*)"[^>]*>{name}(?:<(?:span|kbd)[^>]*>.</(?:span|kbd)>)?</a>', page)
    return parse_qs(urlsplit(found.replace("&amp;", "&")).query)


@pytest.mark.parametrize("key", [*catalogue.DIMENSIONS, "events"])
def test_every_table_has_a_page(key: str) -> None:
    assert f"{key}?period" not in text(key)
    assert heads(text(key))[-1] == "%"


def test_pages_have_the_columns_of_views_and_others_those_of_visits() -> None:
    assert heads(text("pages")) == ["Page", "Visitors", "Pageviews", "Time on page", "Scroll depth", "Load time", "%"]
    assert heads(text("countries")) == [
        "Country", "Visitors", "Visits", "Pageviews", "Bounce rate", "Visit duration", "%",
    ]  # fmt: skip
    assert heads(text("events")) == ["Event", "Events", "Visitors", "Visits", "Revenue", "%"]


def test_a_column_sorts_and_turns_the_order_round() -> None:
    page = text("countries", "DE")
    assert 'class="visitors" aria-sort="descending"' in page
    assert link(page, "Visitors")["sort"] == ["visitors,asc"]
    assert link(page, "Bounce rate")["sort"] == ["bounce_rate,desc"]
    assert link(page, "Country")["sort"] == ["country,asc"]
    turned = text("countries", "DE", sort="country,asc")
    assert '<th scope="col" aria-sort="ascending">' in turned
    assert link(turned, "Country")["sort"] == ["country,desc"]
    assert "Revenue</a>" not in text("events")


def test_links_keep_the_period_the_filters_and_the_search() -> None:
    page = text("pages", more=True, period="7d", f="is,country,DE", search="blog", sort="load_time,desc")
    kept = {"period": ["7d"], "f": ["is,country,DE"], "search": ["blog"]}
    assert kept.items() <= link(page, "Pageviews").items()
    following = link(page, "Next page")
    assert {**kept, "sort": ["load_time,desc"]}.items() <= following.items()
    assert following["cursor"]
    assert "First page" not in page
    assert "cursor" not in link(page, "Last 91 days")
    assert link(page, "Clear") == {key: value for key, value in following.items() if key not in ("search", "cursor")}
    for name, value in (("period", "7d"), ("f", "is,country,DE"), ("sort", "load_time,desc")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


def test_a_row_leads_to_the_overview_filtered_by_it() -> None:
    page = text("sources", "news.example", "", period="7d")
    overview = f"../../../sites/{samples.SITE.id}"
    for name, value in (("news.example", "news.example"), ("Direct", "")):
        (found,) = re.findall(rf'href="([^"]*)" rel="nofollow"><bdi>{name}</bdi>', page)
        path, _, query = found.replace("&amp;", "&").partition("?")
        assert path == overview
        assert parse_qs(query) == {"period": ["7d"], "f": [f"is,source,{value}"]}
    assert "<bdi>xxx" in text("sources", "x" * (config.MAX_FILTER_CHARS + 1))
    assert 'rel="nofollow"><bdi>' not in text("sources", "x" * (config.MAX_FILTER_CHARS + 1))


def test_bars_are_of_the_largest_row_and_shares_of_all_visitors() -> None:
    page = text("countries", "DE", "CH")
    assert re.findall(r'<rect width="([\d.]+)%"', page) == ["100.0", "50.0"]
    assert "72.9%" in page


def test_the_file_has_what_the_page_shows() -> None:
    page = text("pages", period="7d", compare="year", f="is,country,DE", search="blog", sort="load_time,desc")
    (found,) = re.findall(r'href="([^"]*breakdown\.csv[^"]*)"', page)
    query = parse_qs(urlsplit(found.replace("&amp;", "&")).query)
    assert query.keys() == {
        "dimension", "metrics", "limit", "period", "from", "to", "search", "sort", "f",
    }  # fmt: skip
    assert (query["dimension"], query["search"], query["f"]) == (["page"], ["blog"], ["is,country,DE"])


def test_an_empty_table_says_why() -> None:
    def empty(**query: str) -> str:
        page: str = report_samples.table("countries", (), query=query).body.decode()
        return page

    assert "No visits in this period." in empty()
    assert "Nothing contains “&lt;b&gt;”." in empty(search="<b>")
    assert "Nothing matches the filters in this period." in empty(f="is,browser,Firefox")


def test_what_is_no_table_and_no_column_is_refused() -> None:
    with pytest.raises(NotFound):
        text("people")
    with pytest.raises(BadRequest, match="sort must be one of"):
        text("pages", sort="height")
    with pytest.raises(BadRequest, match="cursor"):
        text("pages", cursor="x")
    assert page_links.EVENTS not in catalogue.DIMENSIONS


def test_a_card_leads_to_its_whole_table_and_holds_no_more_than_it_shows() -> None:
    page = samples.overview(samples.full(rows=40)).body.decode()
    assert f"sites/{samples.SITE.id}/tables/entry_pages" in page
    assert f"sites/{samples.SITE.id}/tables/events" in page
    assert "/page-6" in page
    assert "/page-38" not in page
    shared = samples.shared(samples.full(rows=40)).body.decode()
    assert "/page-38" in shared
    assert "/tables/" not in shared
    assert "/visits" not in shared
