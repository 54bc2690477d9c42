"""Chromium, driven by Playwright. Skipped in plain words where there is none; under CI=true that is a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.chromium import FLAGS, find
from tests.browser.pages import Ingress, Site
from tests.browser.sample_pages import Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# Headless Chromium calls itself that, and is rightly taken for a robot. Playwright's own override of the name does
# not reach the beacon of a page that has just been left.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
HEADLESS_AGENT = AGENT.replace("Chrome/", "HeadlessChrome/")


def install_chromium() -> None:
    """Install Debian's Chromium, where that is the system and this process may."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", "--quiet=2", *words], env=environ, check=False, capture_output=True)


def unavailable(reason: str) -> None:
    """Skip, in plain words; where a skip would hide a fault, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium's executable."""
    found = find()
    if found is None and not os.environ.get("CHROMIUM"):
        install_chromium()
        found = find()
    if found is None:
        unavailable(
            "no Chromium found. Install it (Debian: apt-get install chromium) or name it: CHROMIUM=/path/to/chromium"
        )
        raise AssertionError
    return found


@pytest.fixture(scope="session")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium as people use it: Playwright's own flags would switch off its back/forward cache."""
    from playwright.sync_api import sync_playwright

    profile: Path = tmp_path_factory.mktemp("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            ignore_default_args=True,
            args=[*FLAGS, "--remote-debugging-pipe", f"--user-data-dir={profile}", f"--user-agent={AGENT}"],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor."""
    context = browser.new_context()
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of theirs."""
    return context.new_page()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def either(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab with or without JavaScript."""
    context = browser.new_context(java_script_enabled=request.param)
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def dashboard() -> Iterator[Dashboard]:
    """All pages of the dashboard, with sample data."""
    dashboard = Dashboard()
    yield dashboard
    dashboard.close()


@pytest.fixture
def ingress() -> Iterator[Ingress]:
    """An ingress that notes what it is sent."""
    ingress = Ingress()
    yield ingress
    ingress.close()


@pytest.fixture
def site(ingress: Ingress) -> Iterator[Site]:
    """A site with the tracker of `ingress` in its pages; another origin than the ingress."""
    site = Site(ingress.snippet)
    yield site
    site.close()
