"""Take a screenshot of the demo's dashboard for the README: ``python -m demo.screenshot``, while ``make demo`` runs.

It shows the 14 days up to yesterday, which the metrics of the 14 days before are compared with.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from localstack.stack import HOME, ROOT

TARGET = ROOT / "docs" / "screenshot.png"
DAYS = 14
WIDTH, CARDS, MARGIN = 1400, 2, 12  # px, number of visible cards below the chart, px below them
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


def take_screenshot(stack: dict[str, str], target: Path, chromium: str) -> None:
    """Sign in, open the site with the most visitors, and write the upper part of its overview to `target` (PNG)."""
    from playwright.sync_api import sync_playwright

    base_url = stack["base_url"]
    last = datetime.now(UTC).date() - timedelta(days=1)
    period = f"?period=custom&from={last - timedelta(days=DAYS - 1)}&to={last}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        page.goto(f"{base_url}/sign-in")
        page.get_by_label("E-mail").fill(stack["admin_email"])
        page.get_by_label("Password").fill(stack["admin_password"])
        page.get_by_role("button", name="Sign in").click()
        cards = page.locator(".site", has=page.locator(".four"))
        cards.first.wait_for()
        visitors = [int(text.replace(",", "")) for text in cards.locator(".value").all_inner_texts()[::4]]
        link = cards.nth(visitors.index(max(visitors))).get_by_role("link").get_attribute("href") or ""
        page.goto(f"{base_url}/{link.partition('?')[0]}{period}")
        page.locator(".strip").wait_for()
        target.parent.mkdir(exist_ok=True)
        box = page.locator(".columns > *").nth(CARDS - 1).bounding_box()
        height = box["y"] + box["height"] + MARGIN if box else 900
        page.screenshot(path=target, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": height})
        browser.close()


def main(arguments: list[str]) -> int:
    """Take the screenshot from the stack that a stack.json describes."""
    parser = argparse.ArgumentParser(prog="demo.screenshot", description=__doc__)
    parser.add_argument("--stack", type=Path, default=HOME / "stack.json")
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium is not installed. On Debian: apt-get install chromium", file=sys.stderr)
        return 1
    take_screenshot(json.loads(options.stack.read_text()), options.out, chromium)
    print(f"wrote {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
