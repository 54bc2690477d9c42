"""Photographs of every page with sample data, to look at: ``python -m tests.browser.photographs``.

They are written to ``.local/photographs``, named by language, scheme, width and page. Options limit them, for example
``--language de --scheme dark --width 390 --only sharing``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chalicelib.translation import LANGUAGES
from harness.chromium import FLAGS, find
from tests.browser.sample_pages import Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER: Final = Path(__file__).resolve().parents[2] / ".local" / "photographs"
SCHEMES: Final = ("light", "dark")
WIDTHS: Final = (1400, 768, 390)
MAX_HEIGHT: Final = 6000  # px


def take(browser: Browser, dashboard: Dashboard, scheme: str, width: int, only: str, folder: Path) -> Iterator[Path]:
    """Photograph the pages whose path contains `only`, whole, in one scheme (light, dark) at one width in px."""
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    for path in dashboard.pages:
        if only not in path:
            continue
        page.goto(dashboard.url + path)
        name = re.sub(r"[^\w-]+", "_", path.strip("/"))
        target = folder / f"{dashboard.language}-{scheme}-{width}-{name}.png"
        height = min(page.evaluate("document.documentElement.scrollHeight"), MAX_HEIGHT)
        page.screenshot(path=target, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
        yield target
    context.close()


def main(arguments: Sequence[str]) -> int:
    """Take all photographs that the arguments ask for."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="tests.browser.photographs", description=__doc__)
    parser.add_argument("--language", action="append", choices=LANGUAGES)
    parser.add_argument("--scheme", action="append", choices=SCHEMES)
    parser.add_argument("--width", action="append", type=int, help="px")
    parser.add_argument("--only", default="", help="part of the paths of pages")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    chromium = find()
    if chromium is None:
        print("Chromium is not installed. On Debian: apt-get install chromium", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    dashboard = Dashboard()
    taken = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for dashboard.language in options.language or LANGUAGES:
            for scheme in options.scheme or SCHEMES:
                for width in options.width or WIDTHS:
                    taken += sum(1 for _ in take(browser, dashboard, scheme, width, options.only, options.out))
        browser.close()
    dashboard.close()
    print(f"{taken} photographs in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
