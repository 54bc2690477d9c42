"""Which months stand for their days."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.aggregate import month_sums
from chalicelib.store.rollups import StoredRollup


@pytest.mark.parametrize(
    ("first", "last", "today", "found"),
    [
        ("2026-01-01", "2026-03-31", "2026-11-25", ["2026-01-01", "2026-02-01", "2026-03-01"]),
        ("2026-01-02", "2026-03-30", "2026-11-25", ["2026-02-01"]),
        ("2026-01-02", "2026-02-27", "2026-11-25", []),
        ("2024-02-01", "2024-02-29", "2026-11-25", ["2024-02-01"]),
        ("2024-02-01", "2024-02-28", "2026-11-25", []),
        ("2025-12-01", "2026-01-31", "2026-11-25", ["2025-12-01", "2026-01-01"]),
        ("2026-10-01", "2026-10-31", "2026-11-01", []),  # over, but only just
        ("2026-10-01", "2026-10-31", "2026-11-02", ["2026-10-01"]),
        ("2026-11-01", "2026-11-30", "2026-11-25", []),
        ("2026-11-26", "2026-11-25", "2026-11-25", []),
    ],
)
def test_whole_months_that_are_over_stand_for_their_days(first: str, last: str, today: str, found: list[str]) -> None:
    within = month_sums.within(date.fromisoformat(first), date.fromisoformat(last), date.fromisoformat(today))
    assert [day.isoformat() for day in within] == found


@pytest.mark.parametrize(
    ("today", "touched"), [("2026-10-30", False), ("2026-10-31", True), ("2026-11-01", True), ("2026-12-24", True)]
)
def test_a_build_touches_its_month_from_before_it_can_be_summed(
    today: str, touched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, date]] = []
    monkeypatch.setattr("chalicelib.store.month_rollups.touch", lambda *given: told.append(given))
    built = StoredRollup(date(2026, 10, 7), b"", 0, "build")
    month_sums.invalidate("site", built, date.fromisoformat(today))
    assert told == ([("site", date(2026, 10, 1))] if touched else [])
