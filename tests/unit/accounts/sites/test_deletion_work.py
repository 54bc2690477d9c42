"""How the work of deleting sites divides its time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.accounts.sites import deletion_work
from chalicelib.store import deletions
from chalicelib.store.deletions import Deletion

NOW = 1000.0


def deletion(site_id: str, state: deletions.State = "removing") -> Deletion:
    return Deletion(site_id, site_id, "x.example", "p", (), 1, state)


def test_each_deletion_gets_a_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large site, which takes all it gets, does not keep small ones waiting; what they leave is for the others."""
    now = NOW
    clock = SimpleNamespace(monotonic=lambda: now)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: (NOW + 300 - now) * 1000)
    spent: dict[str, float] = {}

    class Run:
        def __init__(self, given: Deletion, has_time: Any) -> None:
            self.given, self.has_time = given, has_time

        def go_on(self) -> Deletion:
            nonlocal now
            began = now
            while self.has_time() and (now - began < 1 or self.given.site_id.startswith("large")):
                now += 0.5
            spent[self.given.site_id] = now - began
            return self.given

    every = [deletion("large-1"), deletion("gone", "done"), deletion("large-2"), deletion("small")]
    monkeypatch.setattr(deletion_work, "time", clock)
    monkeypatch.setattr(deletion_work, "_Run", Run)
    monkeypatch.setattr(deletions, "every", lambda: every)
    assert deletion_work.run(context) == 0
    assert spent == {"large-1": 90.0, "large-2": 90.0, "small": 1.0}
