"""What browsers run, as it is built: small, plain, and made of the source beside it."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chalicelib.errors import Unavailable
from chalicelib.store import aws, hit_queue

ROOT = Path(__file__).parents[3]
TRACKER = ROOT / "chalicelib" / "collect" / "tracker"
BUILT = TRACKER / "tracker.min.js"
ALL_BUILT = sorted(TRACKER.glob("*.min.js"))


def test_the_tracker_takes_at_most_750_bytes_over_the_wire():
    assert len(gzip.compress(BUILT.read_bytes(), 9)) <= 750


def test_with_all_its_options_the_tracker_fits_one_packet():
    body = (TRACKER / "tracker.precise.min.js").read_bytes() + (TRACKER / "options.min.js").read_bytes()
    assert len(gzip.compress(body, 9)) <= 1400


@pytest.mark.parametrize("built", ALL_BUILT, ids=lambda path: path.name)
def test_what_browsers_run_is_ascii_so_that_no_page_garbles_it(built):
    assert built.read_bytes().isascii()


@pytest.mark.parametrize("built", ALL_BUILT, ids=lambda path: path.name)
def test_what_browsers_run_keeps_nothing_in_them(built):
    assert not re.search(r"cookie|localStorage|sessionStorage|indexedDB|caches|window\.name", built.read_text())


def test_the_tracker_waits_as_long_as_the_collector_asks_for(monkeypatch):
    def refuse(_service):
        raise aws.BotoCoreError

    monkeypatch.setattr(aws, "client", refuse)
    with pytest.raises(Unavailable) as refused:
        hit_queue.send("{}")
    assert f"setTimeout(send, {refused.value.retry_after}000, " in (TRACKER / "tracker.js").read_text()


def test_the_built_tracker_is_up_to_date_with_its_source():
    if not (ROOT / "node_modules" / "esbuild").exists() or not shutil.which("npm"):
        reason = "esbuild is not installed; `make setup` does it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    check = subprocess.run(["npm", "run", "--silent", "build:check"], cwd=ROOT, capture_output=True, text=True)
    assert check.returncode == 0, f"run `npm run build`: {check.stdout}{check.stderr}"
