"""Annotations as people use them, with and without JavaScript: adding, reading on the chart, changing, deleting."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from chalicelib.collect import hit
from chalicelib.collect.event import encode
from chalicelib.collect.urls import Location
from chalicelib.enrich.worker import consume
from chalicelib.store import site_annotations
from chalicelib.store.sites import Site, get_site
from tests.browser.signing_in import sign_in
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.usefixtures("built_at_once")

PATIENCE_MS = 60_000
TEXT = 'Front page of "The Light" <b>'


@pytest.fixture
def site(in_process: Deployed) -> Site:
    """A site with a visit of two days ago."""
    made = get_site(Caller(in_process.base_url, in_process.api_token).new_site())
    assert made is not None
    view_at(made, datetime.now(UTC) - timedelta(days=2))
    return made


def view_at(site: Site, moment: datetime) -> None:
    view = hit.View(f"{time.time_ns()}", Location("example.com", "/"), "script")
    consume([encode([hit.event(site, hit.client("203.0.113.1", FIREFOX), round(moment.timestamp() * 1000), view)])])


def open_overview(page: Page, stack: Deployed, site: Site) -> None:
    page.set_default_timeout(PATIENCE_MS)
    sign_in(page, stack)
    page.goto(f"{stack.base_url}/sites/{site.id}?period=7d&interval=day")


def test_one_is_added_read_changed_and_deleted(either: Page, in_process: Deployed, site: Site) -> None:
    page, day = either, (datetime.now(site.zone) - timedelta(days=2)).date()
    open_overview(page, in_process, site)
    assert page.locator(".marker").count() == 0
    page.get_by_text("Show as table").click()
    page.locator("tr", has=page.locator(f"[href*='from={day}']")).get_by_role("link", name="Annotate").click()
    assert page.get_by_label("Date").input_value() == day.isoformat()
    page.get_by_label("Text").fill(TEXT)
    page.get_by_label("Link").fill("http://example.com/")
    page.get_by_role("button", name="Add annotation").click()
    page.get_by_role("alert").get_by_text("Url must be an https address").wait_for()
    assert page.get_by_label("Link").get_attribute("aria-invalid") == "true"
    assert page.get_by_label("Text").input_value() == TEXT
    page.get_by_label("Link").fill("https://example.com/light")
    page.get_by_role("button", name="Add annotation").click()
    (made,) = site_annotations.of_site(site.id)
    page.wait_for_url(f"**/sites/{site.id}?period=7d&interval=day#annotation-{made.id}")
    line = page.locator(f"#annotation-{made.id}")
    line.get_by_text(TEXT).first.wait_for()  # the list is open at its line
    assert line.get_by_role("link", name="example.com").get_attribute("href") == "https://example.com/light"
    marker = page.locator(".marker")
    assert (marker.count(), marker.get_attribute("href")) == (1, f"#annotation-{made.id}")
    assert TEXT in (marker.get_attribute("aria-label") or "")
    line.get_by_role("link", name="Edit").click()
    page.get_by_label("Time (optional)").fill("09:30")
    page.get_by_label("Kind").select_option("Deployment")
    page.get_by_role("button", name="Save").click()
    line.get_by_text("09:30").wait_for()
    assert page.locator(".marker.deploy").count() == 1
    page.get_by_text("Show as table").click()
    page.locator(".remark").get_by_text(f"09:30 · Deployment: {TEXT}").wait_for()
    line.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(f"**/sites/{site.id}?period=7d&interval=day")
    assert page.locator(".marker").count() == 0
    assert site_annotations.of_site(site.id) == []


def test_a_marker_tells_what_was_noted_by_pointer_and_by_keyboard(page: Page, in_process: Deployed, site: Site) -> None:
    caller = Caller(in_process.base_url, in_process.api_token)
    moment = datetime.now(UTC) - timedelta(days=2)
    for text in ("First", TEXT):
        fields = {"text": text, "at": moment.isoformat(timespec="seconds")}
        assert caller.api("POST", f"/sites/{site.id}/annotations", fields).status == 201
    open_overview(page, in_process, site)
    marker, tip = page.locator(".marker"), page.locator(".tip")
    assert marker.locator("text").text_content() == "2"
    marker.hover()
    tip.get_by_text(TEXT).wait_for()
    assert tip.locator("i").all_text_contents()[0] == "2 annotations"
    assert tip.locator("i").count() == 3
    page.mouse.move(1, 1)
    tip.wait_for(state="hidden")
    marker.focus()
    tip.get_by_text("First").wait_for()
    page.keyboard.press("Enter")
    page.locator("#annotations[open]").get_by_text(TEXT, exact=True).first.wait_for()
    tip.wait_for(state="attached")
    page.locator(".axes").focus()
    for _ in range(3):  # the last bucket, and two back: with its figures and its remarks
        page.keyboard.press("ArrowLeft")
    tip.get_by_text("Pageviews").wait_for()
    assert tip.locator("i").count() == 2


def test_an_open_page_keeps_its_markers_and_shows_new_ones(page: Page, in_process: Deployed, site: Site) -> None:
    caller = Caller(in_process.base_url, in_process.api_token)
    view_at(site, datetime.now(UTC))
    assert caller.api("POST", f"/sites/{site.id}/annotations", {"text": "First"}).status == 201
    with patch("chalicelib.config.OPEN_PAGE_REFRESH_S", 1):
        open_overview(page, in_process, site)
    assert page.locator(".marker").count() == 1
    page.mouse.move(1, 1)
    view_at(site, datetime.now(UTC) + timedelta(seconds=1))  # the figures change, and the chart is replaced
    page.wait_for_function("() => document.querySelector('.figure.pageviews .value').textContent.trim() === '3'")
    assert page.locator(".marker").count() == 1
    with patch("chalicelib.config.ANNOTATIONS_CACHE_S", 0):
        assert caller.api("POST", f"/sites/{site.id}/annotations", {"text": "v2", "kind": "deploy"}).status == 201
        from chalicelib import timed_cache  # as if the minute were over

        timed_cache.reset_all()
        page.wait_for_function("() => document.querySelector('.marker text')?.textContent === '2'")
