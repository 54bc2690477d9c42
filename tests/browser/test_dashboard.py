"""The dashboard in Chromium: with and without JavaScript, on every width, under its own Content-Security-Policy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest

from chalicelib.dashboard.sites import setting_fields
from chalicelib.dashboard.sites.install import Arrival
from chalicelib.translation import LANGUAGES, SOURCE_LANGUAGE
from tests.browser.sample_pages import Dashboard
from tests.unit.dashboard import samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = (360, 640, 768, 820, 1100, 1400, 1600)
FAULTS = (Path(__file__).parent / "layout_faults.js").read_text(encoding="utf-8")


def faults(page: Page, dashboard: Dashboard, widths: Sequence[int]) -> dict[tuple[str, int], list[str]]:
    """What of a page is too wide, cut without a title, or sticks out of what it is in; by path and width in px."""
    found = {}
    for path in dashboard.pages:
        page.goto(dashboard.url + path)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            if wrong := page.evaluate(FAULTS):
                found[path, width] = wrong[:3]
    return found


def test_no_page_breaks_its_policy_or_has_a_fault_of_layout(browser: Browser, dashboard: Dashboard) -> None:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    assert not faults(page, dashboard, WIDTHS)
    context.close()
    # Chromium logs the pages that are answers to mistakes (400, 404, 409, 429) and failures (500, 503) too, and that is
    # all there may be. A sample that fails has no answer.
    assert [text for text in complaints if not re.search(r"status of (?:4\d\d|500|503) ", text)] == []


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != SOURCE_LANGUAGE])
def test_no_page_has_a_fault_of_layout_in_another_language(
    browser: Browser, dashboard: Dashboard, language: str
) -> None:
    dashboard.language = language
    context = browser.new_context()
    assert not faults(context.new_page(), dashboard, (390, 768, 1400))
    context.close()


def test_every_table_can_be_reached(either: Page, dashboard: Dashboard) -> None:
    either.goto(f"{dashboard.url}/sites/full")
    devices = either.get_by_role("region", name="Devices")
    assert devices.get_by_role("table", name="Browsers").first.is_visible()
    devices.get_by_text("Systems", exact=True).first.click()
    devices.get_by_role("table", name="Systems").first.wait_for()
    assert not devices.get_by_role("table", name="Browsers").first.is_visible()
    either.get_by_text("Show as table").click()
    either.get_by_role("rowheader", name="Tue 24 Nov (so far)").wait_for()
    whole = either.get_by_role("region", name="Pages").get_by_role("link", name="All · Pages")
    assert (whole.get_attribute("href") or "").endswith("/tables/pages")
    either.goto(f"{dashboard.url}/share/x")
    either.get_by_role("region", name="Pages").get_by_text("more").first.click()
    either.get_by_text("/page-38").first.wait_for()


def test_any_period_can_be_chosen(either: Page, dashboard: Dashboard) -> None:
    either.goto(f"{dashboard.url}/sites/full")
    either.get_by_text("Last 30 days").first.click()
    either.get_by_role("link", name="This month").click()
    either.wait_for_url("**/sites/full?period=month")
    either.get_by_text("Last 30 days").first.click()
    periods = either.locator("form:has([name=from])")
    periods.get_by_role("textbox", name="From").fill("2026-11-02")
    periods.get_by_role("textbox", name="To", exact=True).fill("2026-11-05")
    either.get_by_role("button", name="Apply").click()
    either.wait_for_url("**/sites/full?period=custom&from=2026-11-02&to=2026-11-05")
    either.get_by_role("link", name="Earlier period").click()
    either.wait_for_url("**/sites/full?period=custom&from=*")


def test_the_chart_tells_its_figures_under_the_pointer_and_the_arrow_keys(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/sites/today")
    chart = page.get_by_role("img", name="Visitors over time")
    chart.hover(position={"x": 1, "y": 100})
    tip = page.locator(".tip")
    assert tip.inner_text().startswith("Tue 24 Nov, 00:00")
    page.mouse.move(0, 0)
    tip.wait_for(state="hidden")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    assert tip.inner_text().startswith("Tue 24 Nov, 15:00 (so far)")


def test_a_stretch_of_the_chart_becomes_the_period(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/sites/full?period=30d&interval=day&f=is,country,DE")
    chart = page.get_by_role("img", name="Visitors over time")
    box = chart.bounding_box()
    assert box is not None
    middle, step = box["y"] + 100, box["width"] / 29
    page.mouse.move(box["x"] + 3 * step, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 5 * step, middle, steps=4)
    assert page.locator(".stretch").is_visible()
    page.mouse.up()
    page.wait_for_url("**/sites/full?period=custom&f=is%2Ccountry%2CDE&from=2026-10-29&to=2026-10-31")
    chart.click(position={"x": 28 * step, "y": 50})
    page.wait_for_url("**&from=2026-11-23&to=2026-11-23")


def test_the_metric_of_the_chart_its_interval_and_the_comparison_can_be_chosen(
    either: Page, dashboard: Dashboard
) -> None:
    either.goto(f"{dashboard.url}/sites/full")
    either.get_by_role("link", name="Bounce rate").click()
    either.wait_for_url("**/sites/full?metric=bounce_rate")
    either.get_by_role("navigation", name="Interval of the chart").get_by_role("link", name="Weekly").click()
    either.wait_for_url("**/sites/full?interval=week")
    either.get_by_text("Compare:").click()
    either.get_by_role("link", name="Year before").click()
    either.wait_for_url("**/sites/full?compare=year")
    either.get_by_text("Compare:").click()
    others = either.locator("form:has([name=compare_from])")
    others.get_by_label("From").fill("2026-01-01")
    others.get_by_label("To", exact=True).fill("2026-01-31")
    others.get_by_role("button", name="Compare").click()
    either.wait_for_url("**/sites/full?compare=custom&compare_from=2026-01-01&compare_to=2026-01-31")
    either.get_by_text("Show as table").click()
    either.get_by_role("link", name="Mon 23 Nov", exact=True).click()
    either.wait_for_url("**/sites/full?period=custom&from=2026-11-23&to=2026-11-23")


def test_sites_are_narrowed_down_while_one_types(page: Page, dashboard: Dashboard) -> None:
    page.clock.install()
    page.goto(f"{dashboard.url}/sites/many")
    shown = page.locator(".cards > .site:visible h2")
    page.get_by_role("searchbox", name="Search sites").fill("strasse")
    page.get_by_text("No site has such a name or domain.").wait_for()
    page.get_by_role("searchbox", name="Search sites").fill("söhne")
    assert shown.all_inner_texts() == ["Straße & Söhne"]
    with page.expect_response("**/sites/many"):
        page.clock.fast_forward(6_000)  # the page brings itself up to date
    page.wait_for_load_state("networkidle")
    assert shown.all_inner_texts() == ["Straße & Söhne"]
    page.get_by_role("searchbox", name="Search sites").press("Enter")
    page.wait_for_url("**/sites/many?search=s%C3%B6hne")


def test_a_waiting_page_notices_the_first_visit(page: Page, dashboard: Dashboard) -> None:
    page.clock.install()
    page.goto(f"{dashboard.url}/sites/new")
    page.get_by_text("Waiting for the first visit").wait_for()
    dashboard.pages["/sites/new"] = dashboard.pages["/sites/full"]
    page.clock.fast_forward(6_000)
    page.get_by_text("Bounce rate").wait_for()


def test_an_open_page_brings_itself_up_to_date_and_leaves_what_is_in_use(page: Page, dashboard: Dashboard) -> None:
    page.clock.install()
    page.goto(f"{dashboard.url}/sites/full")
    page.get_by_role("link", name="All · Pages").focus()
    dashboard.pages["/sites/full"] = lambda: samples.overview(samples.empty())
    page.clock.fast_forward(3_000)
    page.get_by_text("0 online").wait_for()
    page.locator(".visitors .value", has_text="0").wait_for()
    assert page.get_by_role("region", name="Pages").get_by_text("/page-3").first.is_visible()
    assert page.get_by_text("No visits in this period. Visits from links").first.is_visible()
    # There is a tab fewer than before, and yet each table is replaced by its own.
    assert page.get_by_role("region", name="Places").get_by_text("No visits in this period.").first.is_visible()


def test_an_open_page_that_nobody_uses_asks_once_a_minute(page: Page, dashboard: Dashboard) -> None:
    page.clock.install()
    page.goto(f"{dashboard.url}/sites/full")
    page.clock.run_for(125_000)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(58_000)
    assert len(asked) <= 1
    page.mouse.move(50, 50)
    with page.expect_request("**/sites/full"):
        page.clock.run_for(5_000)


def test_the_install_page_notices_the_first_hit_and_copies_snippets(page: Page, dashboard: Dashboard) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=dashboard.url)
    page.clock.install()
    page.goto(f"{dashboard.url}/sites/x/install")
    page.get_by_role("heading", name="Waiting for the first visit").wait_for()
    wordpress = page.get_by_role("region", name="WordPress")
    wordpress.get_by_role("button", name="Copy").click()
    wordpress.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == wordpress.locator("code").inner_text()
    dashboard.pages["/sites/x/install"] = lambda: samples.install(Arrival("receiving"))
    page.clock.fast_forward(6_000)
    page.get_by_role("status").get_by_role("heading", name="Receiving hits").wait_for()
    assert page.locator("[data-refresh]").count() == 0


def test_settings_are_reached_by_label_and_sent_as_they_were_shown(either: Page, dashboard: Dashboard) -> None:
    """Whatever a browser does to line breaks and hidden fields, a form that nobody touched changes nothing."""
    either.goto(f"{dashboard.url}/sites/x/settings")
    either.get_by_role("status").get_by_text("Settings saved.").wait_for()
    either.get_by_role("group", name="Limits").get_by_label("Hits per day").wait_for()
    assert either.get_by_label("Respect Do Not Track").is_checked()
    with either.expect_request(lambda request: request.method == "POST") as sent:
        either.get_by_role("button", name="Save settings").click()
    form = dict(parse_qsl(sent.value.post_data or "", keep_blank_values=True))
    shown = setting_fields.texts(samples.LONG_SITE)
    del shown["status"]
    assert {name: setting_fields.normal(form[name]) for name in shown} == shown


def test_mistakes_are_announced_and_linked(either: Page, dashboard: Dashboard) -> None:
    either.goto(f"{dashboard.url}/sites/wrong/settings")
    alert = either.get_by_role("alert")
    assert alert.evaluate("element => element === document.activeElement")
    alert.get_by_role("link", name="Hits per day").click()
    control = either.get_by_label("Hits per day")
    assert control.get_attribute("aria-invalid") == "true"
    assert control.input_value() == "many"
    assert control.evaluate("element => element.getBoundingClientRect().top < innerHeight")
