"""Shared pages and the page on which they are managed, in Chromium: frames, and forms as they were shown."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from chalicelib.dashboard.sharing import link_forms
from tests.browser.sample_pages import Dashboard
from tests.unit.dashboard import samples

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def website(dashboard: Dashboard) -> Iterator[str]:
    """Another website, with a page for each page of Shylight that shows it in a frame; its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{dashboard.url}{self.path}" width="800" height="600"></iframe>'.encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"  # for browsers another site than 127.0.0.1
    server.shutdown()
    server.server_close()


def test_only_named_websites_can_show_a_shared_page_in_a_frame(page: Page, dashboard: Dashboard, website: str) -> None:
    named = dataclasses.replace(samples.LINK, embed_origins=(website,))
    other = dataclasses.replace(samples.LINK, embed_origins=("https://other.example",))
    dashboard.pages |= {
        "/share/named": lambda: samples.shared(samples.full(), named),
        "/share/other": lambda: samples.shared(samples.full(), other),
        "/share/none": lambda: samples.shared(samples.full()),
        "/share/locked-named": lambda: samples.shared_locked(
            link=dataclasses.replace(samples.FULL_LINK, embed_origins=(website,))
        ),
    }
    page.goto(f"{website}/share/named")
    page.frame_locator("iframe").get_by_role("heading", name="Fieldnotes").wait_for()
    page.goto(f"{website}/share/locked-named")
    page.frame_locator("iframe").get_by_label("Password").wait_for()
    for path in ("/share/other", "/share/none", "/share/locked", "/sites/x/sharing", "/sites/full"):
        page.goto(website + path)
        page.wait_for_load_state("networkidle")
        (frame,) = page.main_frame.child_frames
        assert frame.url.startswith("chrome-error:"), path


def test_a_form_that_nobody_touched_changes_nothing(either: Page, dashboard: Dashboard) -> None:
    """It is sent as it was shown, with and without JavaScript."""
    either.goto(f"{dashboard.url}/sites/x/sharing")
    link = either.get_by_role("article", name=samples.FULL_LINK.name)
    link.get_by_text("Edit").click()
    with either.expect_request(lambda request: request.method == "POST") as sent:
        link.get_by_role("button", name="Save").click()
    assert sent.value.url.endswith(f"/sharing/{samples.FULL_LINK.id}")
    form = dict(parse_qsl(sent.value.post_data or "", keep_blank_values=True))
    data = link_forms.data(form, samples.LONG_SITE, samples.FULL_LINK)
    assert data == {
        "name": samples.FULL_LINK.name,
        "hidden": list(samples.FULL_LINK.hidden),
        "embed_origins": list(samples.FULL_LINK.embed_origins),
        "indexed": False,
    }


def test_an_address_is_copied_and_a_new_link_is_made_by_keyboard(page: Page, dashboard: Dashboard) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=dashboard.url)
    page.goto(f"{dashboard.url}/sites/x/sharing")
    public = page.get_by_role("region", name="Public page")
    public.get_by_role("button", name="Copy").first.click()
    public.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/public/{samples.LINK.site_id}")
    page.get_by_text("New link", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("For Ada")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.keyboard.press("Enter")
    form = dict(parse_qsl(sent.value.post_data or "", keep_blank_values=True))
    assert (form["name"], form["csrf"]) == ("For Ada", "token")
    assert {name for name in form if name.startswith("show_")} == {
        "show_pages", "show_sources", "show_places", "show_devices", "show_events",
    }  # fmt: skip
