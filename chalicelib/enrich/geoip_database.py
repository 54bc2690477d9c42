"""Open GeoIP databases in a worker: fetched when first needed, replaced when there is a newer version.

They are too large for the deployment package, so they are in the bucket. A location matters less than a hit, so no
state of a database ever fails a batch: one that is missing, forbidden or damaged gives empty records and one log line,
and a new version that cannot be opened does not replace the one in use.

A hit waits for its location only while the bucket does not answer. See docs/adr/0014.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, ClassVar

import geoip2.database
import maxminddb

from chalicelib import timed_cache
from chalicelib.errors import Unavailable
from chalicelib.store import geoip_files
from chalicelib.structured_log import log_line

CHECK_INTERVAL_S = 600.0
RETRY_INTERVAL_S = 30.0
# Cached records per database, and the total duration of failing lookups after which a database is closed.
_CACHED_LOOKUPS = 2048
_MAX_FAILED_LOOKUPS_S = 5.0

Lookup = Callable[[str], object]

_open: dict[str, Database] = {}


def record(name: str, address: str) -> dict[str, Any]:
    """The record of an IP address in the database `name`; empty if there is none, or no such database."""
    return _database(name).record(address)


def prepare(name: str) -> bool:
    """Open the database `name`, or a newer version if a check is due; gives whether it is open.

    :raises Unavailable: if it is not known whether the database exists, because the bucket has never answered.
    """
    database = _database(name)
    database.refresh()
    if not database.answered:
        raise Unavailable(f"It is not known whether {name} exists: the bucket does not answer.")
    return database.is_open


def close_all() -> None:
    """Close all databases; each is fetched again when it is needed."""
    _open.clear()
    Database.paused_until = 0.0


timed_cache.on_reset(close_all)


def lookup(path: str, intact: bool) -> Lookup:
    """A function that gives the raw record of an address in the database at `path`. The file may be deleted afterwards.

    :param intact: whether the file is known to be undamaged. The C reader is about ten times faster, but a flipped bit
        where it expects the key of a map makes it end the process (maxminddb 3.2.0); the Python reader raises instead.
    """
    # geoip2's typed lookups support only MaxMind's own database types; its reader's raw records support all.
    reader = geoip2.database.Reader(path, mode=maxminddb.MODE_AUTO if intact else maxminddb.MODE_MMAP)._db_reader
    return lru_cache(_CACHED_LOOKUPS)(reader.get)


def _database(name: str) -> Database:
    return _open.get(name) or _open.setdefault(name, Database(name))


class Database:
    """One database. A replaced version is closed when its last lookup has finished.

    :ivar answered: whether the bucket has ever answered a request for this database.
    """

    # When the bucket does not answer, no database asks it again until this time, as a batch has only 30 s in all.
    paused_until: ClassVar[float] = 0.0

    def __init__(self, name: str) -> None:
        self.name = name
        self._lookup: Lookup | None = None
        self._etag: str | None = None
        self.answered = False
        self._next_check = 0.0
        self._logged: set[str] = set()
        self._failed_lookups_s = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether addresses can be looked up in it."""
        return self._lookup is not None

    def record(self, address: str) -> dict[str, Any]:
        """See :func:`record`."""
        self.refresh()
        look_up = self._lookup
        if look_up is None:
            return {}
        began = perf_counter()
        try:
            found = look_up(address)
        except Exception as error:  # noqa: BLE001  # a damaged database can raise anything; only its fields are lost
            self._log_once("lookup failed", type(error).__name__)  # without the message, which may contain the address
            self._failed_lookups_s += perf_counter() - began
            if self._failed_lookups_s > _MAX_FAILED_LOOKUPS_S:  # damage can make every lookup take half a second
                self._lookup = None
            return {}
        return found if isinstance(found, dict) else {}

    def refresh(self) -> None:
        """Fetch and open the bucket's version, if a check is due and it is newer."""
        if self._is_paused():
            return
        with self._lock:
            if self._is_paused():
                return
            self._next_check = monotonic() + CHECK_INTERVAL_S
            try:
                fetched = geoip_files.fetch(self.name, self._etag)
            except Unavailable as error:
                self._next_check = Database.paused_until = monotonic() + RETRY_INTERVAL_S
                self._log_once("unavailable", error.message)
                return
            except OSError as error:
                self.answered = True
                self._log_once("unreadable", f"{type(error).__name__}: {error}")
                return
            self.answered = True
            self._logged.discard("unavailable")
            if fetched is None:
                self._lookup = self._etag = None
            elif fetched.path is not None:
                self._replace(fetched.path, fetched.etag, fetched.intact)

    def _is_paused(self) -> bool:
        return monotonic() < max(self._next_check, Database.paused_until)

    def _replace(self, path: str, etag: str, intact: bool) -> None:
        self._etag = etag  # also of a damaged file, so that it is not downloaded repeatedly
        self._logged = set()
        self._failed_lookups_s = 0.0
        try:
            self._lookup = lookup(path, intact)
        except Exception as error:  # noqa: BLE001  # as above
            self._log_once("unreadable", f"{type(error).__name__}: {error}")
        finally:
            with suppress(OSError):
                Path(path).unlink()  # keeps the scratch folder from filling up; a mapped file stays until it is closed

    def _log_once(self, error: str, detail: str = "") -> None:
        """Log one line per kind of error and version."""
        if error not in self._logged:
            self._logged.add(error)
            log_line(geoip=self.name, error=error, detail=detail[:200])
