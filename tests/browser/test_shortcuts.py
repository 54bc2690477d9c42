"""Shortcuts in Chromium: what each kind of key does, where keys are left alone, and how they are turned off."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import pytest
from chalice import Response

from chalicelib.accounts.access import appearance
from chalicelib.store.people import Person
from chalicelib.store.preferences import Preferences
from tests.browser.sample_pages import Dashboard
from tests.browser.test_accessibility_rules import AXE
from tests.unit.dashboard import report_samples, samples

if TYPE_CHECKING:
    from playwright.sync_api import Page

FILTERS = ("is,country,DE", "is,browser,Firefox")
# A page without a period after it, and without what refreshes itself.
FULL = "/sites/full"


@pytest.fixture
def overview(page: Page, dashboard: Dashboard) -> Page:
    """The overview, filtered, in a tab."""
    dashboard.pages[FULL] = lambda: samples.overview(samples.full(rows=40), filters=FILTERS)
    page.goto(dashboard.url + FULL)
    return page


def stays(page: Page, *keys: str) -> None:
    """Press keys that lead nowhere. Whatever a link leads to would be asked for at once."""
    asked: list[str] = []

    def note(request: Any) -> None:
        if "/static/" not in request.url:
            asked.append(request.url)

    page.on("request", note)
    for key in keys:
        page.keyboard.press(key)
    page.evaluate("new Promise(requestAnimationFrame)")
    page.remove_listener("request", note)
    assert asked == []


@pytest.mark.parametrize(
    ("key", "query"),
    [
        ("d", "period=today"),
        ("W", "period=7d"),  # with Caps Lock
        ("a", "period=all"),
        ("ArrowLeft", "period=custom&from="),
        ("x", "compare=none"),
        ("i", "interval=week"),
    ],
)
def test_a_key_follows_its_link(overview: Page, key: str, query: str) -> None:
    overview.keyboard.press(key)
    overview.wait_for_url(lambda url: query in url)


def test_escape_closes_the_menu_first_and_then_removes_the_filters(overview: Page) -> None:
    overview.get_by_text("Last 30 days").first.click()
    stays(overview, "Escape")
    assert overview.locator("details.menu[open]").count() == 0
    overview.keyboard.press("Escape")
    overview.wait_for_url(lambda url: url.endswith("?period=30d"))


def test_one_filter_is_removed_as_well(page: Page, dashboard: Dashboard) -> None:
    dashboard.pages[FULL] = lambda: samples.overview(samples.full(), filters=FILTERS[:1])
    page.goto(dashboard.url + FULL)
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: url.endswith("?period=30d"))


def test_the_next_period_exists_only_if_it_has_begun(overview: Page, dashboard: Dashboard) -> None:
    stays(overview, "ArrowRight")
    dashboard.pages["/sites/x/past"] = lambda: report_samples.table("pages", query={"period": "yesterday"})
    overview.goto(f"{dashboard.url}/sites/x/past")
    overview.keyboard.press("ArrowRight")
    overview.wait_for_url("**?period=custom&from=*")


def test_a_slash_leads_to_the_search_or_to_the_filters(overview: Page, dashboard: Dashboard) -> None:
    overview.keyboard.press("/")
    assert overview.evaluate("document.activeElement.closest('.filters .pop') !== null")
    overview.goto(f"{dashboard.url}/sites/x/tables/pages")
    overview.keyboard.press("/")
    assert overview.evaluate("document.activeElement.name") == "search"
    overview.keyboard.type("d/?x")
    assert overview.get_by_role("searchbox").input_value() == "d/?x"
    overview.goto(f"{dashboard.url}/sites/x/visits")
    with overview.expect_request("**/filter?*on=visits"):
        overview.keyboard.press("/")


def test_c_leads_to_the_form_for_other_days(overview: Page) -> None:
    overview.keyboard.press("c")
    assert overview.evaluate("document.activeElement.name") == "from"
    stays(overview, "d", "x", "ArrowLeft")  # in the field


def test_keys_with_modifiers_repeated_ones_and_those_of_an_input_method_are_left_alone(overview: Page) -> None:
    stays(overview, "Control+d", "Alt+d", "Meta+d", "Shift+d", "Alt+ArrowLeft")
    for event in ({"repeat": True}, {"isComposing": True}, {"keyCode": 229}):
        overview.evaluate(
            "event => document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'd', code: 'KeyD', bubbles: true, cancelable: true, ...event}))",
            event,
        )
    stays(overview, "q", "1", "Enter")


def test_a_layout_without_latin_letters_has_the_keys_where_they_are(overview: Page) -> None:
    overview.evaluate(
        "document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'в', code: 'KeyD', bubbles: true, cancelable: true}))"
    )
    overview.wait_for_url("**?period=today")


def test_fields_and_open_menus_take_no_shortcuts(overview: Page) -> None:
    overview.get_by_text("Filter", exact=True).click()
    stays(overview, "d", "ArrowLeft", "?")
    overview.keyboard.press("Escape")
    overview.evaluate("document.body.insertAdjacentHTML('beforeend', '<p contenteditable id=text>a</p>')")
    overview.locator("#text").focus()
    stays(overview, "d", "ArrowLeft", "?")


def test_arrows_stay_with_charts_choices_and_what_scrolls(overview: Page) -> None:
    overview.get_by_role("img", name="Visitors over time").focus()
    stays(overview, "ArrowLeft", "ArrowLeft")
    assert overview.locator(".tip").is_visible()
    overview.get_by_role("radio", name="Systems").focus()
    stays(overview, "ArrowLeft")
    overview.get_by_text("Show as table").click()
    overview.get_by_role("region", name="Chart data").focus()
    stays(overview, "ArrowLeft", "ArrowRight")
    overview.set_viewport_size({"width": 360, "height": 800})
    overview.locator("nav.pages a").first.focus()
    stays(overview, "ArrowLeft", "ArrowRight")
    overview.get_by_role("radio", name="Systems").focus()
    overview.keyboard.press("d")  # but letters work there
    overview.wait_for_url("**?period=today")


def test_the_list_opens_as_a_dialog_and_gives_the_focus_back(overview: Page) -> None:
    link = overview.get_by_role("link", name="Keyboard shortcuts")
    link.focus()
    overview.keyboard.press("?")
    dialog = overview.get_by_role("dialog", name="Keyboard shortcuts")
    dialog.wait_for()
    dialog.get_by_text("All time").wait_for()
    assert overview.url.endswith(FULL)
    stays(overview, "d", "Escape")
    dialog.wait_for(state="hidden")
    assert link.evaluate("link => link === document.activeElement")
    overview.keyboard.press("?")
    overview.evaluate(AXE.read_text(encoding="utf-8"))
    result = overview.evaluate("axe.run({resultTypes: ['violations']})")
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]] == []
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="hidden")


def test_the_list_is_a_page_without_javascript_too(either: Page, dashboard: Dashboard) -> None:
    either.goto(f"{dashboard.url}/shortcuts")
    either.get_by_role("heading", name="Keyboard shortcuts").wait_for()
    assert either.get_by_text("Next interval of the chart").is_visible()


def test_keys_are_turned_off_in_one_browser_and_on_again(page: Page, dashboard: Dashboard) -> None:
    """Also on shared pages, whose readers have no preferences."""
    page.goto(f"{dashboard.url}/share/x")
    today = page.locator("[data-key=D]")
    assert today.get_attribute("aria-keyshortcuts") == "D"
    page.keyboard.press("?")
    page.get_by_label("React to these keys").uncheck()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    for _ in range(2):
        stays(page, "d", "x", "?")
        assert today.get_attribute("aria-keyshortcuts") is None
        page.reload()
    page.get_by_role("link", name="Keyboard shortcuts").click()
    choice = page.get_by_label("React to these keys")
    assert not choice.is_checked()
    choice.check()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_url("**?period=today")


def as_preferred(preferences: Preferences, show: Callable[[], Response]) -> Response:
    """A page as a person with these preferences gets it."""

    def run() -> Response:
        appearance.use(dataclasses.replace(Person("1", "ada@example.com", "Ada"), preferences=preferences))
        return show()

    return copy_context().run(run)


def test_whoever_prefers_no_keys_has_none(page: Page, dashboard: Dashboard) -> None:
    dashboard.pages[FULL] = lambda: as_preferred(
        Preferences(shortcuts=False), lambda: samples.overview(samples.full(), filters=FILTERS)
    )
    page.goto(dashboard.url + FULL)
    stays(page, "d", "ArrowLeft", "x", "i", "/", "?", "Escape")
    assert page.get_by_role("link", name="Keyboard shortcuts").count() == 0
