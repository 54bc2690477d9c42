"""From the mail of an invitation to the first counted visit on one's own site, without a step outside the product."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from infra.http_client import request
from localstack import mail
from tests.browser.pages import Site
from tests.conftest import ON_LOCALSTACK

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import Deployed

pytestmark = pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's SES is an older one, so nothing is mailed there")

PASSWORD = "rivers and old stones"
PATIENCE_MS = 120_000
MOST_TABS = 80
# The name of what has the focus: of a field, its label; of a link or button, its text.
FOCUSED = """() => {
  const element = document.activeElement;
  const label = element.labels?.[0]?.firstChild?.textContent ?? "";
  return (label || element.getAttribute("aria-label") || element.textContent || "").trim();
}"""
FOCUS_IS_SEEN = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const style = getComputedStyle(document.activeElement);
  return box.width > 0 && box.bottom > 0 && box.top < innerHeight && style.outlineStyle !== "none";
}"""


@dataclass
class Invited:
    """Somebody who was invited: the link in their mail, and how they use pages."""

    page: Page
    link: str
    keyboard_only: bool

    def enter(self, label: str, text: str) -> None:
        """Fill in a field."""
        if not self.keyboard_only:
            self.page.get_by_label(label, exact=True).fill(text)
            return
        self._move_to(label)
        self.page.keyboard.type(text)

    def press(self, name: str) -> None:
        """Press a button."""
        if not self.keyboard_only:
            self.page.get_by_role("button", name=name).click()
            return
        self._move_to(name)
        assert self.page.evaluate(FOCUS_IS_SEEN), f"nobody sees that {name} has the focus"
        self.page.keyboard.press("Enter")

    def _move_to(self, name: str) -> None:
        for _ in range(MOST_TABS):
            if self.page.evaluate(FOCUSED) == name:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{name} cannot be reached with the Tab key")


def invite(stack: Deployed, email: str) -> str:
    """Invite an address to the installation, as its administrator; gives the link in the mail."""
    headers = {"Authorization": f"Bearer {stack.api_token}", "Content-Type": "application/json"}
    where = f"{stack.base_url}/api/v1/administration/invitations"
    assert request("POST", where, json.dumps({"email": email}).encode(), headers).status == 201
    (found,) = [one for one in mail.sent(stack.cloud) if one.recipients == (email,)]
    (link,) = re.findall(r"https?://\S+/invitations/\S+", found.text)
    return str(link)


@pytest.fixture(params=["with a mouse", "on a phone", "by keyboard"])
def invited(stack: Deployed, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Invited]:
    on_phone = request.param == "on a phone"
    context = browser.new_context(viewport={"width": 390 if on_phone else 1400, "height": 844}, has_touch=on_phone)
    context.set_default_timeout(PATIENCE_MS)
    link = invite(stack, f"invited-{uuid.uuid4().hex}@example.com")
    yield Invited(context.new_page(), link, request.param == "by keyboard")
    context.close()


def test_from_the_invitation_to_the_first_visit(stack: Deployed, browser: Browser, invited: Invited) -> None:
    page, name = invited.page, f"Blog {uuid.uuid4().hex[:6]}"
    page.goto(invited.link)
    page.get_by_role("heading", name="Invitation").wait_for()
    invited.enter("Your name", "Ada")
    invited.enter("Choose a password", PASSWORD)
    invited.press("Create your account and accept")
    page.wait_for_url(f"{stack.base_url}/sites")
    page.get_by_role("heading", name="Welcome to Shylight").wait_for()
    invited.enter("Name", name)
    invited.enter("Domain", f"{uuid.uuid4().hex}.localhost")
    invited.press("Add site")
    page.wait_for_url(re.compile(rf"{re.escape(stack.base_url)}/sites/[0-9a-f-]{{36}}$"))
    page.get_by_role("heading", name="Waiting for the first visit").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    site = Site(page.get_by_label("Snippet to copy").locator("code").inner_text())
    try:
        visitor = browser.new_context()
        visitor.new_page().goto(f"{site.url}/first")
        # The page notices by itself.
        page.get_by_role("region", name=re.compile("^Metrics, ")).wait_for()
        page.wait_for_function("document.querySelector('.visitors .value').textContent.trim() === '1'")
        visitor.close()
    finally:
        site.close()
