"""A cache with expiry for warm Lambdas, and a function that resets all caches, for tests.

    _sites: TimedCache[str, Site | None] = TimedCache()
    site = _sites.get(site_id, lambda: read_site(site_id), 30.0)

Expired values are replaced, not removed, because there are few keys. The number of entries is bounded, because clients
can send any keys.
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
    """Values by key, each with an expiry.

    :param wall_clock: expiries are epoch seconds; else seconds of the monotonic clock.
    """

    def __init__(self, *, wall_clock: bool = False) -> None:
        self._entries: dict[K, tuple[float, V]] = {}  # -> expiry, and the value
        self._wall_clock = wall_clock
        on_reset(self.clear)

    def get(self, key: K, make: Callable[[], V], life_s: float) -> V:
        """The value of `key`; if there is no valid one, it is computed and cached for `life_s`."""
        now = self.now()
        found = self._entries.get(key)
        if found is not None and now < found[0]:
            return found[1]
        value = make()
        self.put(key, value, now + life_s)
        return value

    def peek(self, key: K) -> V | None:
        """The value of `key`, if there is a valid one."""
        found = self._entries.get(key)
        return found[1] if found is not None and self.now() < found[0] else None

    def latest(self, key: K, default: V) -> V:
        """The value of `key`, even if expired."""
        found = self._entries.get(key)
        return default if found is None else found[1]

    def put(self, key: K, value: V, until: float) -> None:
        """Set a value with its expiry."""
        if len(self._entries) >= MAX_ENTRIES and key not in self._entries:
            self._entries.clear()
        self._entries[key] = (until, value)

    def forget(self, key: K) -> None:
        """Remove the value of `key`."""
        self._entries.pop(key, None)

    def drop_expired(self) -> None:
        """Remove expired values that must not stay in memory."""
        now = self.now()
        for key in [key for key, (until, _) in self._entries.items() if until <= now]:
            del self._entries[key]

    def clear(self) -> None:
        """Remove all values."""
        self._entries.clear()

    def now(self) -> float:
        """The time of the cache's clock, s."""
        return time.time() if self._wall_clock else time.monotonic()


def on_reset(reset: Callable[[], object]) -> None:
    """Register a function for :func:`reset_all`, for state outside of a TimedCache."""
    _resets.append(reset)


def reset_all() -> None:
    """Clear all caches of this process. For tests, which change the stored data."""
    for reset in _resets:
        reset()
