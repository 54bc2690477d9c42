"""The list of visits, the page of a visit, and realtime: what they show, and where their links lead."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from chalice import Response

from chalicelib import config
from chalicelib.dashboard.reports import page_links, realtime, visit
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.errors import NotFound
from chalicelib.report import visits
from chalicelib.report.realtime import Minute
from tests.unit.dashboard import report_samples, samples
from tests.unit.dashboard.report_samples import NEXT, UNFINISHED, a_visit


def text_of(page: Response) -> str:
    """What people read, in one line."""
    main = page.body.decode().partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def link(page: Response, name: str) -> tuple[str, dict[str, list[str]]]:
    """The path and the query of the link with this text."""
    (found,) = re.findall(rf'href="([^"]*)"[^>]*>(?:<bdi>)?{name}(?:</bdi>)?</a>', page.body.decode())
    parts = urlsplit(found.replace("&amp;", "&"))
    return parts.path, parse_qs(parts.query)


@pytest.mark.parametrize("view", ["k3f9x2", "", "0.25", "a/b?c#d%2f e~7e", "".join(map(chr, range(33, 97)))])
def test_any_visit_has_a_path_of_its_own(view: str) -> None:
    visit_id = f"2026-11-24.visitor.{view}"
    href = page_links.visit("./", samples.SITE, visit_id, PageQuery((("period", "7d"),)))
    path, _, query = href.partition("?")
    assert query == "period=7d"
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", path.rpartition("/")[2])
    assert page_links.visit_id(path.rpartition("/")[2]) == visit_id


def test_the_list_links_visits_and_the_next_page() -> None:
    query = {"period": "7d", "f": "is,country,DE"}
    page = report_samples.visit_list(a_visit(0), a_visit(1), following=NEXT, query=query)
    paths = re.findall(r'class="go" href="([^"?]*)', page.body.decode())
    assert [page_links.visit_id(path.rpartition("/")[2]) for path in paths] == [a_visit(0)["id"], a_visit(1)["id"]]
    following = link(page, "Next page")[1]
    assert following == {"period": ["7d"], "f": ["is,country,DE"], "cursor": [NEXT]}
    assert "First page" not in text_of(page)
    assert "cursor" not in link(report_samples.visit_list(query={"cursor": NEXT}), "First page")[1]
    assert "Country is Germany" in text_of(page)
    assert re.search(r'href="\?period=7d"[^>]* aria-label="Remove the filter: Country is Germany"', page.body.decode())
    assert link(page, "Download as CSV")[1]["f"] == ["is,country,DE"]


def test_a_list_says_how_far_it_was_searched() -> None:
    page = report_samples.visit_list(following=UNFINISHED)
    assert "Searched back to Tue 3 Nov." in text_of(page)
    assert link(page, "Search further back")[1] == {"cursor": [UNFINISHED]}
    assert "Searched back" not in text_of(report_samples.visit_list(a_visit(0), following=NEXT))
    assert visits.searched_back_to(None) is visits.searched_back_to(NEXT) is None


def test_an_empty_list_says_why() -> None:
    assert "No visits in this period." in text_of(report_samples.visit_list())
    filtered = report_samples.visit_list(query={"f": "is,country,DE"})
    assert "No visits match the filters in this period." in text_of(filtered)
    assert "There are no further visits." in text_of(report_samples.visit_list(query={"cursor": NEXT}))


def test_a_visit_tells_all_that_is_known_in_order() -> None:
    found = a_visit(2, ("/", "/about"), ("Signup",), "customer-1")
    text = text_of(report_samples.visit(found, a_visit(4), found))
    for told in (
        "Identifier customer-1", "Browser Firefox 143", "System Linux", "Screen Desktop (≥ 1440 px)",
        "Language Traditional Chinese", "Channel Direct", "Source Hacker News", "Referrer news.example",
        "utm_content &lt;b&gt;", "Country Germany", "Coordinates 52.5, 13.4", "Duration 2m 48s", "Bounce No",
    ):  # fmt: skip
        assert told in text, told
    first = text.index("21:20:00 / In sight 1m 24s Scrolled 63% Loaded in 842 ms")
    event = text.index("Event Signup /about Revenue 1,234.50 EUR Signup WWW")
    assert first < event < text.index("21:20:30 /about In sight")


def test_the_identifiers_other_visits_are_linked() -> None:
    found = a_visit(2, identifier="a,b&c")
    page = report_samples.visit(found, a_visit(4), found)
    path, query = link(page, "All visits of this identifier")
    assert path == f"../../../sites/{samples.SITE.id}/visits"
    assert query["f"] == ["is,identifier,a,b&c"]
    assert link(page, "a,b&amp;c") == (path, query)
    listed = re.findall(r'class="go" href="([^"?]*)', page.body.decode())
    assert [page_links.visit_id(one.rpartition("/")[2]) for one in listed] == [a_visit(4)["id"]]
    assert "All visits" not in text_of(report_samples.visit(a_visit(2)))


def test_what_is_not_known_of_a_visit_is_left_out_or_unknown() -> None:
    text = text_of(report_samples.visit(a_visit(1, ("/",))))
    assert "Browser Unknown" in text
    assert "Identifier None" in text
    for absent in ("Coordinates", "In sight", "Loaded in", "utm_", "Online now"):
        assert absent not in text
    assert "Sent by Pixel" in text


def test_a_view_without_a_page_is_listed() -> None:
    found = a_visit(0, ("/",))
    found["hits"][0]["page"] = None
    assert "(no path)" in text_of(report_samples.visit(found))
    assert "(no path)" in text_of(report_samples.visit_list(found))


def test_a_long_visit_says_what_its_page_leaves_out() -> None:
    page = report_samples.visit(a_visit(0, ("/",) * (visit.MAX_STEPS + 3)))
    assert page.body.count(b'<li class="view">') == visit.MAX_STEPS
    assert "and 3 more" in text_of(page)


def test_a_visit_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match="There is no such visit"):
        report_samples.visit(None)


def test_the_bars_of_the_last_minutes() -> None:
    begin = samples.NOW - timedelta(minutes=2)
    minutes = [Minute(begin + timedelta(minutes=number), number, number * 4) for number in range(3)]
    chart = realtime.bars(minutes)
    assert [(bar.clock, bar.visitors, bar.pageviews, bar.so_far) for bar in chart.bars] == [
        ("15:18", 0, 0, False), ("15:19", 1, 4, False), ("15:20", 2, 8, True),
    ]  # fmt: skip
    assert [bar.label for bar in chart.bars] == ["", "", "15:20"]
    heights = [(realtime.HEIGHT - bar.visitors_y, realtime.HEIGHT - bar.pageviews_y) for bar in chart.bars]
    assert heights == [(0, 0), (20, 80), (40, 160)]
    assert chart.bars[0].x > 0
    assert chart.bars[-1].x + chart.bars[-1].width < 100


def test_realtime_refreshes_itself_and_says_when_nobody_is_there() -> None:
    page = report_samples.last_minutes(1)
    assert f'data-refresh="{config.REALTIME_PAGE_REFRESH_S}"' in page.body.decode()
    assert "Online now 3 active in the last 5 minutes" in text_of(page)
    assert "Nobody in the last 30 minutes." in text_of(report_samples.last_minutes(0))
