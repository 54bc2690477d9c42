"""Tables that were read lately are not read again, within a bound of memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from chalicelib import config, timed_cache
from chalicelib.store import recent_parts, segments
from chalicelib.store.segments import Part

DAY = date(2026, 11, 24)


def part(name: str, *tables: str) -> Part:
    return Part(name, 1, 10, dict.fromkeys(tables, (0, 4, 0)))


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, tuple[str, ...]]]:
    """The requests for tables: site, part and tables; each table has four bytes."""
    made: list[tuple[str, str, tuple[str, ...]]] = []

    def read_part(site_id: str, _day: date, of: Part, tables: Sequence[str]) -> dict[str, bytes]:
        made.append((site_id, of.name, tuple(tables)))
        return {table: f"{site_id}{of.name}{table[:2]}".encode() for table in tables if table in of.places}

    timed_cache.reset_all()
    monkeypatch.setattr(segments, "read_part", read_part)
    return made


def test_a_table_is_read_once(requests: list[object]) -> None:
    one = part("p", "visits", "views")
    assert recent_parts.read("s", DAY, one, ["visits"]) == {"visits": b"spvi"}
    assert recent_parts.read("s", DAY, one, ["visits", "views"]) == {"visits": b"spvi", "views": b"spvi"}
    assert recent_parts.read("s", DAY, one, ["views"]) == {"views": b"spvi"}
    assert requests == [("s", "p", ("visits",)), ("s", "p", ("views",))]


def test_what_is_known_needs_no_request(requests: list[object]) -> None:
    one = part("p", "visits", "views")
    assert not recent_parts.has("s", DAY, one, ["visits"])
    recent_parts.read("s", DAY, one, ["visits"])
    assert recent_parts.has("s", DAY, one, ["visits", "events"])  # a part without events
    assert not recent_parts.has("s", DAY, one, ["visits", "views"])
    assert not recent_parts.has("other", DAY, one, ["visits"])
    assert len(requests) == 1


def test_parts_and_sites_are_kept_apart(requests: list[object]) -> None:
    for site, name in (("a", "p"), ("b", "p"), ("a", "q")):
        assert recent_parts.read(site, DAY, part(name, "visits"), ["visits"]) == {"visits": f"{site}{name}vi".encode()}
    assert len(requests) == 3


def test_what_was_used_longest_ago_is_forgotten_first(requests: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "RECENT_PARTS_BYTES", 9)
    for name in ("p", "q", "p", "r"):
        recent_parts.read("s", DAY, part(name, "visits"), ["visits"])
    assert len(requests) == 3
    recent_parts.read("s", DAY, part("p", "visits"), ["visits"])
    assert len(requests) == 3
    recent_parts.read("s", DAY, part("q", "visits"), ["visits"])
    assert len(requests) == 4
