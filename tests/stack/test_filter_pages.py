"""The overview with filters: each row leads to the figures that the API gives for its filter, and back again."""

from __future__ import annotations

import itertools
import json
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from chalicelib.collect import hit
from chalicelib.collect.event import encode
from chalicelib.collect.urls import Location
from chalicelib.enrich.worker import consume
from chalicelib.store.sites import Site, get_site
from infra.http_client import Answer
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller
from tests.stack.people import Browser

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"  # noqa: E501
GERMAN, OTHER = "79.192.7.", "203.0.113."
# Pages with odd characters, of every length; hosts in punycode; referrers; tags of campaigns in two spellings.
PAGES = (
    "/", "/a,b", "/a&f=is,page,/", '/"><b>', "/%2F#?", "/服务", "/x" + "y" * 480, "/z" * 1010, "/'; --", "/a b",
)  # fmt: skip
HOSTS = ("example.com", "xn--mnchen-3ya.example")
REFERRERS = (None, "https://www.google.com/", "https://xn--mnchen-3ya.example/a?b,c", "https://news.example/")
IDENTIFIERS = ("", "ada@example.com", "a,b,<c>")
_ids = itertools.count()

pytestmark = pytest.mark.usefixtures("built_at_once")


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


def send_visits(site: Site) -> None:
    """Sixty visits, in which everything has several values."""
    draw = random.Random(11)
    begin = datetime.now(UTC) - timedelta(days=3)
    sent = []
    for number in range(60):
        t = round((begin + timedelta(minutes=number)).timestamp() * 1000)
        who = hit.client(
            f"{draw.choice((GERMAN, OTHER))}{number + 1}", draw.choice((FIREFOX, CHROME, PHONE)),
            draw.choice(IDENTIFIERS), language=draw.choice(("de", "zh-tw", None)),
        )  # fmt: skip
        referrer, campaign = draw.choice(REFERRERS), draw.choice((None, "Spring", "SPRING"))
        for step in range(draw.randint(1, 4)):
            at = Location(draw.choice(HOSTS), draw.choice(PAGES), utm_campaign=campaign)
            view = hit.View(
                f"v{next(_ids)}", at, "script", None if step else referrer, screen=draw.choice(("mobile", None))
            )
            sent.append(hit.event(site, who, t + step * 7000, view))
            if draw.random() < 0.4:
                name = draw.choice(("signup", "a,b"))
                sent.append(hit.event(site, who, t + step * 7000 + 1, hit.CustomEvent(
                    f"e{next(_ids)}", name, at, "script", props=json.dumps({"plan": draw.choice(("pro", "a,b"))})
                )))  # fmt: skip
    consume([encode(sent)])


@pytest.fixture(scope="module")
def site(stack: Deployed) -> Site:
    """A site with visits."""
    caller = Caller(stack.base_url, stack.api_token)
    made = get_site(caller.new_site())
    assert made is not None
    send_visits(made)
    return made


@pytest.fixture(scope="module")
def viewer(stack: Deployed) -> Browser:
    browser = Browser(stack.base_url)
    assert browser.sign_in(stack.admin_email, stack.admin_password).status == 303
    return browser


@dataclass
class Link:
    href: str
    active: bool


