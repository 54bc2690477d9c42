"""From a browser to the figures: a site with the dashboard's own snippet, the deployed stack, and what it shows."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from demo.traffic.client import Shylight
from tests.browser.conftest import HEADLESS_AGENT
from tests.browser.pages import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import Deployed

PATIENCE_S = 240.0


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


# ── Redirects by scripts ─────────────────────────────────────────────────────────────────────────────────────


def document(script: str) -> str:
    """A page with the snippet, a button, and a script of its own."""
    return f"<!doctype html><title>Page</title>SNIPPET<button>Go</button><script>{script}</script>"


REDIRECTS = {
    "replaceState": "setTimeout(() => history.replaceState({}, '', '/login'), 200)",
    "location.replace": "setTimeout(() => location.replace('/login'), 200)",
    "twice": "setTimeout(() => location.replace('/again'), 200)",
    "before the load": "addEventListener('DOMContentLoaded', () => setTimeout(() => { location.href = '/login' }))",
}


@pytest.mark.parametrize("script", REDIRECTS.values(), ids=REDIRECTS.keys())
def test_a_page_that_a_script_replaces_at_once_is_no_view_and_spoils_no_bounce(
    page: Page, tracked: Tracked, script: str
):
    slow = '<img src="/slow.gif">' if "DOMContentLoaded" in script else ""
    tracked.site.documents |= {"/": document(script) + slow, "/again": document(REDIRECTS["replaceState"])}
    page.goto(f"{tracked.site.url}/", referer="https://www.google.com/")
    page.wait_for_url("**/login")
    stay(page, 1500)
    page.close(run_before_unload=True)
    # The view, what it replaced and its leave arrive one by one.
    (visit,) = tracked.visits(
        lambda visits: (
            bool(visits)
            and [hit["page"] for hit in visits[0]["hits"]] == ["/login"]
            and (visits[0]["source"], visits[0]["referrer"]) == ("Google", "https://www.google.com/")
            and visits[0]["duration"] >= 1
        )
    )
    assert visit["bounce"]


NO_REDIRECTS = {
    "a click that pushes": ("", lambda page: page.click("button"), "history.pushState({}, '', '/login')"),
    "a click that replaces": ("", lambda page: page.click("button"), "history.replaceState({}, '', '/login')"),
    "a key that leads on": ("", lambda page: page.keyboard.press("x"), "location.replace('/login')"),
    "a script that pushes": ("setTimeout(() => history.pushState({}, '', '/login'), 200)", None, ""),
    "a script that waits": ("setTimeout(() => history.replaceState({}, '', '/login'), 2500)", None, ""),
}


@pytest.mark.parametrize(("script", "act", "reaction"), NO_REDIRECTS.values(), ids=NO_REDIRECTS.keys())
def test_what_a_person_does_however_quickly_is_two_views(
    page: Page, tracked: Tracked, script: str, act: Callable[[Page], None] | None, reaction: str
):
    listen = f"for (const type of ['click', 'keydown']) addEventListener(type, () => {{ {reaction} }}, {{once: true}});"
    tracked.site.documents["/"] = document(listen + script)
    page.goto(f"{tracked.site.url}/")
    if act is not None:
        act(page)
    page.wait_for_url("**/login")
    stay(page, 500)
    page.close(run_before_unload=True)
    (visit,) = tracked.views(2)
    assert [hit["page"] for hit in visit["hits"]] == ["/", "/login"]
    assert not visit["bounce"]


# ── One page ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_has_one_name_however_its_address_is_written(page: Page, tracked: Tracked):
    for path in ("/caf%C3%A9", "/caf%c3%a9", "/café", "/x/../caf%C3%A9", "/%E6%9C%8D%E5%8A%A1"):
        page.goto(tracked.site.url + path)
        tracked.visits(lambda visits: bool(visits))
        page.goto("about:blank")
    page.close()
    (visit,) = tracked.views(5)
    assert [hit["page"] for hit in visit["hits"]] == ["/café"] * 4 + ["/服务"]
    assert visit["hits"][-1]["path"] == "/%E6%9C%8D%E5%8A%A1"


def test_a_page_is_the_same_to_the_tracker_and_to_the_collector(page: Page, tracked: Tracked):
    settings = {"kept_parameters": "q page", "merge_trailing_slash": True}
    tracked.shylight._json("PATCH", f"/api/v1/sites/{tracked.id}", settings)
    wait_for_script(page, tracked, "URLSearchParams")
    page.goto(f"{tracked.site.url}/list?q=a+b&page=%c3%bc")
    same = ["/list/?page=%C3%BC&q=a%20b", "/%6cist?x=1&q=%61+b&page=ü", "/list?q=a+b&page=ü#part"]
    for path in same:
        page.evaluate("path => history.replaceState({}, '', path)", path)
        page.evaluate("path => history.pushState({}, '', path)", path)
    page.evaluate("history.pushState({}, '', '/list?q=a&page=ü')")
    page.close(run_before_unload=True)
    (visit,) = tracked.views(2)
    assert [hit["page"] for hit in visit["hits"]] == ["/list?page=ü&q=a%20b", "/list?page=ü&q=a"]


def wait_for_script(page: Page, tracked: Tracked, part: str) -> None:
    """Until the script that is served has the changed settings: half a minute at most."""
    url = re.search(r'src="([^"]+script\.js)"', tracked.site.snippet)[1]  # type: ignore[index]
    deadline = time.monotonic() + PATIENCE_S
    while part not in page.request.get(url).text():
        assert time.monotonic() < deadline
        time.sleep(1)


# ── In frames and twice ──────────────────────────────────────────────────────────────────────────────────────


def test_a_hidden_frame_and_a_second_tag_leave_a_bounce_a_bounce(page: Page, tracked: Tracked):
    hidden = "".join(
        f'<iframe src="/token" {attributes}></iframe>'
        for attributes in ('style="display: none"', 'width="1" height="1"', 'style="position: absolute; left: -9999px"')
    )
    tracked.site.documents["/"] = f"<!doctype html><title>Home</title>SNIPPET SNIPPET<p>Home{hidden}"
    page.goto(f"{tracked.site.url}/")
    stay(page, 2000)
    page.close(run_before_unload=True)
    (visit,) = tracked.views(1)
    assert [hit["page"] for hit in visit["hits"]] == ["/"]
    assert visit["bounce"]


def test_a_frame_in_sight_and_a_module_are_counted(page: Page, tracked: Tracked):
    tracked.site.documents["/"] = '<!doctype html><title>Home</title><iframe src="/inside"></iframe>'
    page.goto(f"{tracked.site.url}/")
    (visit,) = tracked.visits(lambda visits: bool(visits))
    assert [hit["page"] for hit in visit["hits"]] == ["/inside"]
    tracked.site.snippet = tracked.site.snippet.replace("<script defer", '<script type="module"')
    page.goto(f"{tracked.site.url}/module")
    page.close(run_before_unload=True)
    (visit,) = tracked.views(2)
    assert [hit["page"] for hit in visit["hits"]] == ["/inside", "/module"]
