"""Every page under the rules of axe-core for accessibility."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

from tests.browser.sample_pages import Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE: Final = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# The rules that look at colours.
OF_COLORS: Final = ("color-contrast", "link-in-text-block")
Scheme = Literal["light", "dark"]


def violations(
    browser: Browser, dashboard: Dashboard, scheme: Scheme, width: int, rules: Sequence[str] = ()
) -> dict[tuple[str, str], list[Any]]:
    """By axe-core: the rules for WCAG 2.2, levels A and AA, and its best practices; path and rule -> elements.

    :param rules: only these.
    """
    axe = AXE.read_text(encoding="utf-8")
    only = f", runOnly: {list(rules)}" if rules else ""
    context = browser.new_context(color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 844})
    page = context.new_page()
    found = {}
    for path in dashboard.pages:
        page.goto(dashboard.url + path)
        page.evaluate(axe)
        # All nodes of violations, and one of each rule that passes: several times quicker than all of them.
        result = page.evaluate(f"axe.run({{resultTypes: ['violations']{only}}})")
        assert len(result["passes"]) > (0 if rules else 10), path
        for rule in result["violations"]:
            found[path, rule["id"]] = [node["target"] for node in rule["nodes"]][:3]
    context.close()
    return found


def test_no_page_violates_a_rule_on_a_wide_screen(browser: Browser, dashboard: Dashboard) -> None:
    assert not violations(browser, dashboard, "light", 1400)


def test_no_page_violates_a_rule_on_a_phone(browser: Browser, dashboard: Dashboard) -> None:
    assert not violations(browser, dashboard, "dark", 390)


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1400)])
def test_the_colors_of_no_page_violate_a_rule_in_the_other_scheme(
    browser: Browser, dashboard: Dashboard, scheme: Scheme, width: int
) -> None:
    """The markup of a page is the same in both."""
    assert not violations(browser, dashboard, scheme, width, OF_COLORS)
