"""The pages behind the overview in Chromium, with and without JavaScript, of visits that are stored."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.collect import hit
from chalicelib.collect.event import encode
from chalicelib.collect.urls import Location
from chalicelib.enrich.worker import consume
from chalicelib.store.sites import Site, get_site
from tests.browser.signing_in import sign_in
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.sample_pages import Dashboard

pytestmark = pytest.mark.usefixtures("built_at_once")

_ids = itertools.count()
PAGES = 120


@pytest.fixture(scope="module")
def site(in_process: Deployed) -> Site:
    """A site with a visitor who is known by name and who was there twice, and others a few minutes ago."""
    made = get_site(Caller(in_process.base_url, in_process.api_token).new_site())
    assert made is not None
    now = datetime.now(UTC)
    view(made, now - timedelta(days=2), "/welcome", identifier="customer-1")
    view(made, now - timedelta(minutes=20), *(f"/page-{number:03}" for number in range(PAGES)), address="198.51.100.7")
    view(made, now - timedelta(minutes=2), "/", "/pricing", identifier="customer-1", referrer="https://news.example/a")
    return made


def view(
    site: Site,
    t: datetime,
    *pages: str,
    address: str = "79.192.7.1",
    identifier: str | None = None,
    referrer: str | None = None,
) -> None:
    """A visitor views pages, a tenth of a second each."""
    who = hit.client(address, FIREFOX, identifier)
    events = []
    for number, page in enumerate(pages):
        one = hit.View(f"view/{next(_ids)}", Location("example.com", page), "script", None if number else referrer)
        events.append(hit.event(site, who, round(t.timestamp() * 1000) + 100 * number, one))
    consume([encode(events)])


@pytest.fixture
def signed_in(either: Page, in_process: Deployed) -> Page:
    """A tab in which the administrator is signed in."""
    sign_in(either, in_process)
    return either


def test_from_a_card_to_its_whole_table_and_back_with_a_filter(
    signed_in: Page, in_process: Deployed, site: Site
) -> None:
    page = signed_in
    page.goto(f"{in_process.base_url}/sites/{site.id}?period=7d")
    page.get_by_role("link", name="· Pages").click()
    page.get_by_role("heading", name="Pages", level=1).wait_for()
    rows = page.get_by_role("table", name="Pages").locator("tbody tr")
    assert rows.count() == 100
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("link", name="First page").wait_for()
    assert rows.count() == PAGES + 3 - 100
    page.get_by_role("link", name="First page").click()
    page.get_by_role("searchbox").fill("PAGE-11")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Clear").wait_for()
    assert rows.count() == 10
    page.get_by_role("link", name="Page", exact=True).click()
    page.locator("th[aria-sort=ascending]").get_by_role("link", name="Page").wait_for()
    assert rows.first.inner_text().startswith("/page-110")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download as CSV").click()
    lines = saved.value.path().read_text(encoding="utf-8").splitlines()
    assert (lines[0].split(",")[0], lines[1].split(",")[0], len(lines)) == ("page", "/page-110", 11)
    page.get_by_role("link", name="/page-115").first.click()
    page.wait_for_url(f"**/sites/{site.id}?period=7d&f=is%2Cpage%2C%2Fpage-115")


def test_from_the_list_of_visits_to_a_visit_and_to_others_of_the_identifier(
    signed_in: Page, in_process: Deployed, site: Site
) -> None:
    page = signed_in
    page.goto(f"{in_process.base_url}/sites/{site.id}?period=7d")
    page.get_by_role("navigation", name="Pages of this site").get_by_role("link", name="Visits").click()
    page.wait_for_url("**/visits?period=7d")
    rows = page.get_by_role("table", name="Visits, newest first").locator("tbody tr")
    assert rows.count() == 3
    rows.first.get_by_role("link").click()
    page.get_by_role("heading", name="Visit of").wait_for()
    steps = page.get_by_role("region", name="Timeline").get_by_role("listitem")
    assert [text.split("\n")[-1] for text in steps.all_inner_texts()] == ["/", "/pricing"]
    page.get_by_text("Online now").wait_for()
    page.get_by_role("link", name="news.example/a").wait_for()
    other = page.get_by_role("table", name="Other visits").locator("tbody tr")
    assert other.count() == 1
    page.get_by_role("link", name="All visits of this identifier").click()
    page.get_by_text("Identifier is customer-1").wait_for()
    assert rows.count() == 2
    page.get_by_role("link", name="Remove the filter: Identifier is customer-1").click()
    page.get_by_text("Identifier is customer-1").wait_for(state="hidden")
    assert rows.count() == 3


def test_a_list_is_filtered_and_its_filter_changed(signed_in: Page, in_process: Deployed, site: Site) -> None:
    page = signed_in
    page.goto(f"{in_process.base_url}/sites/{site.id}/visits?period=7d")
    rows = page.get_by_role("table", name="Visits, newest first").locator("tbody tr")
    page.get_by_role("link", name="Filter", exact=True).click()
    page.get_by_role("link", name="Identifier", exact=True).click()
    page.get_by_label("Value").fill("customer-1")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/visits?period=7d&f=is%2Cidentifier%2Ccustomer-1")
    assert rows.count() == 2
    page.get_by_role("link", name="Identifier is customer-1", exact=True).click()
    page.get_by_label("Condition").select_option(label="is not")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/visits?period=7d&f=is_not%2Cidentifier%2Ccustomer-1")
    assert rows.count() == 1


def test_a_visit_that_is_not_there(signed_in: Page, in_process: Deployed, site: Site) -> None:
    answer = signed_in.goto(f"{in_process.base_url}/sites/{site.id}/visits/2026-11-24.x.y")
    assert answer is not None
    assert answer.status == 404
    signed_in.get_by_text("There is no such visit.").wait_for()


def test_who_is_there_now(signed_in: Page, in_process: Deployed, site: Site) -> None:
    page = signed_in
    page.goto(f"{in_process.base_url}/sites/{site.id}/realtime")
    assert page.locator(".figure .value").all_inner_texts() == ["1", "2", str(PAGES + 2)]
    page.get_by_role("region", name="Sources").get_by_text("news.example").wait_for()
    page.get_by_text("Show as table").click()
    minutes = page.locator(".behind tbody tr")
    assert minutes.count() == 30
    counted = [[int(cell) for cell in row.split("\t")[1:]] for row in minutes.all_inner_texts()]
    assert sum(views for _visitors, views in counted) == PAGES + 2


def test_a_click_anywhere_in_a_row_opens_the_visit(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/sites/x/visits")
    target = (page.locator("a.go").nth(1).get_attribute("href") or "").rpartition("/")[2]
    page.route(f"**/{target}", lambda route: route.fulfill(body="the visit"))
    page.get_by_role("cell", name="Direct").first.click()
    page.get_by_text("the visit", exact=True).wait_for()
    assert page.url.endswith(f"/visits/{target}")


def test_an_open_realtime_page_follows_what_happens(page: Page, dashboard: Dashboard) -> None:
    page.clock.install()
    page.goto(f"{dashboard.url}/sites/x/realtime/quiet")
    page.get_by_text("Nobody in the last 30 minutes.").first.wait_for()
    dashboard.pages["/sites/x/realtime/quiet"] = dashboard.pages["/sites/x/realtime"]
    page.clock.fast_forward(11_000)
    page.locator(".figure .value", has_text="250").wait_for()
    page.get_by_role("region", name="Countries").get_by_text("Germany").wait_for()


def test_paper_has_the_figures_and_not_the_controls(page: Page, dashboard: Dashboard) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 720, "height": 1000})
    page.goto(f"{dashboard.url}/sites/x/tables/pages")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.get_by_role("columnheader", name="%").evaluate(
        "cell => cell.getBoundingClientRect().right <= innerWidth"
    )
    for control in ("nav.pages", ".search", ".list-foot", ".step", ".open"):
        assert not page.locator(control).first.is_visible(), control
    page.goto(f"{dashboard.url}/sites/full")
    assert page.get_by_role("table", name="Browsers").is_visible()
    assert not page.get_by_text("Show as table").is_visible()
