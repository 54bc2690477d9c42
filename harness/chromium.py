"""Chromium on this machine, for browser tests, measurements and screenshots, which Playwright drives."""

from __future__ import annotations

import os
import shutil
from typing import Final

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What lets it run headless anywhere, without requests of its own.
FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--no-default-browser-check",
)  # fmt: skip


def find() -> str | None:
    """Its executable: the one that CHROMIUM names, else the first of the usual names on the path."""
    given = os.environ.get("CHROMIUM")
    if given:
        return shutil.which(given)
    return next((found for name in _NAMES if (found := shutil.which(name))), None)
