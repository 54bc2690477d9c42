"""Counters of dropped hits, per site, day, reason and name. Every dropped hit is counted.

These are the only numbers that are incremented, because dropped hits are not stored. A batch that is delivered twice
counts its dropped hits twice: the counters inform the owner, they are not metrics.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.store import aws, usage
from chalicelib.store.sites import Site, cached_site
from chalicelib.store.tables import LedgerItem
from chalicelib.structured_log import log_line
from chalicelib.timed_cache import TimedCache

# In a flood, a write for every dropped hit would cost as much as the hit. Per counter, an instance writes this often in
# this time; further hits are added up until the time is over.
_WRITES: Final = 20
_GATHER_S: Final = 2.0
_MAX_NAME_CHARS: Final = 60
# Clients can send any name (of an origin): per day and reason, an instance counts this many names; the others are
# counted without a name.
_MAX_NAMES: Final = 50
_MAX_KINDS: Final = 1_000
# The prefix of the reasons of dropped bots.
ROBOT: Final = "robot_"
# The reason of hits that could not be read or stored, and are on the dead-letter queue.
PUT_ASIDE: Final = "put_aside"


@dataclass(frozen=True, slots=True)
class Entry:
    """A counter.

    :ivar reason: ``dnt``, ``origin``, ``ignored_address``, ``flood_address``, ``flood_site``, :data:`PUT_ASIDE`, or
        :data:`ROBOT` followed by the reason why it is a bot, as in ``robot_declared``.
    :ivar name: of the bot or the origin, where there is one.
    """

    day: date
    reason: str
    name: str
    dropped: int


_FULL_CACHE_S: Final = 60.0

_Kind = tuple[str, date, str, str]

# (site, day) -> the records of the day if it was full; else 0.
_full: TimedCache[tuple[str, date], int] = TimedCache()
# Counted in this invocation; still to be written; times of recent writes.
_dropped: dict[_Kind, int] = {}
_gathered: dict[_Kind, int] = {}
_written: dict[_Kind, list[float]] = {}
_names: dict[tuple[str, date, str], set[str]] = {}


def count_dropped(site_id: str, day: date, reason: str, name: str = "", count: int = 1) -> None:
    """Count dropped hits; written at the end of the invocation, one write for equal ones."""
    kind = (site_id, day, reason, _bounded(site_id, day, reason, name[:_MAX_NAME_CHARS]))
    _dropped[kind] = _dropped.get(kind, 0) + count


def _bounded(site_id: str, day: date, reason: str, name: str) -> str:
    """The name, or ``""`` if there are too many names already."""
    if len(_names) > _MAX_KINDS:
        _names.clear()
    known = _names.setdefault((site_id, day, reason), set())
    if name in known or len(known) < _MAX_NAMES:
        known.add(name)
        return name
    return ""


def declare_full(site_id: str, day: date, records: int) -> None:
    """Store that a site-day has reached its limit; workers stop adding hits within a minute.

    :param records: how many records the day has.
    """
    LedgerItem(site_id, f"full#{day.isoformat()}").update(actions=[LedgerItem.dropped.set(records)])


def is_full(site: Site, day: date) -> bool:
    """Whether a site-day has reached its limit, as known at most a minute ago."""
    return _full.get((site.id, day), lambda: _records_when_full(site.id, day), _FULL_CACHE_S) >= site.max_day


def _records_when_full(site_id: str, day: date) -> int:
    found = LedgerItem.query(site_id, LedgerItem.sk == f"full#{day.isoformat()}")
    return max((int(item.dropped) for item in found), default=0)


def flush() -> None:
    """Write the counters; to be called at the end of an invocation."""
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


def discard() -> None:
    """Discard what this invocation counted: it failed, and its hits are delivered again."""
    _dropped.clear()


def _write(kind: _Kind) -> None:
    site_id, day, reason, name = kind
    count = _gathered.pop(kind)
    if cached_site(site_id) is None:  # deleted since; counts may wait here for long
        log_line(ledger="site deleted", reason=reason, dropped=count)
        return
    item = LedgerItem(site_id, f"ledger#{day.isoformat()}#{reason}#{name}")
    try:
        item.update(actions=[LedgerItem.dropped.add(count)])
    except Exception as error:
        if not aws.failed(error):
            raise
        # A failure here must not fail an invocation that has stored hits: retry with the next write, and log it.
        _gathered[kind] = _gathered.get(kind, 0) + count
        log_line(ledger="not written", reason=reason, dropped=count)
        return
    _count_usage(site_id, day, reason, count)


def _count_usage(site_id: str, day: date, reason: str, count: int) -> None:
    """Count the hits towards the usage of the site's month, too, which administrators see."""
    try:
        usage.add_dropped(site_id, day, reason, count)
    except Exception as error:
        if not aws.failed(error):
            raise
        log_line(usage="not written", reason=reason, dropped=count)  # the ledger has them


def between(site_id: str, first: date, last: date) -> list[Entry]:
    """The entries of the days from `first` to `last`, both included."""
    keys = LedgerItem.sk.between(f"ledger#{first.isoformat()}#", f"ledger#{last.isoformat()}~")
    return [_parse(item) for item in LedgerItem.query(site_id, keys)]


def _parse(item: LedgerItem) -> Entry:
    _, day, reason, name = item.sk.split("#", 3)
    return Entry(date.fromisoformat(day), reason, name, int(item.dropped))
