"""From a browser to the figures: a site with the dashboard's own snippet, the deployed stack, and what it shows."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from localstack.traffic.shylight import Shylight
from tests.browser.conftest import HEADLESS_AGENT
from tests.browser.pages import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import Deployed

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Tracked:
    """A site that is tracked by the stack."""

    id: str
    shylight: Shylight
    site: Site

    def visits(self, condition: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Its visits, oldest first, once they meet a condition."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found = self.shylight.visits(self.id, period="7d")[::-1]
            if condition(found):
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.2)

    def views(self, count: int) -> list[dict[str, Any]]:
        """Its visits, once they have `count` views, all of them left."""

        def complete(visits: list[dict[str, Any]]) -> bool:
            hits = [hit for visit in visits for hit in visit["hits"]]
            return len(hits) >= count and all(hit["engagement"] is not None for hit in hits)

        return self.visits(complete)


def sign_in(page: Page, stack: Deployed) -> None:
    page.goto(f"{stack.base_url}/sign-in")
    page.fill("input[name=email]", stack.admin_email)
    page.fill("input[name=password]", stack.admin_password)
    page.click("button[type=submit]")
    page.wait_for_url("**/sites")


@pytest.fixture
def tracked(stack: Deployed, browser: Browser) -> Iterator[Tracked]:
    """A new site, whose pages have the snippet that its empty overview shows."""
    shylight = Shylight(stack.base_url, stack.api_token)
    id_ = shylight.create_site("Browser", "127.0.0.1", "Europe/Berlin")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stack)
    page.goto(f"{stack.base_url}/sites/{id_}")
    found = re.search(r"&lt;script.*?&lt;/noscript&gt;", page.content(), re.DOTALL)
    context.close()
    assert found, "the empty overview shows no snippet"
    site = Site(html.unescape(found[0]))
    yield Tracked(id_, shylight, site)
    site.close()


def stay(page: Page, ms: int) -> None:
    page.wait_for_function("until => performance.now() > until", arg=page.evaluate("performance.now()") + ms)


def test_a_visit_arrives_with_its_pages_times_and_referrer(page: Page, tracked: Tracked):
    page.goto(f"{tracked.site.url}/first?q=1#part", referer="https://www.google.com/search?q=lighthouse")
    page.mouse.wheel(0, 2000)
    stay(page, 1500)
    page.click("#next")
    page.wait_for_url("**/next")
    stay(page, 500)
    page.close(run_before_unload=True)
    (visit,) = tracked.views(2)
    first, second = visit["hits"]
    assert (first["page"], second["page"]) == ("/first", "/next")
    assert 1.5 <= first["engagement"] < 20
    assert 0.5 <= second["engagement"] < 20
    assert 0 < first["load_time"] < 20_000
    assert 0 < second["load_time"] < 20_000
    assert first["referrer"] == "https://www.google.com/search"
    assert second["referrer"] == f"{tracked.site.url}/first"
    assert (visit["referrer"], visit["source"]) == ("https://www.google.com/search", "Google")
    assert not visit["bounce"]
    assert 1.5 <= visit["duration"] < 60
    assert (visit["browser"], visit["system"], visit["device_type"]) == ("Chrome", "Linux", "desktop")
    assert {hit["tracker"] for hit in visit["hits"]} == {"script"}


def test_a_tab_closed_at_once_is_a_visit(page: Page, tracked: Tracked):
    page.goto(f"{tracked.site.url}/first", wait_until="domcontentloaded")
    page.close(run_before_unload=True)
    (visit,) = tracked.views(1)
    assert visit["bounce"]
    assert [hit["page"] for hit in visit["hits"]] == ["/first"]


def test_an_app_its_kept_pages_and_a_named_visitor_arrive(page: Page, tracked: Tracked):
    tracked.site.snippet = tracked.site.snippet.replace('script.js"', 'script.js?options" data-404')
    page.goto(f"{tracked.site.url}/app")
    page.evaluate("shylight('identify', 'user-4711'); shylight('Signup', {props: {plan: 'pro'}})")
    page.evaluate("history.pushState({}, '', '/app/one'); history.replaceState({}, '', '/app/one?sorted=1')")
    page.click("#next")
    page.wait_for_url("**/next")
    page.evaluate("history.back()")
    page.wait_for_url("**/app/one?sorted=1", wait_until="commit")
    stay(page, 200)
    page.close(run_before_unload=True)
    (visit,) = tracked.views(4)
    assert sorted(hit["page"] for hit in visit["hits"]) == ["/app", "/app/one", "/app/one", "/next"]
    assert visit["identifier"] == "user-4711"
    assert [hit["load_time"] is not None for hit in visit["hits"] if hit["page"].startswith("/app")].count(True) == 1
    assert all(0 < hit["scroll"] <= 100 for hit in visit["hits"] if "scroll" in hit)
    plans = tracked.shylight._json("GET", f"/api/v1/sites/{tracked.id}/events?name=Signup&property=plan")
    assert "pro" in str(plans)


def test_without_scripts_the_pixel_counts(browser: Browser, tracked: Tracked):
    context = browser.new_context(java_script_enabled=False)
    context.new_page().goto(f"{tracked.site.url}/first")
    (visit,) = tracked.visits(lambda visits: bool(visits))
    assert [hit["tracker"] for hit in visit["hits"]] == ["pixel"]
    context.close()


def test_headless_chromium_is_kept_apart_as_a_robot(browser: Browser, page: Page, tracked: Tracked):
    robot = browser.new_context(user_agent=HEADLESS_AGENT)
    robot.new_page().goto(f"{tracked.site.url}/by-a-robot")
    robot.close()
    page.goto(f"{tracked.site.url}/by-a-person")
    page.close(run_before_unload=True)
    (visit,) = tracked.views(1)
    assert [hit["page"] for hit in visit["hits"]] == ["/by-a-person"]


def test_the_dashboard_shows_it_without_javascript(stack: Deployed, browser: Browser, page: Page, tracked: Tracked):
    page.goto(f"{tracked.site.url}/first", referer="https://duckduckgo.com/")
    page.click("#next")
    page.wait_for_url("**/next")
    page.close(run_before_unload=True)
    tracked.views(2)
    plain = browser.new_context(java_script_enabled=False)
    dashboard = plain.new_page()
    sign_in(dashboard, stack)
    dashboard.goto(f"{stack.base_url}/sites/{tracked.id}?period=today")
    shown = {
        name: dashboard.locator(f".figure.{name} dd.value").inner_text()
        for name in ("visitors", "visits", "pageviews", "bounce_rate")
    }
    assert shown == {"visitors": "1", "visits": "1", "pageviews": "2", "bounce_rate": "0.0%"}
    text = dashboard.locator("main").inner_text()
    for expected in ("/first", "/next", "DuckDuckGo", "Chrome", "Linux"):
        assert expected in text
    plain.close()
