"""The tracker in a real browser, against an ingress that notes each request: what is sent, when, and what never is."""

from __future__ import annotations

import subprocess
import time

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from chalicelib.collect.tracker_script import script_of
from chalicelib.store.sites import Site as Settings
from harness.chromium import FLAGS
from tests.browser.pages import Beacon, Ingress, Site, views

# The page's own word on whether it is hidden: headless Chromium shows every tab. Leaving a page hides it for real.
HIDE = """(hidden) => {
    if (hidden) Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    else delete document.hidden; // what the browser says itself: it hides a page that is left
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
BACKGROUND = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })"
# What Safari had before 26.2 and Firefox before 147, and how Safari left pages before 14.
NO_NAVIGATION_API = "Object.defineProperty(window, 'navigation', { value: undefined })"
NO_VISIBILITYCHANGE = "addEventListener('visibilitychange', (event) => event.stopImmediatePropagation(), true)"


def kinds(beacons: list[Beacon]) -> list[str]:
    return [beacon.kind for beacon in beacons]


def stay(page: Page, ms: int) -> None:
    """Wait until `ms` more have passed on the page's own clock."""
    page.wait_for_function("until => performance.now() > until", arg=page.evaluate("performance.now()") + ms)


def clock(page: Page) -> float:
    """The time on the page's own clock, ms: on a busy machine a wait may last much longer than it has to."""
    return float(page.evaluate("performance.now()"))


def pages(beacons: list[Beacon], site: Site) -> list[str]:
    """The pages that are counted, sorted: beacons may overtake each other on their way."""
    return sorted(body["location"].removeprefix(site.url) for body in views(beacons).values())


def referrers(beacons: list[Beacon], site: Site) -> dict[str, str]:
    """Page -> referrer, of views of different pages."""
    return {
        body["location"].removeprefix(site.url): body["referrer"].removeprefix(site.url)
        for body in views(beacons).values()
    }


@pytest.fixture(params=["", NO_NAVIGATION_API], ids=["Navigation API", "History API"])
def app(request: pytest.FixtureRequest, page: Page, site: Site, ingress: Ingress) -> Page:
    """A tab with an app in it, whose first page is counted."""
    page.add_init_script(request.param)
    page.goto(f"{site.url}/app")
    ingress.wait(1)
    return page


# ── A page ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_view_is_two_requests(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/first?a=1#part")
    ingress.wait(1)
    stay(page, 300)
    page.goto("about:blank")
    view, leave = ingress.wait(2)
    assert view.body.keys() == {"idempotency", "location", "referrer", "innerWidth", "age"}
    assert view.body["innerWidth"] == page.evaluate("innerWidth")
    assert view.body["location"] == f"{site.url}/first?a=1"
    assert view.body["referrer"] == ""
    assert view.body["age"] < 100
    assert leave.body["idempotency"] == view.body["idempotency"]
    assert leave.body["location"] == "", "a view that was confirmed need not be told again"
    assert 300 <= leave.body["engagement"] < 15_000
    assert 300 <= leave.body["age"] < 15_000
    assert 0 < leave.body["loadTime"] < 15_000
    assert {view.path, leave.path} == {ingress.script_path}


def test_no_browser_has_to_ask_before_it_sends(page: Page, site: Site, ingress: Ingress):
    page.goto(site.url)
    page.goto("about:blank")
    for beacon in ingress.wait(2):
        assert beacon.headers["content-type"].startswith("text/plain")
        assert "cookie" not in beacon.headers
    assert ingress.others == []


def test_nothing_is_kept_in_the_browser(page: Page, context: BrowserContext, site: Site, ingress: Ingress):
    site.snippet = ingress.tag("data-outbound data-downloads data-404", "?options")
    page.goto(site.url)
    page.evaluate("shylight('Signup', {props: {plan: 'pro'}}); shylight('identify', 'user-4711')")
    page.evaluate("history.pushState({}, '', '/next')")
    ingress.wait(5)
    assert context.cookies() == []
    assert context.storage_state(indexed_db=True)["origins"] == []
    kept = "[document.cookie, window.name, localStorage.length, sessionStorage.length, history.state]"
    assert page.evaluate(kept) == ["", "", 0, 0, {}]


