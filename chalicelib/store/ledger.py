"""The ledger: how many hits of a site were dropped, per day, reason and name. Nothing is dropped without an entry.

These are the only numbers that are counted up instead of derived: what is dropped is not there to be counted
later. A batch that comes twice counts its drops twice; they tell an owner what happens, they are no figures.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.store import aws
from chalicelib.store.tables import LedgerItem

# In a flood an entry for every hit would cost as much as the hit: within this time they are added up in memory.
_GATHER_S: Final = 2.0
_MAX_NAME_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger.

    :ivar reason: ``dnt``, ``origin``, ``ignored_address``, ``robot``, ``flood_address``, ``flood_visitor`` or
        ``flood_site``; :ivar name: which one, where that says more (a robot's family, an origin).
    """

    day: date
    reason: str
    name: str
    dropped: int


_FULL_CACHE_S: Final = 60.0

_full: dict[tuple[str, date], tuple[float, bool]] = {}
_gathered: dict[tuple[str, date, str, str], int] = {}
_written: dict[tuple[str, date, str, str], float] = {}


def drop(site_id: str, day: date, reason: str, name: str = "", count: int = 1) -> None:
    """Enter dropped hits. The first of a kind is written at once, those right behind it together."""
    key = (site_id, day, reason, name[:_MAX_NAME_CHARS])
    _gathered[key] = _gathered.get(key, 0) + count
    now = time.monotonic()
    if now - _written.get(key, -_GATHER_S) >= _GATHER_S:
        if len(_written) > 10_000:
            _written.clear()
        _written[key] = now
        _write(key)


def declare_full(site_id: str, day: date, records: int) -> None:
    """Note that a site-day has all the records that the site's settings allow; workers stop adding within a minute."""
    LedgerItem(site_id, f"full#{day.isoformat()}").update(actions=[LedgerItem.dropped.set(records)])


def is_full(site_id: str, day: date) -> bool:
    """Whether a site-day is full, as of at most a minute ago."""
    now = time.monotonic()
    known = _full.get((site_id, day))
    if known is None or known[0] <= now:
        if len(_full) > 10_000:
            _full.clear()
        known = (now + _FULL_CACHE_S, LedgerItem.count(site_id, LedgerItem.sk == f"full#{day.isoformat()}") > 0)
        _full[site_id, day] = known
    return known[1]


def flush(older_than_s: float = _GATHER_S) -> None:
    """Write what was gathered and is old enough; every invocation of a function does it.

    :param older_than_s: 0 for all, at the end of what gathers by itself.
    """
    now = time.monotonic()
    for key in [key for key in _gathered if now - _written.get(key, -older_than_s) >= older_than_s]:
        _written[key] = now
        _write(key)


def _write(key: tuple[str, date, str, str]) -> None:
    site_id, day, reason, name = key
    count = _gathered.pop(key)
    item = LedgerItem(site_id, f"ledger#{day.isoformat()}#{reason}#{name}")
    try:
        item.update(actions=[LedgerItem.dropped.add(count)])
    except Exception as error:
        if not aws.failed(error):
            raise
        # The ledger must not cost a hit that is not dropped: it is written with the next entry, and the log tells.
        _gathered[key] = _gathered.get(key, 0) + count
        print(json.dumps({"ledger": "not written", "reason": reason, "dropped": count}))


def between(site_id: str, first: date, last: date) -> list[Entry]:
    """The entries of the days from `first` to `last`, both included."""
    keys = LedgerItem.sk.between(f"ledger#{first.isoformat()}#", f"ledger#{last.isoformat()}~")
    return [_parse(item) for item in LedgerItem.query(site_id, keys)]


def _parse(item: LedgerItem) -> Entry:
    _, day, reason, name = item.sk.split("#", 3)
    return Entry(date.fromisoformat(day), reason, name, int(item.dropped))
