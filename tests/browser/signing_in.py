"""Signing in at a Shylight, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Deployed


def sign_in(page: Page, stack: Deployed) -> None:
    """Sign the administrator in; the page is then that of all sites."""
    page.goto(f"{stack.base_url}/sign-in")
    page.get_by_label("E-mail").fill(stack.admin_email)
    page.get_by_label("Password").fill(stack.admin_password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/sites")