def test_a_second_page_names_the_first_as_its_referrer(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/first")
    ingress.wait(1)
    page.click("#next")
    page.wait_for_url("**/next")
    assert referrers(ingress.wait(3), site) == {"/first": "", "/next": "/first"}


@pytest.mark.parametrize("scrolled", [0, 1000, 1e6])
def test_how_far_down_a_page_was_seen(page: Page, site: Site, ingress: Ingress, scrolled: float):
    page.goto(site.url)
    ingress.wait(1)
    page.evaluate("y => new Promise(done => { onscroll = done; scrollTo(0, y); y || done() })", scrolled)
    height, window = page.evaluate("[document.documentElement.scrollHeight, innerHeight]")
    page.evaluate("scrollTo(0, 0)")
    page.goto("about:blank")
    seen = min(scrolled + window, height) / height
    assert ingress.wait(2)[1].body["scroll"] == pytest.approx(100 * seen, abs=0.1)


# ── Time in sight ────────────────────────────────────────────────────────────────────────────────────────────


def test_time_in_a_hidden_tab_is_not_engagement(page: Page, site: Site, ingress: Ingress):
    page.goto(site.url)
    ingress.wait(1)
    page.evaluate(HIDE, True)
    hidden = ingress.wait(2)[1].body
    stay(page, 1000)
    page.evaluate(HIDE, True)  # hidden still: nothing to tell
    shown_at = clock(page)
    page.evaluate(HIDE, False)
    stay(page, 200)
    page.evaluate(HIDE, True)
    shown_for = clock(page) - shown_at
    again = ingress.wait(3)[2].body
    page.goto("about:blank")  # the page's own leaving has nothing to add
    page.goto(f"{site.url}/other")
    assert kinds(ingress.wait(4)) == ["view", "leave", "leave", "view"]
    assert 200 <= again["engagement"] - hidden["engagement"] <= shown_for + 1
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


def test_a_tab_opened_in_the_background_is_a_view_once_it_is_looked_at(page: Page, site: Site, ingress: Ingress):
    page.add_init_script(BACKGROUND)
    page.goto(f"{site.url}/never-seen")
    page.goto(f"{site.url}/seen", referer=f"{site.url}/from")
    stay(page, 500)
    shown_at = clock(page)
    page.evaluate(HIDE, False)
    stay(page, 200)
    page.evaluate(HIDE, True)
    shown_for = clock(page) - shown_at
    view, leave = ingress.wait(2)
    assert view.body["location"] == f"{site.url}/seen"
    assert view.body["referrer"] == f"{site.url}/from"
    assert 200 <= leave.body["engagement"] <= shown_for + 1
    assert "loadTime" not in leave.body, "nobody waited for it"


# ── Leaving ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_left_before_it_has_loaded_is_counted(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/?slow", wait_until="domcontentloaded")
    page.goto(f"{site.url}/other")
    beacons = ingress.wait_until(lambda found: len(views(found)) == 2 and "leave" in kinds(found), "two views")
    assert pages(beacons, site) == ["/?slow", "/other"]
    assert not any("loadTime" in beacon.body for beacon in beacons)


def test_a_page_hidden_before_it_has_loaded_is_counted_once(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/?slow", wait_until="domcontentloaded")
    page.evaluate(HIDE, True)
    assert sorted(kinds(ingress.wait(2))) == ["leave", "view"]
    site.release()
    page.wait_for_load_state("load")
    page.evaluate(HIDE, False)
    page.goto("about:blank")
    beacons = ingress.wait(3)
    assert sorted(kinds(beacons)) == ["leave", "leave", "view"]
    assert len(views(beacons)) == 1


def test_a_tab_closed_at_once_is_counted_once(page: Page, site: Site, ingress: Ingress):
    page.goto(site.url, wait_until="domcontentloaded")
    page.close(run_before_unload=True)
    beacons = ingress.wait(2)
    assert sorted(kinds(beacons)) == ["leave", "view"]
    assert len(views(beacons)) == 1


def test_a_tab_closed_while_it_loads_is_counted_once(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/?slow", wait_until="domcontentloaded")
    page.close(run_before_unload=True)  # Chromium may end such a page without telling it
    assert len(views(ingress.wait_until(lambda found: bool(views(found)), "a view"))) == 1


def test_a_browser_that_does_not_hide_what_it_leaves_says_so_once(page: Page, site: Site, ingress: Ingress):
    page.add_init_script(NO_VISIBILITYCHANGE)
    page.goto(f"{site.url}/first")
    ingress.wait(1)
    page.click("#next")
    page.wait_for_url("**/next")
    assert kinds(ingress.wait(3)).count("leave") == 1


@pytest.mark.parametrize("browser_lacks", ["", NO_VISIBILITYCHANGE], ids=["Chromium", "no visibilitychange"])
def test_the_way_back_to_a_kept_page_is_a_view_without_a_load(
    page: Page, site: Site, ingress: Ingress, browser_lacks: str
):
    page.add_init_script(browser_lacks)
    page.goto(f"{site.url}/first", referer="https://search.example/")
    ingress.wait(1)
    page.click("#next")
    page.wait_for_url("**/next")
    ingress.wait(3)
    stay(page, 1000)
    back_at = time.monotonic()
    page.evaluate("history.back()")
    page.wait_for_url("**/first", wait_until="commit")  # there is no load to wait for
    ingress.wait(5)
    assert page.evaluate("performance.getEntriesByType('navigation')[0].type") == "navigate", "it was loaded anew"
    page.goto("about:blank")
    beacons = ingress.wait(6)
    back_for = (time.monotonic() - back_at) * 1000
    first, _, back = (body for body in views(beacons).values())
    assert (back["location"], back["referrer"]) == (f"{site.url}/first", "https://search.example/")
    assert back["idempotency"] != first["idempotency"]
    leaves = [beacon.body for beacon in beacons if beacon.kind == "leave"]
    assert "loadTime" in leaves[0]
    assert "loadTime" not in leaves[-1]
    assert leaves[-1]["idempotency"] == back["idempotency"]
    assert leaves[-1]["engagement"] <= back_for, "the time on the other page is not this one's"


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
    assert referrers(beacons, site)["/shown"] == "/first?prerender=/shown"
    shown = next(body for body in views(beacons).values() if body["location"].endswith("/shown"))
    assert shown["age"] < 500
    assert "loadTime" not in shown


# ── Pages of an app ──────────────────────────────────────────────────────────────────────────────────────────


def test_pages_of_an_app_are_views_with_the_page_before_as_referrer(app: Page, site: Site, ingress: Ingress):
    app.evaluate("history.pushState({}, '', '/app/one')")
    ingress.wait(3)
    app.evaluate("history.pushState({}, '', '/app/one#part')")  # a place in the page
    app.evaluate("history.pushState({}, '', '/app/two')")
    ingress.wait(5)
    app.evaluate("history.go(-2)")
    app.wait_for_url("**/app/one")
    beacons = ingress.wait(7)
    assert kinds(beacons).count("leave") == 3
    assert pages(beacons, site) == ["/app", "/app/one", "/app/one", "/app/two"]
    chain = [(body["referrer"], body["location"]) for body in views(beacons).values()]
    assert sorted((before.removeprefix(site.url), here.removeprefix(site.url)) for before, here in chain) == [
        ("", "/app"), ("/app", "/app/one"), ("/app/one", "/app/two"), ("/app/two", "/app/one"),
    ]  # fmt: skip
    first, *others = (beacon.body for beacon in beacons if beacon.kind == "leave")
    assert first["loadTime"] > 0
    assert not any("loadTime" in leave for leave in others)


def test_quick_navigation_loses_and_doubles_nothing(app: Page, site: Site, ingress: Ingress):
    app.evaluate("for (let n = 0; n < 10; n++) history.pushState({}, '', '/app/' + n)")
    app.goto("about:blank")
    beacons = ingress.wait(22)
    chain = ["/app", *(f"/app/{n}" for n in range(10))]
    assert pages(beacons, site) == chain
    assert referrers(beacons, site) == dict(zip(chain, ["", *chain[:-1]], strict=True))
    left = [beacon.body["idempotency"] for beacon in beacons if beacon.kind == "leave"]
    assert sorted(left) == sorted(views(beacons))


def test_an_address_that_is_only_tidied_up_is_no_view_and_another_page_is_one(app: Page, site: Site, ingress: Ingress):
    app.evaluate("history.replaceState({}, '', '/app')")
    app.evaluate("history.replaceState({}, '', '/app?utm_source=mail')")
    app.evaluate("history.pushState({}, '', '/app?tab=2')")
    app.evaluate("history.replaceState({}, '', '/app#part')")
    app.evaluate("location.hash = 'other'")
    app.evaluate("history.replaceState({}, '', '/app/signed-in?step=1')")
    beacons = ingress.wait(3)
    assert pages(beacons, site) == ["/app", "/app/signed-in?step=1"]
    assert referrers(beacons, site)["/app/signed-in?step=1"] == "/app"


def test_a_router_on_the_navigation_api_is_followed(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/app")
    ingress.wait(1)
    page.evaluate("navigation.addEventListener('navigate', (event) => event.intercept())")
    page.click("#next")
    beacons = ingress.wait(3)
    assert site.requested.count("/next") == 0, "it was loaded"
    assert referrers(beacons, site) == {"/app": "", "/next": "/app"}


def test_what_an_app_shows_while_nobody_looks_is_a_view_once_it_is_seen(app: Page, site: Site, ingress: Ingress):
    app.evaluate(HIDE, True)
    app.evaluate("history.pushState({}, '', '/app/passed')")
    app.evaluate("history.pushState({}, '', '/app/signed-out')")
    app.evaluate(HIDE, False)
    assert pages(ingress.wait(3), site) == ["/app", "/app/signed-out"]


def test_a_site_may_tell_of_a_new_page_itself(app: Page, site: Site, ingress: Ingress):
    app.evaluate("Shynet.newPageLoad()")
    assert sorted(kinds(ingress.wait(3))) == ["leave", "view", "view"]
    # One that was written for Shynet tells of what routing has counted already.
    app.evaluate("history.pushState({}, '', '/app/one'); Shynet.newPageLoad()")
    app.evaluate("Shynet.newPageLoad()")
    assert pages(ingress.wait(7), site) == ["/app", "/app", "/app/one", "/app/one"]


def test_fragments_and_parameters_are_pages_where_the_settings_say_so(page: Page, site: Site, ingress: Ingress):
    ingress.settings = Settings("", "", "", hash_routing=True, kept_parameters="q")
    page.goto(f"{site.url}/app#/one")
    ingress.wait(1)
    page.evaluate("location.hash = '/two'")
    ingress.wait(3)
    page.evaluate("history.replaceState({}, '', '?q=lamp&utm_source=mail#/two')")
    ingress.wait(5)
    page.evaluate("history.replaceState({}, '', '?q=lamp#/two')")  # tidied up
    page.evaluate("history.pushState({}, '', '/other#part')")
    assert pages(ingress.wait(7), site) == [
        "/app#/one", "/app#/two", "/app?q=lamp&utm_source=mail#/two", "/other#part",
    ]  # fmt: skip


# ── What goes wrong ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_view_that_is_refused_for_now_is_sent_once_more_with_its_id(page: Page, site: Site, ingress: Ingress):
    ingress.answers = [503]
    page.goto(site.url)
    first, again = ingress.wait(2)
    assert again.body == first.body
    page.goto("about:blank")
    leave = ingress.wait(3)[2]
    assert leave.kind == "leave"
    assert not leave.tells_of_a_view, "the second was taken"


def test_a_view_that_is_refused_twice_is_told_again_by_its_leave(page: Page, site: Site, ingress: Ingress):
    ingress.answers = [503, 503]
    page.goto(site.url)
    first, second = ingress.wait(2)
    page.goto("about:blank")
    leave = ingress.wait(3)[2]
    assert leave.tells_of_a_view
    assert len(views([first, second, leave])) == 1
    assert {**first.body, **leave.body} == leave.body, "it carries all of the view"


def test_what_is_refused_for_good_is_not_sent_again(page: Page, site: Site, ingress: Ingress):
    ingress.answers = [403]
    page.goto(site.url)
    stay(page, 6000)
    page.goto("about:blank")
    assert kinds(ingress.wait(2)) == ["view", "leave"]


def test_a_page_read_without_a_line_is_counted_when_the_line_is_back(
    page: Page, context: BrowserContext, site: Site, ingress: Ingress
):
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.url}/app")
    ingress.wait(1)
    context.set_offline(True)
    page.evaluate("history.pushState({}, '', '/app/offline')")
    stay(page, 500)
    context.set_offline(False)
    beacons = ingress.wait(3)
    assert pages(beacons, site) == ["/app", "/app/offline"]
    assert [beacon.body["engagement"] > 0 for beacon in beacons if beacon.kind == "leave"] == [True]
    assert complaints == []


# ── What a site may say ──────────────────────────────────────────────────────────────────────────────────────


def test_events_carry_their_page_properties_and_revenue(page: Page, site: Site, ingress: Ingress):
    page.goto(f"{site.url}/shop?a=1#part")
    ingress.wait(1)
    page.evaluate("shylight('Order', {props: {plan: 'pro'}, revenue: {amount: 9.5, currency: 'EUR'}})")
    event = ingress.wait(2)[1].body
    assert event["event"] == "Order"
    assert event["props"] == {"plan": "pro"}
    assert event["revenue"] == {"amount": 9.5, "currency": "EUR"}
    assert event["location"] == f"{site.url}/shop?a=1"
    assert event["idempotency"]


def test_a_call_without_a_proper_name_is_no_view(page: Page, site: Site, ingress: Ingress):
    page.goto(site.url)
    ingress.wait(1)
    page.evaluate("shylight(); shylight(404); shylight(null)")
    beacons = ingress.wait(4)
    assert sorted(beacon.body.get("event", "") for beacon in beacons) == ["", "404", "null", "undefined"]


def test_calls_from_before_the_tracker_was_loaded_are_not_lost(page: Page, site: Site, ingress: Ingress):
    early = "(...call) => (shylight.q = shylight.q || []).push(call)"
    site.snippet += f"<script>window.shylight = window.shylight || ({early}); shylight('identify', 'user-4711'); "
    site.snippet += "shylight('Early', {props: {n: 1}})</script>"
    page.goto(site.url)
    page.evaluate("shylight('Late')")
    beacons = ingress.wait(3)
    assert sorted(beacon.body.get("event", "") for beacon in beacons) == ["", "Early", "Late"]
    early_event = next(beacon.body for beacon in beacons if beacon.body.get("event") == "Early")
    assert early_event["props"] == {"n": 1}
    assert early_event["identifier"] == "user-4711"


def test_a_visitor_may_be_named_by_a_call(page: Page, site: Site, ingress: Ingress):
    page.goto(site.url)
    assert "identifier" not in ingress.wait(1)[0].body
    page.evaluate("shylight('identify', 'user-4711')")
    page.evaluate("history.pushState({}, '', '/next')")
    assert [beacon.body.get("identifier") for beacon in ingress.wait(3)[1:]] == ["user-4711"] * 2


def test_who_asks_not_to_be_tracked_is_left_alone(browser: Browser, site: Site, ingress: Ingress):
    signals = (
        "Object.defineProperty(navigator, 'doNotTrack', { get: () => '1' })",
        "Object.defineProperty(navigator, 'globalPrivacyControl', { get: () => true })",
        "window.shylightOff = true",
    )
    for signal in signals:
        context = browser.new_context()
        context.add_init_script(signal)
        page = context.new_page()
        page.goto(site.url)
        page.evaluate("Shynet.newPageLoad(); shylight('Signup')")  # a site may call them without asking
        page.goto("about:blank")
        context.close()
    with_tracking = browser.new_context()
    with_tracking.new_page().goto(f"{site.url}/counted")
    assert ingress.wait(1)[0].body["location"] == f"{site.url}/counted"
    with_tracking.close()


def test_a_site_may_stop_the_tracker_when_it_learns_who_is_there(page: Page, site: Site, ingress: Ingress):
    page.goto(site.url)
    ingress.wait(1)
    page.evaluate("shylightOff = true; history.pushState({}, '', '/staff')")
    page.goto("about:blank")
    page.goto(f"{site.url}/counted")
    assert pages(ingress.wait(2), site) == ["/", "/counted"]


# ── Options ──────────────────────────────────────────────────────────────────────────────────────────────────


LINKS = """<a id="out" href="https://www.elsewhere.example/page?secret=1#x">out</a>
<a id="file" href="/files/Report.PDF?token=1">file</a><a id="named" href="/x" download>named</a>
<a id="inner" href="/inner">inner</a><a id="mail" href="mailto:somebody@example.com">mail</a>"""
STAY_HERE = "addEventListener('click', (event) => event.preventDefault())"


def events(ingress: Ingress, count: int) -> list[tuple[str, dict[str, str]]]:
    """The custom events, sorted, once there are `count`."""
    found = ingress.wait_until(lambda beacons: kinds(beacons).count("event") >= count, f"{count} events")
    told = [(beacon.body["event"], beacon.body["props"]) for beacon in found if beacon.kind == "event"]
    return sorted(told, key=str)


def click_all(page: Page) -> None:
    page.evaluate("(links) => document.body.insertAdjacentHTML('afterbegin', links)", LINKS)
    page.evaluate(STAY_HERE)
    for link in ("out", "file", "named", "inner", "mail"):
        page.click(f"#{link}")
    page.evaluate("shylight('Last', {props: {}})")


def test_links_out_and_downloads_are_counted_where_the_tag_says_so(page: Page, site: Site, ingress: Ingress):
    site.snippet = ingress.tag("data-outbound data-downloads", "?options")
    page.goto(site.url)
    click_all(page)
    assert events(ingress, 4) == [
        ("File Download", {"url": f"{site.url}/files/Report.PDF"}),
        ("File Download", {"url": f"{site.url}/x"}),
        ("Last", {}),
        ("Outbound Link", {"url": "https://www.elsewhere.example/page"}),
    ]


def test_the_kinds_of_files_may_be_named(page: Page, site: Site, ingress: Ingress):
    site.snippet = ingress.tag('data-downloads="epub zip"', "?options")
    page.goto(site.url)
    click_all(page)
    assert events(ingress, 2) == [("File Download", {"url": f"{site.url}/x"}), ("Last", {})]


@pytest.mark.parametrize("query", ["", "?options"])
def test_nothing_more_is_counted_unless_asked_for(page: Page, site: Site, ingress: Ingress, query: str):
    site.snippet = ingress.tag(query=query)
    page.goto(site.url)
    click_all(page)
    assert events(ingress, 1) == [("Last", {})]


def test_a_link_out_is_counted_though_the_page_is_left_by_it(page: Page, site: Site, ingress: Ingress):
    site.snippet = ingress.tag("data-outbound", "?options")
    page.goto(site.url)
    page.evaluate(
        "url => { document.querySelector('#next').href = url }", ingress.url.replace("127.0.0.1", "localhost")
    )
    page.click("#next")
    assert events(ingress, 1)[0][0] == "Outbound Link"


def test_a_page_that_is_not_there_says_so(page: Page, site: Site, ingress: Ingress):
    site.snippet = ingress.tag("data-404", "?options")
    page.goto(f"{site.url}/lost?secret=1")
    assert events(ingress, 1) == [("404", {"path": "/lost"})]


# ── Integrity ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("query", ["", "?options"])
def test_a_script_with_the_right_integrity_runs_and_another_does_not(
    page: Page, site: Site, ingress: Ingress, query: str
):
    integrity = script_of(ingress.settings, options=bool(query)).integrity
    site.snippet = ingress.tag(f'integrity="{integrity}" crossorigin="anonymous"', query)
    page.goto(f"{site.url}/right")
    ingress.wait(1)
    page.goto("about:blank")
    ingress.wait(2)
    site.snippet = ingress.tag(f'integrity="sha384-{"A" * 64}" crossorigin="anonymous"', query)
    page.goto(f"{site.url}/wrong")
    assert page.evaluate("typeof shylight") == "undefined"
    assert pages(ingress.wait(2), site) == ["/right"]
