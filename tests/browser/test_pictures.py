"""The map and the hours of the week, as people use them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalicelib.dashboard import static_files
from tests.browser.sample_pages import Dashboard
from tests.unit.dashboard import samples

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_country_on_the_map_filters_by_it(either: Page, dashboard: Dashboard) -> None:
    either.goto(f"{dashboard.url}/sites/world")
    australia = either.locator(".world a", has_text="Australia ·")
    australia.click()
    either.wait_for_url("**/sites/world?period=30d&f=is%2Ccountry%2CAU")


def test_a_small_state_on_the_map_can_be_clicked(either: Page, dashboard: Dashboard) -> None:
    either.goto(f"{dashboard.url}/sites/world")
    either.locator(".world a", has_text="Mauritius ·").click()
    either.wait_for_url("**/sites/world?period=30d&f=is%2Ccountry%2CMU")


def test_the_map_and_the_tables_of_places_are_tabs(either: Page, dashboard: Dashboard) -> None:
    either.goto(f"{dashboard.url}/sites/full")
    places = either.get_by_role("region", name="Places")
    map_ = places.get_by_role("group", name="Map: Visitors by country")
    table = places.get_by_role("table", name="Countries")
    assert (map_.is_visible(), table.is_visible()) == (True, False)
    places.get_by_text("Countries", exact=True).first.click()
    table.wait_for()
    assert not map_.is_visible()
    table.get_by_role("link", name="Germany").click()
    either.wait_for_url("**/sites/full?period=30d&f=is%2Ccountry%2CDE")


def test_an_hour_of_the_week_filters_by_it(either: Page, dashboard: Dashboard) -> None:
    either.goto(f"{dashboard.url}/sites/full")
    hours = either.get_by_role("table", name="Visitors by hour and weekday")
    assert hours.get_by_role("rowheader").count() == 7
    assert hours.get_by_role("cell").count() >= 7 * 24
    tuesday = hours.get_by_role("row", name="Tue")
    tuesday.get_by_role("cell").nth(14).get_by_role("link").click()
    either.wait_for_url("**/sites/full?f=is%2Cweekday%2CTuesday&f=is%2Chour%2C14")


def test_the_tab_key_reaches_days_and_hours_and_passes_cells_and_countries_by(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/sites/full")
    page.get_by_role("radio", name="Map").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.closest('.world, .hours td')")
    page.locator(".hours thead").get_by_role("link", name="22").focus()
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
    assert reached == ["23", "Mon", "Tue", "Wed"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/sites/full?period=30d&f=is%2Cweekday%2CWednesday")


def test_both_tell_their_figures_beside_the_pointer(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/sites/full")
    germany = page.locator(".world a").first
    germany.hover()
    tip = page.locator(".tip.at-pointer")
    assert tip.inner_text() == "Germany\nVisitors: 900 (72.9%)"
    assert germany.get_attribute("aria-label") == "Germany · Visitors: 900 (72.9%)"
    page.locator(".hours tbody tr").nth(1).locator("td").nth(14).hover()
    assert re.fullmatch(r"Tue, 14:00\nVisitors: [\d,]+", tip.inner_text())
    page.mouse.move(0, 0)
    tip.wait_for(state="detached")


def test_an_open_page_keeps_both_up_to_date(page: Page, dashboard: Dashboard) -> None:
    page.clock.install()
    page.goto(f"{dashboard.url}/sites/full")
    assert page.locator(".world a").count() == 1
    dashboard.pages["/sites/full"] = lambda: samples.overview(samples.worldwide())
    page.clock.fast_forward(3_000)
    page.locator(".world a").nth(200).wait_for(state="attached")


def test_pictures_are_drawn_from_files_of_ones_own(page: Page, dashboard: Dashboard) -> None:
    """Every `use` of every page finds its symbol, and no page asks another host for anything."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    files = {asset.name: asset.content.decode() for asset in static_files.assets().values()}
    found = set()
    for path in dashboard.pages:
        page.goto(dashboard.url + path)
        found |= set(page.eval_on_selector_all("use", "all => all.map((one) => one.getAttribute('href'))"))
    assert {url for url in asked if not url.startswith(f"{dashboard.url}/")} == set()
    assert len(found) > 260
    for href in found:
        file, _, symbol = href.rpartition("/")[2].partition("#")
        assert f'id="{symbol}"' in files[file], href


def test_flags_and_marks_are_as_large_as_their_places(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/sites/full")
    for kind, size in ((".where .flag", [18, 12]), (".on .icon", [16, 16])):
        place = page.locator(f".latest {kind}").first
        for box, least in ((place.bounding_box(), size), (place.locator("use").bounding_box(), [10, 10])):
            assert box is not None
            assert box["width"] >= least[0]
            assert box["height"] >= least[1]
            assert box["width"] <= size[0] + 2
