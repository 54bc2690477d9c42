"""The demo's traffic: sites, weeks of history, and visitors who keep coming. Everything goes over HTTP.

    python -m demo.run --stack .local/stack.json --days 30 --live

A second run adds what would have happened since the first one.
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

from demo.traffic import history, live
from demo.traffic.client import Refused, Shylight
from demo.traffic.history import History
from demo.traffic.sites import SITES, DemoSite

SEED = 1823  # the year of Fresnel's first lens in a lighthouse
PATIENCE_S = 300.0
EVERY_S = 4.0


@dataclass(frozen=True, slots=True)
class Note:
    """What the demo remembers of a site between two runs.

    :ivar site: its id; :ivar full_size_at: ISO date up to which its traffic grew.
    :ivar until: ISO time up to which its history has been sent and counted, ``""`` before that.
    """

    site: str
    full_size_at: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """A site whose history is on its way. `before`: page views that were there already."""

    id: str
    history: History
    before: int
    until: datetime


def main(arguments: Sequence[str]) -> int:
    """Run the demo; an error that a person can act on is told without a traceback."""
    parser = argparse.ArgumentParser(prog="demo.run", description=__doc__)
    parser.add_argument("--stack", type=Path, required=True, help="the stack.json of a stack that is up")
    parser.add_argument("--days", type=int, default=30, help="days of history; 0: none")
    parser.add_argument("--live", action="store_true", help="visitors keep coming, until Ctrl-C")
    parser.add_argument("--every", type=float, default=EVERY_S, help="seconds between two of them")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        info = json.loads(options.stack.read_text(encoding="utf-8"))
        shylight = Shylight(info["base_url"], info["api_token"])
        notes = _Notes(options.stack.parent / "demo.json", shylight)
        sites = {_site_id(shylight, notes, site): site for site in SITES}
        if options.days:
            _send_history(shylight, notes, sites, options.days)
        for id_, site in sites.items():
            _say(f"{site.name}: {shylight.base_url}/sites/{id_}")
        if options.live:
            _live(shylight, sites, options.every)
    except (Refused, OSError, KeyError, ValueError) as error:
        print(f"\nThe demo could not go on: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


class _Notes:
    """The notes of the sites that still exist."""

    def __init__(self, path: Path, shylight: Shylight) -> None:
        self._path = path
        known = {str(site["id"]) for site in shylight.sites()}
        try:
            read = {domain: Note(**fields) for domain, fields in json.loads(path.read_text("utf-8")).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            read = {}
        self._notes = {domain: note for domain, note in read.items() if note.site in known}

    def __getitem__(self, site: DemoSite) -> Note:
        return self._notes[site.domain]

    def __setitem__(self, site: DemoSite, note: Note) -> None:
        self._notes[site.domain] = note
        notes = {domain: asdict(note) for domain, note in self._notes.items()}
        self._path.write_text(json.dumps(notes, indent=2), encoding="utf-8")

    def __contains__(self, site: DemoSite) -> bool:
        return site.domain in self._notes


def _site_id(shylight: Shylight, notes: _Notes, site: DemoSite) -> str:
    if site not in notes:
        id_ = shylight.create_site(site.name, site.domain, site.timezone)
        notes[site] = Note(id_, datetime.now(ZoneInfo(site.timezone)).date().isoformat())
    return notes[site].site


def _send_history(shylight: Shylight, notes: _Notes, sites: dict[str, DemoSite], days: int) -> None:
    began = time.monotonic()
    sendings = []
    for id_, site in sites.items():
        note, now = notes[site], datetime.now(UTC)
        since = datetime.fromisoformat(note.until) if note.until else None
        full = date.fromisoformat(note.full_size_at)
        made = history.prepare(site, days, now, seed=SEED, since=since, full_size_at=full)
        before = history.counted(shylight, id_, made)["pageviews"] if since else 0
        history.send(shylight, id_, made, _say)
        sendings.append(Sending(id_, made, int(before or 0), now))
    for sending in sendings:
        site = sending.history.site
        history.wait_until_counted(shylight, sending.id, sending.history, PATIENCE_S, sending.before, _say)
        notes[site] = Note(sending.id, notes[site].full_size_at, sending.until.isoformat())
    views = sum(len(sending.history.views) for sending in sendings)
    _say(f"{views:,} page views sent and counted in {time.monotonic() - began:.0f} s")


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
