"""Choosing a publisher of GeoIP databases is in the audit log, without its key."""

from __future__ import annotations

import pytest

from chalicelib.accounts import audit_log
from chalicelib.operations import geoip_source as publisher
from chalicelib.store import geoip_source
from chalicelib.store.geoip_source import Choice


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The publishers that are recorded. One is chosen already: DB-IP."""
    stored, entries = [Choice("dbip")], []
    monkeypatch.setattr(geoip_source, "chosen", lambda: stored[-1] if stored else None)
    monkeypatch.setattr(geoip_source, "choose", stored.append)
    monkeypatch.setattr(geoip_source, "forget", stored.clear)
    monkeypatch.setattr(
        audit_log, "record", lambda _actor, action, **details: entries.append((action, details["publisher"]))
    )
    return entries


def test_a_change_is_recorded_once_and_without_the_key(recorded: list[tuple[str, str]]) -> None:
    for _ in range(2):
        publisher.choose(None, Choice("maxmind", "4711", "secret"))
    assert recorded == [("geoip.change_source", "maxmind")]


def test_the_end_of_updates_is_recorded_once(recorded: list[tuple[str, str]]) -> None:
    for _ in range(2):
        publisher.forget(None)
    assert recorded == [("geoip.change_source", "none")]
