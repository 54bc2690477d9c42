"""Wherever twenty clicks on filters lead, the page shows what the API answers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.dashboard.formatting import number
from tests.browser.signing_in import sign_in
from tests.conftest import Deployed
from tests.stack import months
from tests.stack.calls import Caller
from tests.stack.months import Month

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.usefixtures("built_at_once")

PATIENCE_MS: Final = 60_000
CLICKS: Final = 20
# So many filters are added before one is taken away, so that visits are left.
MOST_FILTERS: Final = 3


@pytest.fixture(scope="module")
def caller(in_process: Deployed) -> Caller:
    return Caller(in_process.base_url, in_process.api_token)


@pytest.fixture(scope="module")
def month(caller: Caller) -> Month:
    return months.of_zone(caller, 1, "Europe/Berlin")


def filters_of(page: Page) -> list[str]:
    return [value for name, value in parse_qsl(urlsplit(page.url).query, True) if name == "f"]


def texts(found: Locator) -> list[str]:
    return [text.strip() for text in found.all_text_contents()]


def assert_shows_the_answer(page: Page, caller: Caller, month: Month) -> None:
    """Its first figures, and the visitors of each row of each table."""
    query: list[tuple[str, object]] = [*month.period.items(), *(("f", text) for text in filters_of(page))]
    answer = caller.api_pairs("GET", f"/sites/{month.site.id}/stats", query).json()
    metrics: dict[str, Any] = answer["metrics"]
    shown = texts(page.locator(".figure .value"))
    assert shown[:3] == [number(metrics[name]) for name in ("visitors", "visits", "pageviews")], query
    for key, rows in answer["tables"].items():
        panel = page.locator(f"#panel-{key} table.ranking tbody tr")
        if key != "events" and panel.count():
            expected = [number(row["visitors"]) for row in rows[: panel.count()]]
            assert texts(panel.locator("td:nth-of-type(1)"))[: len(expected)] == expected, (key, query)


def click(page: Page, chance: random.Random) -> None:
    """Click a value in a table, sometimes to leave it out, or take a filter away."""
    before, pills = page.url, page.get_by_role("link", name="Remove the filter: ")
    if len(filters_of(page)) >= MOST_FILTERS:
        pills.nth(chance.randrange(pills.count())).click()
    else:
        values = page.locator("section.list a.filter")
        value = values.nth(chance.randrange(values.count()))
        show_its_tab(page, value)
        value.click(modifiers=["Shift"] if chance.random() < 0.25 else [])
    page.wait_for_url(lambda url: url != before)
    page.get_by_text("Bounce rate").first.wait_for()


def show_its_tab(page: Page, value: Locator) -> None:
    panel = value.locator("xpath=ancestor::div[contains(@class, 'panel')]")
    if panel.count():
        number_of_tab = (panel.get_attribute("class") or "").removeprefix("panel panel-")
        tab = value.locator(f"xpath=ancestor::section//label[input[@value='{number_of_tab}']]")
        if tab.count():
            tab.click()


def test_after_each_of_twenty_clicks_the_page_equals_the_api(
    browser: Browser, in_process: Deployed, caller: Caller, month: Month
) -> None:
    chance = random.Random(20)
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    sign_in(page, in_process)
    overview = f"{in_process.base_url}/sites/{month.site.id}?from={month.days[0]}&to={month.days[-1]}"
    page.goto(overview)
    seen = set()
    for _ in range(CLICKS):
        if not page.locator("section.list a.filter").count():  # no visit is left
            page.goto(overview)
        click(page, chance)
        assert_shows_the_answer(page, caller, month)
        seen.add(tuple(filters_of(page)))
    assert len(seen) > CLICKS // 2
    context.close()
