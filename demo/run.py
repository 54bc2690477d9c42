"""The demo's traffic: sites, weeks of history, and live visitors, all sent over HTTP.

    python -m demo.run --stack .local/stack.json --days 60 --live

A second run adds the traffic since the first one.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from demo.traffic import history, live, set_up, site_annotations
from demo.traffic.client import RequestFailed, Shylight
from demo.traffic.demo_site import DemoSite
from demo.traffic.history import History
from demo.traffic.sites import SITES

SEED = 1823  # the year of Fresnel's first lens in a lighthouse
TIMEOUT_S = 300.0
INTERVAL_S = 20.0


@dataclass(frozen=True, slots=True)
class Progress:
    """A site's state between two runs of the demo.

    :ivar site: its id; :ivar full_size_at: ISO date until which its traffic grew.
    :ivar until: ISO time until which its history has been sent and counted; ``""`` if none has.
    """

    site: str
    full_size_at: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """A site whose history has been sent but not counted. `before`: page views that were counted already."""

    id: str
    history: History
    before: int
    until: datetime


def main(arguments: Sequence[str]) -> int:
    """Run the demo; errors that a person can fix are printed without a traceback."""
    parser = argparse.ArgumentParser(prog="demo.run", description=__doc__)
    parser.add_argument("--stack", type=Path, required=True, help="the stack.json of a running stack")
    parser.add_argument("--days", type=int, default=60, help="days of history; 0: none")
    parser.add_argument("--live", action="store_true", help="keep sending visitors until Ctrl-C")
    parser.add_argument("--every", type=float, default=INTERVAL_S, help="average seconds between two live visitors")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        info = json.loads(options.stack.read_text(encoding="utf-8"))
        shylight = Shylight(info["base_url"], info["api_token"], ingest_url=info.get("ingest_url", ""))
        progress = _ProgressFile(options.stack.parent / "demo.json", shylight)
        sites = {_site_id(shylight, progress, site): site for site in SITES}
        if options.days:
            _send_history(shylight, progress, sites, options.days)
        for id_, site in sites.items():
            _say(f"{site.name}: {shylight.base_url}/sites/{id_}")
        if options.live:
            _live(shylight, sites, options.every)
    except (RequestFailed, OSError, KeyError, ValueError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


class _ProgressFile:
    """The saved progress of the sites that still exist."""

    def __init__(self, path: Path, shylight: Shylight) -> None:
        self._path = path
        known = {str(site["id"]) for site in shylight.sites()}
        try:
            read = {domain: Progress(**fields) for domain, fields in json.loads(path.read_text("utf-8")).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            read = {}
        self._saved = {domain: saved for domain, saved in read.items() if saved.site in known}

    def __getitem__(self, site: DemoSite) -> Progress:
        return self._saved[site.domain]

    def __setitem__(self, site: DemoSite, saved: Progress) -> None:
        self._saved[site.domain] = saved
        progress = {domain: asdict(saved) for domain, saved in self._saved.items()}
        self._path.write_text(json.dumps(progress, indent=2), encoding="utf-8")

    def __contains__(self, site: DemoSite) -> bool:
        return site.domain in self._saved


def _site_id(shylight: Shylight, progress: _ProgressFile, site: DemoSite) -> str:
    if site not in progress:
        id_ = set_up.create(shylight, site)
        progress[site] = Progress(id_, datetime.now(ZoneInfo(site.timezone)).date().isoformat())
    return progress[site].site


def _send_history(shylight: Shylight, progress: _ProgressFile, sites: dict[str, DemoSite], days: int) -> None:
    """Send the history and, when that is counted, those who came meanwhile and are there now."""
    started = time.monotonic()
    new = {id_: site for id_, site in sites.items() if not progress[site].until}
    views = _send(shylight, progress, new, days) if new else 0
    for id_, site in new.items():
        first = history.first_day(site, days, datetime.now(UTC))
        site_annotations.send(shylight, id_, site, first, datetime.now(UTC))
        set_up.complete(shylight, id_, site)
    views += _send(shylight, progress, sites, days, recent=True)
    _say(f"{views:,} page views sent and counted in {time.monotonic() - started:.0f} s")


def _send(
    shylight: Shylight, progress: _ProgressFile, sites: dict[str, DemoSite], days: int, *, recent: bool = False
) -> int:
    pending = []
    for id_, site in sites.items():
        saved, now = progress[site], datetime.now(UTC)
        since = datetime.fromisoformat(saved.until) if saved.until else None
        full = date.fromisoformat(saved.full_size_at)
        prepared = history.prepare(site, days, now, seed=SEED, since=since, full_size_at=full, recent=recent)
        before = history.counted(shylight, id_, prepared)["pageviews"] if since else 0
        history.send(shylight, id_, prepared, _say)
        pending.append(Pending(id_, prepared, int(before or 0), now))
    history.wait_until_stored(shylight, TIMEOUT_S, _say)
    for one in pending:
        site = one.history.site
        history.wait_until_counted(shylight, one.id, one.history, TIMEOUT_S, one.before, _say)
        progress[site] = Progress(one.id, progress[site].full_size_at, one.until.isoformat())
    return sum(len(one.history.views) for one in pending)


def _live(shylight: Shylight, sites: dict[str, DemoSite], every_s: float) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    sent = live.run(shylight, sites, every_s, stop, random.Random(), _say)
    _say(f"{sent:,} page views sent")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
