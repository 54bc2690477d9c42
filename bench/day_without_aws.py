"""A site-day whose hits, parts and rollup are in memory, to measure builds without AWS."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

if TYPE_CHECKING:
    from chalicelib.store.records import VisitorHour
    from chalicelib.store.rollups import StoredRollup


class DayWithoutAws:
    """A day of a site.

    :ivar day: its date; :ivar start: its beginning, epoch ms.
    """

    def __init__(self, day: date | None = None) -> None:
        """:param day: its date; None: today's."""
        from chalicelib import days
        from chalicelib.store.sites import Site

        self._site = Site("benchmark", "Benchmark", "example.com", "UTC")
        self.day = day or days.day_of(days.now_ms(), self._site.zone)
        self.start = days.day_start(self.day, self._site.zone)
        self._hours: dict[int, list[tuple[str, VisitorHour]]] = {}
        self._objects: dict[str, bytes] = {}
        self._rollup: StoredRollup | None = None
        self._second = 0
        self._patches = ExitStack()

    @property
    def size(self) -> int:
        """The size of its parts, and of the copies for others of a closed day, bytes."""
        from chalicelib.store.segments import PUBLIC, Manifest

        places = [part.places for part in (self.rollup.manifest or Manifest()).parts]
        copied = sum(of_part[table][1] for of_part in places for table in PUBLIC if table in of_part)
        return sum(map(len, self._objects.values())) + copied

    @property
    def rollup(self) -> StoredRollup:
        """What has been built of it."""
        if self._rollup is None:
            raise ValueError("the day has not been built")
        return self._rollup

    @property
    def objects(self) -> Mapping[str, bytes]:
        """Its objects in the bucket, by key."""
        return self._objects

    def put(self, hours: Iterable[VisitorHour]) -> None:
        """Store hits, all in one second, in place of those that were built."""
        self._second += 1
        self._hours = {}
        for stored in hours:
            self._hours.setdefault(stored.hour, []).append((f"!{self._second:08x}", stored))

    def refresh(self) -> None:
        """Build the day."""
        from chalicelib.aggregate.build_day import refresh

        refresh(self._site, self.day)

    def build(self, hours: Iterator[VisitorHour], portion: int) -> float:
        """Store hits in portions and build the day after each; the CPU time of the builds, s."""
        taken = 0.0
        for first in hours:
            self.put(itertools.chain([first], itertools.islice(hours, portion - 1)))
            started = time.process_time()
            self.refresh()
            taken += time.process_time() - started
        return taken

    def __enter__(self) -> Self:
        from chalicelib.aggregate import day_sums, month_sums
        from chalicelib.store import dirty_hours, exclusions, hits, rollups, segments, usage

        replaced: Mapping[Any, Mapping[str, Any]] = {
            segments: {"_get": self._get, "_put": self._put, "_keys": self._keys, "delete": self._delete},
            rollups: {"get": lambda *_: self._rollup, "put": self._put_rollup, "put_minutes": _nothing},
            hits: {"read": self._read, "hours_with_hits": lambda *_: sorted(self._hours), "resume_after": str},
            dirty_hours: {"of_day": self._marks, "schedule_close": _nothing, "clear": _nothing},
            usage: {"put_day": _nothing},
            day_sums: {"note": _nothing},
            exclusions: {"declare_full": _nothing},
            month_sums: {"invalidate": _nothing},
        }
        for module, functions in replaced.items():
            self._patches.enter_context(patch.multiple(module, **functions))
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()

    def _get(self, key: str, span: str = "") -> bytes | None:
        data = self._objects.get(key)
        if data is None or not span:
            return data
        first, last = map(int, span.removeprefix("bytes=").split("-"))
        return data[first : last + 1]

    def _put(self, key: str, data: bytes, _content_type: str) -> None:
        self._objects[key] = data

    def _keys(self, prefix: str) -> Iterator[str]:
        return iter(sorted(key for key in self._objects if key.startswith(prefix)))

    def _delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._objects.pop(key, None)

    def _put_rollup(self, _site: str, rollup: StoredRollup, _replaces: object) -> StoredRollup:
        self._rollup = rollup
        return rollup

    def _read(self, _site: str, _day: date, hour: int, after: str = "") -> Iterator[tuple[str, VisitorHour]]:
        return (found for found in self._hours.get(hour, ()) if found[0] >= after)

    def _marks(self, *_: object) -> list[Any]:
        from chalicelib.store.dirty_hours import Mark

        return [Mark(self._site.id, self.day, hour, 0) for hour in sorted(self._hours)]


def _nothing(*_: object) -> None:
    """In place of a call to AWS."""
