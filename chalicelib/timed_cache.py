"""What a warm Lambda remembers for a while, and how tests make it forget everything.

    _sites: TimedCache[str, Site | None] = TimedCache()
    site = _sites.get(site_id, lambda: read_site(site_id), 30.0)

Nothing is removed when its time is over, only replaced: a Lambda keeps few different keys. Where anybody can make up
keys, the number of entries is bounded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MAX_ENTRIES: Final = 10_000

_resets: list[Callable[[], object]] = []


class TimedCache(Generic[K, V]):
    """Values by key, each until a time of its own.

    :param wall_clock: ends are epoch seconds, as those of stored items are; else seconds of the monotonic clock.
    """

    def __init__(self, *, wall_clock: bool = False) -> None:
        self._entries: dict[K, tuple[float, V]] = {}  # -> until when it is good, and the value
        self._wall_clock = wall_clock
        on_reset(self.clear)

    def get(self, key: K, make: Callable[[], V], life_s: float) -> V:
        """The value of `key`, made now and kept for `life_s` if there is none that is still good."""
        now = self.now()
        found = self._entries.get(key)
        if found is not None and now < found[0]:
            return found[1]
        value = make()
        self.put(key, value, now + life_s)
        return value

    def peek(self, key: K) -> V | None:
        """The value of `key` if there is one that is still good."""
        found = self._entries.get(key)
        return found[1] if found is not None and self.now() < found[0] else None

    def latest(self, key: K, default: V) -> V:
        """The value of `key`, however old."""
        found = self._entries.get(key)
        return default if found is None else found[1]

    def put(self, key: K, value: V, until: float) -> None:
        """Keep a value until a time of the cache's clock."""
        if len(self._entries) >= MAX_ENTRIES and key not in self._entries:
            self._entries.clear()
        self._entries[key] = (until, value)

    def forget(self, key: K) -> None:
        """Forget the value of `key`."""
        self._entries.pop(key, None)

    def drop_expired(self) -> None:
        """Remove the values whose time is over, which must not stay in memory."""
        now = self.now()
        for key in [key for key, (until, _) in self._entries.items() if until <= now]:
            del self._entries[key]

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def now(self) -> float:
        """The time of the cache's clock, s."""
        return time.time() if self._wall_clock else time.monotonic()


def on_reset(reset: Callable[[], object]) -> None:
    """Have `reset` called by :func:`reset_all`: for what a module remembers in another way."""
    _resets.append(reset)


def reset_all() -> None:
    """Forget all that this process remembers of AWS, as a new process would. For tests, which change what is there."""
    for reset in _resets:
        reset()