class Page(HTMLParser):
    """What a page says of visitors, visits and page views, and the links of its rows, with the rows' figures."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        assert answer.status == 200, answer.body[-2000:]
        self.body = answer.body.decode()
        self.rows: list[tuple[Link, str]] = []
        self.links: list[Link] = []
        self.pills = re.findall(r'<summary title="[^"]*">(?:<svg.*?</svg>)?<bdi>([^<]*)</bdi></summary>', self.body)
        self.feed(self.body)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "a" and given.get("class") == "filter":
            self.links.append(Link(given["href"] or "", "aria-current" in given))

    @property
    def figures(self) -> list[str]:
        return re.findall(r'<dd class="value"[^>]*>([^<]+)</dd>', self.body)[:3]


def open_page(viewer: Browser, site: Site, href: str) -> Page:
    return Page(viewer.get(f"/sites/{site.id}{href}"))


def figures_of_api(caller: Caller, site: Site, href: str) -> list[str]:
    answer = caller.api_pairs(
        "GET", f"/sites/{site.id}/stats", parse_qsl(href.removeprefix("?"), keep_blank_values=True)
    )
    metrics: dict[str, Any] = answer.json()["metrics"]
    return [f"{metrics[name]:,}" for name in ("visitors", "visits", "pageviews")]


def filters_in(href: str) -> list[str]:
    return [value for name, value in parse_qsl(href.removeprefix("?"), keep_blank_values=True) if name == "f"]


def one_of_each_field_and_every_page(links: list[Link]) -> list[Link]:
    texts = {filters_in(link.href)[0]: link for link in links}
    last = {text.split(",")[1]: link for text, link in texts.items()}
    return [link for text, link in texts.items() if text.startswith("is,page,") or link is last[text.split(",")[1]]]


def test_each_row_leads_to_what_the_api_gives_for_its_filter_and_back(
    viewer: Browser, caller: Caller, site: Site
) -> None:
    whole = open_page(viewer, site, "?period=7d")
    assert whole.figures == figures_of_api(caller, site, "?period=7d")
    names = {filters_in(link.href)[0].split(",")[1] for link in whole.links}
    assert {
        "page",
        "entry_page",
        "hostname",
        "referrer",
        "source",
        "campaign",
        "language",
        "event",
        "identifier",
    } <= names
    longest = [text for link in whole.links for text in filters_in(link.href) if len(text) > 2000]
    assert longest == []  # the page of 2,020 characters has no link
    for link in one_of_each_field_and_every_page(whole.links):
        (text,) = filters_in(link.href)
        filtered = open_page(viewer, site, link.href)
        assert filtered.figures == figures_of_api(caller, site, link.href), text
        assert int(filtered.figures[0].replace(",", "")) > 0, text
        assert len(filtered.pills) == 1
        same = [other for other in filtered.links if other.active]
        assert same, text  # the row is there, and takes the filter away
        assert {other.href for other in same} == {"?period=7d"}, text


def test_twenty_random_clicks_show_what_the_api_says(viewer: Browser, caller: Caller, site: Site) -> None:
    draw = random.Random(20)
    href = "?period=7d"
    for _ in range(20):
        page = open_page(viewer, site, href)
        assert page.figures == figures_of_api(caller, site, href), href
        if not page.links:  # nothing matches
            href = "?period=7d"
            continue
        link = draw.choice(page.links)
        href = link.href
        if not link.active and draw.random() < 0.3:  # as Shift does
            href = re.sub(r"f=is(%2C[^&]*)$", r"f=is_not\1", href)


def test_the_form_leads_to_the_filtered_page(viewer: Browser, caller: Caller, site: Site) -> None:
    path = f"/sites/{site.id}/filter"
    for given in (
        {"dimension": "country", "value": "germany"},
        {"dimension": "page", "operator": "contains", "value": "/a"},
        {"dimension": "duration", "least": "7", "most": ""},
        {"dimension": "prop:plan", "operator": "is_not", "value": "pro"},
        {"dimension": "campaign", "value": "spring"},
        {"dimension": "source", "value": "", "empty": "yes"},
    ):
        answer = viewer.get(f"{path}?{urlencode({'period': '7d', 'apply': '1', **given})}")
        assert answer.status == 303, given
        where = viewer.where(path, answer)
        assert where.startswith(f"/sites/{site.id}?period=7d&f=")
        href = where.removeprefix(f"/sites/{site.id}")
        assert open_page(viewer, site, href).figures == figures_of_api(caller, site, href)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [("page", "/服务"), ("hostname", "münchen.example"), ("event", "a,b"), ("identifier", "a,b,&lt;c&gt;"),
     ("prop:plan", "pro"), ("language", "Traditional Chinese")],
)  # fmt: skip
def test_values_of_the_sites_data_are_suggested(viewer: Browser, site: Site, name: str, suggestion: str) -> None:
    body = viewer.get(f"/sites/{site.id}/filter?{urlencode({'period': '7d', 'dimension': name})}").body.decode()
    assert suggestion in re.findall(r'<option value="([^"]*)">', body)


def test_a_mistake_is_told_on_the_page_of_the_form(viewer: Browser, site: Site) -> None:
    answer = viewer.get(f"/sites/{site.id}/filter?period=7d&dimension=views&apply=1&least=many&most=")
    assert answer.status == 400
    assert 'aria-invalid="true"' in answer.body.decode()
    assert viewer.get(f"/sites/{site.id}/filter?dimension=nothing").status == 400
    assert viewer.get(f"/sites/{site.id}/filter?f=nonsense").status == 400
