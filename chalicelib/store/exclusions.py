"""The ledger: how many hits of a site were dropped, per day, reason and name. Nothing is dropped without an entry.

These are the only numbers that are counted up instead of derived: what is dropped is not there to be counted
later. A batch that comes twice counts its drops twice; they tell an owner what happens, they are no figures.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.store import aws
from chalicelib.store.sites import Site
from chalicelib.store.tables import LedgerItem
from chalicelib.structured_log import log_line
from chalicelib.timed_cache import TimedCache

# In a flood an entry for every hit would cost as much as the hit: of one kind, an instance writes this many within the
# time, and gathers what comes beyond until the time is over.
_WRITES: Final = 20
_GATHER_S: Final = 2.0
_MAX_NAME_CHARS: Final = 60
# Names can be made up by whoever sends hits (an origin): of a reason and day, an instance tells so many, and enters
# what comes beyond without its name.
_MAX_NAMES: Final = 50
_MAX_KINDS: Final = 1_000
# How the reason of a dropped robot begins.
ROBOT: Final = "robot_"
# Of hits that could not be read or stored: they lie on the dead-letter queue.
PUT_ASIDE: Final = "put_aside"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger.

    :ivar reason: ``dnt``, ``origin``, ``ignored_address``, ``flood_address``, ``flood_site``, :data:`PUT_ASIDE`, or
        :data:`ROBOT` with the reason for which it is one behind it, as in ``robot_declared``.
    :ivar name: which one, where that says more (a robot's, an origin).
    """

    day: date
    reason: str
    name: str
    dropped: int


_FULL_CACHE_S: Final = 60.0

_Kind = tuple[str, date, str, str]

# How many records a site-day has that was full once; 0: it never was.
_full: TimedCache[tuple[str, date], int] = TimedCache()
# What this invocation dropped; what is still to be written, of earlier ones too; when each kind was written of late.
_dropped: dict[_Kind, int] = {}
_gathered: dict[_Kind, int] = {}
_written: dict[_Kind, list[float]] = {}
_names: dict[tuple[str, date, str], set[str]] = {}


def drop(site_id: str, day: date, reason: str, name: str = "", count: int = 1) -> None:
    """Enter dropped hits; written when the invocation is over, those of a kind together."""
    kind = (site_id, day, reason, _bounded(site_id, day, reason, name[:_MAX_NAME_CHARS]))
    _dropped[kind] = _dropped.get(kind, 0) + count


def _bounded(site_id: str, day: date, reason: str, name: str) -> str:
    """The name, or none if there are many already."""
    if len(_names) > _MAX_KINDS:
        _names.clear()
    known = _names.setdefault((site_id, day, reason), set())
    if name in known or len(known) < _MAX_NAMES:
        known.add(name)
        return name
    return ""


def declare_full(site_id: str, day: date, records: int) -> None:
    """Note that a site-day has all the records that the site's settings allow; workers stop adding within a minute.

    :param records: how many it has.
    """
    LedgerItem(site_id, f"full#{day.isoformat()}").update(actions=[LedgerItem.dropped.set(records)])


def is_full(site: Site, day: date) -> bool:
    """Whether a site-day has, as of at most a minute ago, all that the site's settings allow now."""
    return _full.get((site.id, day), lambda: _records_when_full(site.id, day), _FULL_CACHE_S) >= site.max_day


def _records_when_full(site_id: str, day: date) -> int:
    found = LedgerItem.query(site_id, LedgerItem.sk == f"full#{day.isoformat()}")
    return max((int(item.dropped) for item in found), default=0)


def flush() -> None:
    """Write what was dropped. To be called when an invocation has done its work."""
    for kind, count in _dropped.items():
        _gathered[kind] = _gathered.get(kind, 0) + count
    _dropped.clear()
    now = time.monotonic()
    for kind in list(_gathered):
        lately = [then for then in _written.get(kind, ()) if now - then < _GATHER_S]
        if len(lately) < _WRITES:
            _write(kind)
            lately.append(now)
        _written[kind] = lately
    for kind in [kind for kind, times in _written.items() if now - times[-1] >= _GATHER_S]:
        del _written[kind]


def take_back() -> None:
    """Forget what this invocation dropped: it failed, and its hits come again."""
    _dropped.clear()


def _write(kind: _Kind) -> None:
    site_id, day, reason, name = kind
    count = _gathered.pop(kind)
    item = LedgerItem(site_id, f"ledger#{day.isoformat()}#{reason}#{name}")
    try:
        item.update(actions=[LedgerItem.dropped.add(count)])
    except Exception as error:
        if not aws.failed(error):
            raise
        # The ledger must not cost a hit that is not dropped: it is written with the next entry, and the log tells.
        _gathered[kind] = _gathered.get(kind, 0) + count
        log_line(ledger="not written", reason=reason, dropped=count)


def between(site_id: str, first: date, last: date) -> list[Entry]:
    """The entries of the days from `first` to `last`, both included."""
    keys = LedgerItem.sk.between(f"ledger#{first.isoformat()}#", f"ledger#{last.isoformat()}~")
    return [_parse(item) for item in LedgerItem.query(site_id, keys)]


def _parse(item: LedgerItem) -> Entry:
    _, day, reason, name = item.sk.split("#", 3)
    return Entry(date.fromisoformat(day), reason, name, int(item.dropped))
