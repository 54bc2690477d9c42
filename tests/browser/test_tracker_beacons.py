"""The tracker in a real browser, against an ingress that notes each request: what is sent, when, and what never is."""

from __future__ import annotations

import subprocess

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import FLAGS
from tests.browser.pages import Beacon, Ingress, Site

# The page's own word on whether it is hidden: headless Chromium shows every tab. Leaving a page hides it for real.
HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""


def kinds(beacons: list[Beacon]) -> list[str]:
    return [beacon.kind for beacon in beacons]


def stay(page: Page, ms: int) -> None:
    """Wait until `ms` more have passed on the page's own clock."""
    page.wait_for_function("until => performance.now() > until", arg=page.evaluate("performance.now()") + ms)


def test_a_page_view_is_two_requests(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/first?a=1#part")
    ingress.wait(1)
    stay(page, 300)
    page.goto("about:blank")
    view, leave = ingress.wait(2)
    assert view.body.keys() == {"idempotency", "location", "referrer", "loadTime"}
    assert view.body["location"] == f"{site.url}/first?a=1"
    assert view.body["referrer"] == ""
    assert 0 < view.body["loadTime"] < 15_000
    assert leave.body.keys() == {"idempotency", "engagement", "age"}
    assert leave.body["idempotency"] == view.body["idempotency"]
    assert 300 <= leave.body["engagement"] < 15_000
    assert 300 <= leave.body["age"] < 15_000
    assert {view.path, leave.path} == {ingress.script_path}


def test_no_browser_has_to_ask_before_it_sends(page: Page, site: Site, ingress: Ingress):
    page.goto(site.url)
    page.goto("about:blank")
    for beacon in ingress.wait(2):
        assert beacon.headers["content-type"].startswith("text/plain")
        assert "cookie" not in beacon.headers
    assert ingress.others == []


def test_nothing_is_kept_in_the_browser(page: Page, context: BrowserContext, site: Site, ingress: Ingress):
    page.goto(site.url)
    ingress.wait(1)
    assert context.cookies() == []
    assert context.storage_state()["origins"] == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_second_page_names_the_first_as_its_referrer(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/first")
    ingress.wait(1)
    page.mouse.wheel(0, 2000)
    page.click("#next")
    page.wait_for_url("**/next")
    ingress.wait(3)
    page.goto("about:blank")
    beacons = ingress.wait(4)
    views = [beacon.body for beacon in beacons if beacon.kind == "view"]
    assert [view["location"] for view in views] == [f"{site.url}/first", f"{site.url}/next"]
    assert views[1]["referrer"] == f"{site.url}/first"
    assert len({view["idempotency"] for view in views}) == 2


def test_time_in_a_hidden_tab_is_not_engagement(page: Page, site: Site, ingress: Ingress):
    page.goto(site.url)
    ingress.wait(1)
    page.evaluate(HIDE, True)
    hidden = ingress.wait(2)[1].body
    stay(page, 1000)
    page.evaluate(HIDE, True)  # hidden still: nothing to tell
    page.evaluate(HIDE, False)
    stay(page, 200)
    page.evaluate(HIDE, True)
    again = ingress.wait(3)[2].body
    page.goto("about:blank")  # the page's own leaving has nothing to add
    page.goto(f"{site.url}/other")
    assert kinds(ingress.wait(4)) == ["view", "leave", "leave", "view"]
    assert 200 <= again["engagement"] - hidden["engagement"] < 1000
    assert again["age"] - hidden["age"] >= 1200


def test_time_in_a_window_without_focus_is_not_engagement(
    page: Page, context: BrowserContext, site: Site, ingress: Ingress
):
    page.goto(site.url)
    ingress.wait(1)
    session = context.new_cdp_session(page)  # Playwright pretends that every tab has the focus
    session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    page.bring_to_front()
    page.wait_for_function("document.hasFocus()")
    other = context.new_page()
    other.bring_to_front()
    page.wait_for_function("!document.hasFocus()")
    stay(page, 2000)
    page.goto("about:blank")
    leave = ingress.wait(2)[1].body
    assert leave["age"] >= 2000
    assert leave["engagement"] <= leave["age"] - 1500


def test_a_page_left_before_it_has_loaded_is_counted(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/?slow", wait_until="domcontentloaded")
    page.goto(f"{site.url}/other")
    beacons = ingress.wait(3)
    first = next(beacon.body for beacon in beacons if beacon.body.get("location") == f"{site.url}/?slow")
    assert first["loadTime"] is None


def test_a_page_hidden_before_it_has_loaded_is_counted_once(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/?slow", wait_until="domcontentloaded")
    page.evaluate(HIDE, True)
    assert sorted(kinds(ingress.wait(2))) == ["leave", "view"]
    site.release()
    page.wait_for_load_state("load")
    page.evaluate(HIDE, False)
    page.goto("about:blank")
    assert sorted(kinds(ingress.wait(3))) == ["leave", "leave", "view"]


def test_a_tab_closed_at_once_is_counted(page: Page, site: Site, ingress: Ingress):
    page.goto(site.url, wait_until="domcontentloaded")
    page.close(run_before_unload=True)
    assert sorted(kinds(ingress.wait(2))) == ["leave", "view"]


def test_the_way_back_to_a_kept_page_is_a_view_without_a_load(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/first")
    ingress.wait(1)
    page.click("#next")
    page.wait_for_url("**/next")
    ingress.wait(3)
    page.evaluate("history.back()")
    page.wait_for_url("**/first", wait_until="commit")  # there is no load to wait for
    beacons = ingress.wait(5)
    assert page.evaluate("performance.getEntriesByType('navigation')[0].type") == "navigate", "it was loaded anew"
    assert sorted(kinds(beacons)) == ["leave", "leave", "view", "view", "view"]
    back = next(beacon.body for beacon in reversed(beacons) if beacon.kind == "view")
    assert back["location"] == f"{site.url}/first"
    assert back["loadTime"] is None
    assert back["idempotency"] != beacons[0].body["idempotency"]


def test_a_page_rendered_in_advance_counts_once_it_is_shown(chromium: str, site: Site, ingress: Ingress, tmp_path):
    # Without Playwright: Chromium renders nothing in advance in tabs it drives.
    running = subprocess.Popen(
        [chromium, *FLAGS, f"--user-data-dir={tmp_path}", f"{site.url}/first?prerender=/shown"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        beacons = ingress.wait(3)
    finally:
        running.terminate()
        running.wait(15)
    assert site.requested.count("/shown") == 1
    # The first page's leave comes before the view of the page that had long been rendered.
    assert sorted(kinds(beacons[:3])) == ["leave", "view", "view"]
    shown = next(beacon.body for beacon in beacons if beacon.body.get("location") == f"{site.url}/shown")
    assert shown["referrer"] == f"{site.url}/first?prerender=/shown"
    assert shown["loadTime"] is None or shown["loadTime"] <= 500


def test_who_asks_not_to_be_tracked_is_left_alone(browser: Browser, site: Site, ingress: Ingress):
    signals = ("navigator, 'doNotTrack', { get: () => '1' }", "navigator, 'globalPrivacyControl', { get: () => true }")
    for signal in signals:
        context = browser.new_context()
        context.add_init_script(f"Object.defineProperty({signal})")
        page = context.new_page()
        page.goto(site.url)
        page.evaluate("Shynet.newPageLoad()")  # a site may call it without asking
        page.goto("about:blank")
        context.close()
    with_tracking = browser.new_context()
    with_tracking.new_page().goto(f"{site.url}/counted")
    assert ingress.wait(1)[0].body["location"] == f"{site.url}/counted"
    with_tracking.close()


def test_pages_of_an_app_are_views_with_the_page_before_as_referrer(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/app")
    ingress.wait(1)
    page.evaluate("history.pushState({}, '', '/app/one')")
    ingress.wait(3)
    page.evaluate("history.pushState({}, '', '/app/one#part')")  # a place in the page
    page.evaluate("history.pushState({}, '', '/app/two')")
    ingress.wait(5)
    page.evaluate("history.go(-2)")
    beacons = ingress.wait(7)
    views = [beacon.body for beacon in beacons if beacon.kind == "view"]
    assert kinds(beacons).count("leave") == 3
    assert [view["location"].removeprefix(site.url) for view in views] == ["/app", "/app/one", "/app/two", "/app/one"]
    assert [view["referrer"].removeprefix(site.url) for view in views] == ["", "/app", "/app/one", "/app/two"]
    assert views[0]["loadTime"] is not None
    assert [view["loadTime"] for view in views[1:]] == [None, None, None]


def test_quick_navigation_loses_and_doubles_nothing(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/app", wait_until="domcontentloaded")
    page.evaluate("for (let n = 0; n < 10; n++) history.pushState({}, '', '/app/' + n)")
    page.goto("about:blank")
    beacons = ingress.wait(22)
    # Beacons may overtake each other on their way, so each view is looked up by its page.
    views = {beacon.body["location"].removeprefix(site.url): beacon.body for beacon in beacons if beacon.kind == "view"}
    chain = ["/app", *(f"/app/{n}" for n in range(10))]
    assert views.keys() == set(chain)
    assert [views[path]["referrer"].removeprefix(site.url) for path in chain] == ["", *chain[:-1]]
    left = {beacon.body["idempotency"] for beacon in beacons if beacon.kind == "leave"}
    assert left == {view["idempotency"] for view in views.values()}
    assert len(left) == 11


def test_a_site_may_tell_of_a_new_page_itself(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/app")
    ingress.wait(1)
    page.evaluate("Shynet.newPageLoad()")
    assert sorted(kinds(ingress.wait(3))) == ["leave", "view", "view"]
    # One that was written for Shynet tells of what routing has counted already.
    page.evaluate("history.pushState({}, '', '/app/one'); Shynet.newPageLoad()")
    page.evaluate("Shynet.newPageLoad()")
    beacons = ingress.wait(7)
    views = [beacon.body["location"].removeprefix(site.url) for beacon in beacons if beacon.kind == "view"]
    assert sorted(views) == ["/app", "/app", "/app/one", "/app/one"]


def test_a_browser_without_beacons_is_counted_too(context: BrowserContext, page: Page, site: Site, ingress: Ingress):
    context.add_init_script("navigator.sendBeacon = undefined")
    page.goto(site.url)
    ingress.wait(1)
    page.goto("about:blank")
    beacons = ingress.wait(2)
    assert kinds(beacons) == ["view", "leave"]
    assert ingress.others == []
