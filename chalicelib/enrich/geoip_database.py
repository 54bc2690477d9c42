"""GeoIP databases, as a worker holds them open: fetched when first needed, swapped when there is a newer one.

They are too large for the deployment package, so they lie in the bucket. A place is worth less than a hit, so no
state of a database ever fails a batch: one that is missing, forbidden or damaged gives empty records and one line in
the log, and a new version that cannot be opened does not replace the one that is in use.

Only while the bucket does not answer may a hit wait for its place. See docs/adr/0014.
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

LOOK_AGAIN_S = 600.0
TRY_AGAIN_S = 30.0
# Records kept at hand for each database, and how long look-ups that fail may take in all before it is closed.
_REMEMBERED = 2048
_PATIENCE_S = 5.0

LookUp = Callable[[str], object]

_open: dict[str, Database] = {}


def record(name: str, address: str) -> dict[str, Any]:
    """What the database `name` knows of an IP address; empty if it knows nothing, or if there is no such database."""
    return _database(name).record(address)


def prepare(name: str) -> bool:
    """Open the database `name`, or a newer version of it, if it is time; whether there is one.

    :raises Unavailable: if it was never heard of this database, because the bucket does not answer.
    """
    database = _database(name)
    database.renew()
    if not database.answered:
        raise Unavailable(f"The bucket does not say whether there is a {name}.")
    return database.is_open


def forget() -> None:
    """Close all databases, and fetch each anew when it is needed."""
    _open.clear()
    Database.asleep_until = 0.0


timed_cache.on_reset(forget)


def lookup(path: str, intact: bool) -> LookUp:
    """What gives the raw record of an address in the database at `path`, which may be deleted meanwhile.

    :param intact: whether the file is known to be. The C reader is some ten times faster, but a flipped bit where it
        expects the key of a map makes it end the process (maxminddb 3.2.0); the one in Python raises then.
    """
    # geoip2's typed look-ups know MaxMind's own types of databases only; its reader's raw records, all.
    reader = geoip2.database.Reader(path, mode=maxminddb.MODE_AUTO if intact else maxminddb.MODE_MMAP)._db_reader
    return lru_cache(_REMEMBERED)(reader.get)


def _database(name: str) -> Database:
    return _open.get(name) or _open.setdefault(name, Database(name))


class Database:
    """One database. The version in use is closed when it has been replaced and the last look-up has let go of it.

    :ivar answered: whether the bucket has ever said what there is.
    """

    # The bucket did not answer one of the databases, and none asks before then: a batch has 30 s in all.
    asleep_until: ClassVar[float] = 0.0

    def __init__(self, name: str) -> None:
        self.name = name
        self._look_up: LookUp | None = None
        self._etag: str | None = None
        self.answered = False
        self._look_at = 0.0
        self._told: set[str] = set()
        self._wasted_s = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether addresses can be looked up in it."""
        return self._look_up is not None

    def record(self, address: str) -> dict[str, Any]:
        """See :func:`record`."""
        self.renew()
        look_up = self._look_up
        if look_up is None:
            return {}
        began = perf_counter()
        try:
            found = look_up(address)
        except Exception as error:  # noqa: BLE001  # a damaged database can raise anything, and costs its fields only
            self._tell("look-up failed", type(error).__name__)  # without its text, which may hold the address
            self._wasted_s += perf_counter() - began
            if self._wasted_s > _PATIENCE_S:  # there are ways to damage one so that every look-up takes half a second
                self._look_up = None
            return {}
        return found if isinstance(found, dict) else {}

    def renew(self) -> None:
        """Take the version that the bucket has, if it was not asked for a while."""
        if self._is_asleep():
            return
        with self._lock:
            if self._is_asleep():
                return
            self._look_at = monotonic() + LOOK_AGAIN_S
            try:
                fetched = geoip_files.fetch(self.name, self._etag)
            except Unavailable as error:
                self._look_at = Database.asleep_until = monotonic() + TRY_AGAIN_S
                self._tell("unavailable", error.message)
                return
            except OSError as error:
                self.answered = True
                self._tell("unreadable", f"{type(error).__name__}: {error}")
                return
            self.answered = True
            self._told.discard("unavailable")
            if fetched is None:
                self._look_up = self._etag = None
            elif fetched.path is not None:
                self._swap(fetched.path, fetched.etag, fetched.intact)

    def _is_asleep(self) -> bool:
        return monotonic() < max(self._look_at, Database.asleep_until)

    def _swap(self, path: str, etag: str, intact: bool) -> None:
        self._etag = etag  # also of a damaged one: it is not downloaded again and again
        self._told = set()
        self._wasted_s = 0.0
        try:
            self._look_up = lookup(path, intact)
        except Exception as error:  # noqa: BLE001  # as above
            self._tell("unreadable", f"{type(error).__name__}: {error}")
        finally:
            with suppress(OSError):
                Path(path).unlink()  # what is mapped stays until it is closed, and the scratch folder never fills

    def _tell(self, error: str, detail: str = "") -> None:
        """One line in the log for each kind of trouble with each version."""
        if error not in self._told:
            self._told.add(error)
            log_line(geoip=self.name, error=error, detail=detail[:200])
