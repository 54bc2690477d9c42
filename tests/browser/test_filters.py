"""Filters as people use them, with and without JavaScript: clicking, pills, the form, and saved segments."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

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

pytestmark = pytest.mark.usefixtures("built_at_once")

# Of the visits, in turn.
PATIENCE_MS = 60_000
REFERRERS = (None, None, None, "https://www.google.com/", "https://news.example/")


@pytest.fixture
def site(in_process: Deployed) -> Site:
    """A site with ten visits, from several sources, on several pages."""
    caller = Caller(in_process.base_url, in_process.api_token)
    made = get_site(caller.new_site())
    assert made is not None
    begin = datetime.now(UTC) - timedelta(days=2)
    sent = []
    for number in range(10):
        t = round((begin + timedelta(minutes=number)).timestamp() * 1000)
        who = hit.client(f"203.0.113.{number}", FIREFOX)
        for step in range(1 + number % 3):
            at = Location("example.com", f"/{'abc'[step]}")
            referrer = None if step else REFERRERS[number % 5]
            sent.append(hit.event(made, who, t + 5000 * step, hit.View(f"{time.time_ns()}", at, "script", referrer)))
    consume([encode(sent)])
    return made


class Overview:
    """The overview of a site in a browser."""

    def __init__(self, page: Page, stack: Deployed, site: Site) -> None:
        self.page, self.site = page, site
        page.set_default_timeout(PATIENCE_MS)
        self._caller = Caller(stack.base_url, stack.api_token)
        sign_in(page, stack)
        page.goto(f"{stack.base_url}/sites/{site.id}?period=7d")

    @property
    def filters(self) -> list[str]:
        return [value for name, value in parse_qsl(urlsplit(self.page.url).query, True) if name == "f"]

    def wait_for(self, *texts: str) -> None:
        """Wait until the page has these filters; its figures are then those of the API."""
        self.page.wait_for_url(lambda url: [v for n, v in parse_qsl(urlsplit(url).query, True) if n == "f"] == [*texts])
        self.page.get_by_text("Bounce rate").first.wait_for()
        query: list[tuple[str, object]] = [("period", "7d"), *(("f", text) for text in texts)]
        answer = self._caller.api_pairs("GET", f"/sites/{self.site.id}/stats", query)
        metrics: dict[str, Any] = answer.json()["metrics"]
        shown = [one.inner_text() for one in self.page.locator(".figure .value").all()[:3]]
        assert shown == [str(metrics[name]) for name in ("visitors", "visits", "pageviews")]

    def row(self, card: str, name: str) -> Any:
        return self.page.get_by_role("region", name=card).get_by_role("link", name=name).first

    def pill(self, text: str) -> Any:
        return self.page.get_by_role("region", name="Filters", exact=True).get_by_text(text, exact=True)


@pytest.fixture
def overview(either: Page, in_process: Deployed, site: Site) -> Overview:
    return Overview(either, in_process, site)


def test_a_click_filters_and_a_second_one_takes_it_away(overview: Overview) -> None:
    overview.wait_for()
    overview.row("Devices", "Firefox").click()
    overview.wait_for("is,browser,Firefox")
    overview.pill("Browser is Firefox").wait_for()
    row = overview.row("Devices", "Firefox")
    assert row.get_attribute("aria-current") == "true"
    row.click()
    overview.wait_for()
    overview.row("Pages", "/b").click()
    overview.wait_for("is,page,/b")
    overview.page.get_by_text("Pageviews are those of such pages only.").wait_for()
    overview.page.get_by_role("link", name="Remove the filter: Page is /b").click()
    overview.wait_for()
    overview.page.go_back(wait_until="commit")
    overview.pill("Page is /b").wait_for()
    assert overview.filters == ["is,page,/b"]
    assert overview.row("Pages", "Open /b").get_attribute("href") == "https://example.com/b"


def test_the_period_keeps_the_filters(overview: Overview) -> None:
    overview.row("Pages", "/b").click()
    overview.wait_for("is,page,/b")
    overview.page.get_by_text("Last 7 days").first.click()
    overview.page.get_by_role("link", name="Last 30 days").click()
    overview.page.wait_for_url("**/*period=30d*")
    assert overview.filters == ["is,page,/b"]


def test_a_pill_is_changed_in_its_form(overview: Overview) -> None:
    overview.row("Pages", "/b").click()
    overview.wait_for("is,page,/b")
    overview.pill("Page is /b").click()
    form = overview.page.locator(".pill form")
    form.get_by_label("Condition").select_option("is not")
    form.get_by_label("or", exact=True).fill("/c")
    form.get_by_role("button", name="Apply").click()
    overview.wait_for("is_not,page,/b", "is_not,page,/c")
    overview.pill("Page is not /b or /c").wait_for()


def test_the_form_filters_by_anything_and_says_what_is_wrong(overview: Overview) -> None:
    page = overview.page
    page.get_by_text("Filter", exact=True).click()
    page.locator(".filters").get_by_role("link", name="Visit duration").click()
    page.get_by_label("At least (seconds)").fill("many")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("alert").get_by_text("Enter numbers such as 30 or 1.5.").wait_for()
    field = page.get_by_label("At least (seconds)")
    assert (field.get_attribute("aria-invalid"), field.input_value()) == ("true", "many")
    field.fill("5")
    page.get_by_role("button", name="Apply").click()
    overview.wait_for("is,duration,5..")
    overview.pill("Visit duration 5s or more").wait_for()
    page.get_by_text("Filter", exact=True).click()
    page.get_by_role("link", name="Source", exact=True).click()
    value = page.get_by_label("Value")
    assert page.locator(f"datalist#{value.get_attribute('list')} option[value=Google]").count() == 1
    value.fill("Google")
    page.get_by_role("button", name="Apply").click()
    overview.wait_for("is,duration,5..", "is,source,Google")
    page.get_by_role("link", name="Clear all").click()
    overview.wait_for()


def test_filters_are_saved_and_applied_again(overview: Overview) -> None:
    page = overview.page
    overview.row("Pages", "/b").click()
    overview.wait_for("is,page,/b")
    page.get_by_text("Save these filters as a segment").click()
    page.get_by_label("Name of the segment").fill("Second page")
    page.get_by_role("button", name="Save segment").click()
    overview.wait_for("is,page,/b")
    page.get_by_role("link", name="Remove the filter: Page is /b").click()
    overview.wait_for()
    page.get_by_text("Filter", exact=True).click()
    page.get_by_role("link", name="Second page").click()
    overview.wait_for("is,page,/b")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_role("link", name="Manage segments").click()
    page.get_by_label("Name", exact=True).fill("Again")
    page.get_by_role("button", name="Save Second page").click()
    page.get_by_role("status").get_by_text("The segment is saved.").wait_for()
    page.get_by_role("button", name="Delete Again").click()
    page.get_by_text("No segments yet.").wait_for()


def test_nothing_matches_and_the_filters_are_cleared(overview: Overview) -> None:
    overview.page.goto(re.sub(r"\?.*", "?period=7d&f=is,page,/nowhere", overview.page.url))
    overview.wait_for("is,page,/nowhere")
    overview.page.get_by_role("heading", name="No visits match").wait_for()
    overview.page.get_by_role("link", name="Clear filters").click()
    overview.wait_for()


def test_shift_excludes(page: Page, in_process: Deployed, site: Site) -> None:
    overview = Overview(page, in_process, site)
    overview.row("Pages", "/b").click(modifiers=["Shift"])
    overview.wait_for("is_not,page,/b")
    overview.page.get_by_role("link", name="Remove the filter").click()
    overview.wait_for()
    overview.row("Pages", "/b").click()
    overview.wait_for("is,page,/b")
    overview.row("Pages", "/b").click(modifiers=["Shift"])  # of a row by which the page is filtered
    overview.wait_for("is_not,page,/b")


def test_the_form_opens_in_the_menu_with_a_script(page: Page, in_process: Deployed, site: Site) -> None:
    overview = Overview(page, in_process, site)
    page.get_by_text("Filter", exact=True).click()
    page.get_by_role("link", name="Hostname").click()
    page.locator(".filters").get_by_label("Value").wait_for()
    assert overview.page.url.endswith("?period=7d")
    assert page.locator(".filters").get_by_label("Value").evaluate("element => element === document.activeElement")
    page.locator(".filters").get_by_role("link", name="Filter by something else").click()
    page.locator(".filters").get_by_role("link", name="Weekday").wait_for()
