"""A journey in each language, as the browser asks for it, and another language by choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.translation import LANGUAGES
from tests.conftest import Deployed
from tests.stack.calls import Caller

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What a browser in the country sends -> the language, and the words on the way.
WORDS = {
    "en-GB": ("en", "E-mail", "Password", "Sign in", "Settings", "Name", "Your name was saved."),
    "de-AT": ("de", "E-Mail", "Passwort", "Anmelden", "Einstellungen", "Name", "Ihr Name wurde gespeichert."),
    "zh-TW": ("zh-Hant", "電子郵件", "密碼", "登入", "設定", "名稱", "你的名稱已儲存。"),
}  # fmt: skip
SAVE = {"en": "Save name", "de": "Namen speichern", "zh-Hant": "儲存名稱"}


def page_of(browser: Browser, locale: str, width: int) -> Page:
    page = browser.new_context(locale=locale, viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(20_000)
    return page


def fits(page: Page) -> bool:
    """Whether nothing of the page is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("locale", WORDS)
@pytest.mark.parametrize("width", [1400, 390])
def test_from_signing_in_to_the_settings(browser: Browser, in_process: Deployed, locale: str, width: int) -> None:
    tag, email, password, sign_in, settings, name, saved = WORDS[locale]
    site = Caller(in_process.base_url, in_process.api_token).new_site()
    page = page_of(browser, locale, width)
    page.goto(f"{in_process.base_url}/sign-in")
    page.get_by_label(email, exact=True).fill(in_process.admin_email)
    page.get_by_label(password, exact=True).fill(in_process.admin_password)
    page.get_by_role("button", name=sign_in, exact=True).click()
    page.wait_for_url("**/sites")
    assert page.locator("html").get_attribute("lang") == tag
    page.goto(f"{in_process.base_url}/sites/{site}")
    assert fits(page)
    page.get_by_role("link", name=settings, exact=True).click()
    page.get_by_role("heading", name=settings, level=1).wait_for()
    assert page.get_by_label(name, exact=True).first.input_value()
    assert fits(page)
    page.goto(f"{in_process.base_url}/account")
    page.get_by_role("button", name=SAVE[tag], exact=True).click()
    page.get_by_text(saved).wait_for()
    assert fits(page)
    page.context.close()


def test_a_language_that_a_person_chooses_is_theirs_in_any_browser(browser: Browser, in_process: Deployed) -> None:
    page = page_of(browser, "en-US", 1400)
    page.goto(f"{in_process.base_url}/sign-in")
    page.get_by_label("E-mail", exact=True).fill(in_process.admin_email)
    page.get_by_label("Password", exact=True).fill(in_process.admin_password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/sites")
    try:
        page.goto(f"{in_process.base_url}/account/preferences")
        names = page.get_by_label("Language", exact=True).locator("option").all_inner_texts()
        assert names[1:] == list(LANGUAGES.values())
        page.get_by_label("Language", exact=True).select_option("zh-Hant")
        page.get_by_role("button", name="Save preferences").click()
        page.get_by_text("你的偏好設定已儲存。").wait_for()
        page.goto(f"{in_process.base_url}/sites")
        assert page.locator("html").get_attribute("lang") == "zh-Hant"
    finally:
        page.goto(f"{in_process.base_url}/account/preferences")
        page.locator("[name=language]").select_option("automatic")
        page.locator("main form button").click()
        page.context.close()
