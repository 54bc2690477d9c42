"""The overview by keyboard alone, at a zoom of 200 %, and for people who want no motion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.browser.signing_in import sign_in
from tests.browser.test_filters import site
from tests.conftest import Deployed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from chalicelib.store.sites import Site

__all__ = ["site"]

pytestmark = pytest.mark.usefixtures("built_at_once")

PATIENCE_MS: Final = 60_000
# More than the page has places for the focus.
MOST_STEPS: Final = 600

# The element with the focus: which one, whether it can be seen, and whether it looks different from others.
FOCUSED: Final = """() => {
  const it = document.activeElement, box = it.getBoundingClientRect();
  if (it === document.body) return null;
  it.dataset.step ??= String(document.querySelectorAll("[data-step]").length);
  const looks = [it, it.nextElementSibling, it.closest("label")].filter(Boolean).map((one) => getComputedStyle(one));
  return {
    step: Number(it.dataset.step),
    text: (it.getAttribute("aria-label") || it.textContent || it.name || it.tagName).trim().slice(0, 60),
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    marked: looks.some((look) => look.outlineStyle !== "none" || look.boxShadow !== "none"),
  };
}"""
# What should have had the focus and had not. Of radio buttons one of a group has it, of a menu that is shut, nothing.
MISSED: Final = """() => [...document.querySelectorAll("a[href], button, select, textarea, input, summary")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0)
  .filter((one) => one.type !== "radio" || one.checked)
  .filter((one) => !("step" in one.dataset))
  .map((one) => one.outerHTML.slice(0, 120))"""
MOVING: Final = """() => [...document.querySelectorAll("*")].filter((one) => {
  const look = getComputedStyle(one);
  return look.animationName !== "none" || look.transitionDuration.split(",").some((time) => parseFloat(time) > 0)
    || look.scrollBehavior === "smooth";
}).map((one) => one.outerHTML.slice(0, 120))"""


class Pages:
    """Tabs with the overview of a site, as different people have set up their browsers."""

    def __init__(self, browser: Browser, stack: Deployed, site: Site) -> None:
        self._browser, self._stack, self._site = browser, stack, site

    def open(self, **settings: Any) -> Page:
        context = self._browser.new_context(**settings)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.clock.install()
        sign_in(page, self._stack)
        page.goto(f"{self._stack.base_url}/sites/{self._site.id}?period=7d")
        page.get_by_text("Bounce rate").first.wait_for()
        return page


@pytest.fixture
def pages(browser: Browser, in_process: Deployed, site: Site) -> Iterator[Pages]:
    before = set(browser.contexts)
    yield Pages(browser, in_process, site)
    for context in set(browser.contexts) - before:
        context.close()


def test_the_tab_key_reaches_everything_in_sight_and_shows_where_it_is(pages: Pages) -> None:
    page = pages.open(viewport={"width": 1400, "height": 900})
    # Else it brings itself up to date, which replaces what had the focus.
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=1))
    steps: list[dict[str, Any]] = []
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        step = page.evaluate(FOCUSED)
        if step is None or step["step"] < len(steps):  # it begins anew
            break
        steps.append(step)
    assert [step["step"] for step in steps] == list(range(len(steps)))
    assert len(steps) < MOST_STEPS
    assert [step for step in steps if not step["seen"]] == []
    assert [step for step in steps if not step["marked"]] == []
    assert page.evaluate(MISSED) == []
    assert steps[0]["text"].startswith("Skip to")


def test_what_the_keyboard_reaches_it_also_works(pages: Pages) -> None:
    page = pages.open(viewport={"width": 1400, "height": 900})
    page.get_by_role("region", name="Pages").get_by_role("link", name="/b", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**f=is%2Cpage%2C%2Fb*")
    tabs = page.get_by_role("group", name="Devices: choose a table")
    tabs.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    page.locator("#panel-systems").get_by_role("table").wait_for()


def test_at_twice_the_size_nothing_is_cut(pages: Pages) -> None:
    page = pages.open(viewport={"width": 700, "height": 450}, device_scale_factor=2)
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window
    stuck = page.evaluate(
        """() => { scrollTo(0, 900); return [...document.querySelectorAll("body *")]
        .filter((one) => ["fixed", "sticky"].includes(getComputedStyle(one).position) && one.checkVisibility())
        .map((one) => one.getBoundingClientRect().height) }"""
    )
    assert sum(stuck) < 450 / 3  # what stays in place leaves room to read


def test_nothing_moves_for_people_who_want_no_motion(pages: Pages) -> None:
    assert pages.open(reduced_motion="reduce").evaluate(MOVING) == []
