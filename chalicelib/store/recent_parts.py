"""Tables of parts that this process has read lately: whoever filters figures asks about the same days again.

Parts are never changed, so these cannot be outdated. Their bytes are bounded; what was used longest ago leaves first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from typing import Final

from chalicelib import config, timed_cache
from chalicelib.store import segments
from chalicelib.store.segments import Part

_lock: Final = threading.Lock()
# (site, day, name of the part, table) -> its Parquet file; those that were used longest ago first.
_tables: Final[OrderedDict[tuple[str, date, str, str], bytes]] = OrderedDict()
timed_cache.on_reset(_tables.clear)


def has(site_id: str, day: date, part: Part, tables: Sequence[str]) -> bool:
    """Whether :func:`read` needs nothing from the bucket for these tables."""
    with _lock:
        return all((site_id, day, part.name, table) in _tables for table in tables if table in part.places)


def read(site_id: str, day: date, part: Part, tables: Sequence[str]) -> dict[str, bytes]:
    """As `segments.read_part`, for the tables that are not known here."""
    with _lock:
        known = {table: (site_id, day, part.name, table) for table in tables}
        found = {table: _tables[key] for table, key in known.items() if key in _tables}
        for table in found:
            _tables.move_to_end(known[table])
    if missing := [table for table in tables if table not in found]:
        read = segments.read_part(site_id, day, part, missing)
        found |= read
        with _lock:
            _tables.update({known[table]: data for table, data in read.items()})
            while sum(map(len, _tables.values())) > config.RECENT_PARTS_BYTES:
                _tables.popitem(last=False)
    return found
