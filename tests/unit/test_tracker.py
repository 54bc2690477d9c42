"""The built tracker: small, plain, and made of the source beside it."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKER = ROOT / "chalicelib" / "collect" / "tracker"
BUILT = TRACKER / "tracker.min.js"


def test_the_tracker_takes_at_most_750_bytes_over_the_wire():
    assert len(gzip.compress(BUILT.read_bytes(), 9)) <= 750


def test_the_tracker_is_ascii_so_that_no_page_garbles_it():
    assert BUILT.read_bytes().isascii()


def test_the_tracker_keeps_nothing_in_the_browser():
    assert not re.search(r"cookie|localStorage|sessionStorage|indexedDB|caches", BUILT.read_text())


def test_the_built_tracker_is_up_to_date_with_its_source():
    if not (ROOT / "node_modules" / "esbuild").exists() or not shutil.which("npm"):
        reason = "esbuild is not installed; `make setup` does it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    check = subprocess.run(["npm", "run", "--silent", "build:check"], cwd=ROOT, capture_output=True, text=True)
    assert check.returncode == 0, f"run `npm run build`: {check.stdout}{check.stderr}"
