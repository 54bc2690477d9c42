"""What Chromium does with the overview of 30 days with 100,000 page views, by its own records, with an empty cache."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bench.overview import prepare
from harness.chromium import FLAGS, find
from harness.local_server import LocalServer
from harness.measurement import Measurement, Section

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

_RUNS: Final = 5
_WIDTH, _HEIGHT = 1400, 1000
_KIB: Final = 1024
# Records that Chromium keeps of a page: when it was painted, what ran for more than 50 ms, and what moved.
_RECORDS: Final = """async () => {
  await new Promise((done) => requestIdleCallback(done, { timeout: 2000 }));
  const buffered = (type) => new Promise((done) => {
    const observer = new PerformanceObserver((list) => (observer.disconnect(), done(list.getEntries())));
    observer.observe({ type, buffered: true });
    setTimeout(() => done([]), 300);
  });
  const [navigation] = performance.getEntriesByType("navigation");
  const shifts = await buffered("layout-shift");
  return {
    first_byte: navigation.responseStart - navigation.requestStart,
    first_paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    loaded: navigation.loadEventEnd,
    long_tasks: (await buffered("longtask")).length,
    shift: shifts.reduce((sum, { value }) => sum + value, 0),
  };
}"""


@dataclass(frozen=True, slots=True)
class _Load:
    """One load: Chromium's records, and what was transferred, bytes in gzip by the kind of resource."""

    records: dict[str, float]
    requests: int
    page: int
    assets: int


def measure() -> Section:
    """Times, requests and bytes of the page, and whether anything blocks or jumps."""
    chromium = find()
    if chromium is None:
        raise RuntimeError("no Chromium found: install it, or name its executable with CHROMIUM=")
    from playwright.sync_api import sync_playwright

    from app import app

    site, views, cookie = prepare()
    server = LocalServer(app)
    os.environ["SHYLIGHT_PUBLIC_URL"] = server.url
    try:
        with sync_playwright() as playwright, contextlib.redirect_stdout(io.StringIO()):
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            loads = [_load(browser, f"{server.url}/sites/{site}?period=30d", cookie) for _ in range(_RUNS + 1)][1:]
            browser.close()
    finally:
        server.close()
    return Section(
        f"Overview in Chromium (30 days, {views:,} page views, empty cache, {_WIDTH} px, program in this process)",
        [
            Measurement("first byte", _median(loads, "first_byte"), "ms", 100, f"median of {_RUNS}, as the others"),
            Measurement("first contentful paint", _median(loads, "first_paint"), "ms", 400),
            Measurement("everything loaded", _median(loads, "loaded"), "ms"),
            Measurement("tasks over 50 ms, most", max(one.records["long_tasks"] for one in loads), "", 0),
            Measurement("layout shift, largest", max(one.records["shift"] for one in loads), "", 0),
            Measurement("requests", loads[0].requests, ""),
            Measurement("page, gzip", loads[0].page, "bytes", 30 * _KIB),
            Measurement("scripts, styles and pictures, gzip", loads[0].assets, "bytes", 60 * _KIB),
        ],
    )


def _median(loads: list[_Load], name: str) -> float:
    return statistics.median(one.records[name] for one in loads)


def _load(browser: Browser, url: str, cookie: str) -> _Load:
    """Open the page as a browser that has never been there."""
    context = browser.new_context(viewport={"width": _WIDTH, "height": _HEIGHT})
    name, _, value = cookie.partition("=")
    context.add_cookies(
        [{"name": name, "value": value, "domain": urlsplit(url).hostname or "", "path": "/", "secure": True}]
    )
    page = context.new_page()
    answers: list[Response] = []

    def note(answer: Response) -> None:  # Playwright sets attributes of it, which a built-in method has not
        answers.append(answer)

    page.on("response", note)
    page.goto(url, wait_until="load")
    records: dict[str, Any] = page.evaluate(_RECORDS)
    # Before the page asks for itself again; API Gateway compresses what it passes on.
    packed = {
        answer.url: len(gzip.compress(answer.body(), 6))
        for answer in answers
        if answer.request.resource_type != "fetch"
    }
    context.close()
    if page_bytes := packed.pop(url, 0):
        return _Load(records, len(packed) + 1, page_bytes, sum(packed.values()))
    raise RuntimeError(f"the page answered from another address than {url}: {sorted(packed)}")
