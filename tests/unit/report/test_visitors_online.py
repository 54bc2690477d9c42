"""Who is online: visitors with activity in the last minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.aggregate.rollup_sums import Rollup
from chalicelib.config import ONLINE_MINUTES
from chalicelib.report import site_stats
from chalicelib.store.sites import Site

SITE = Site("s1", "Test", "example.com", "UTC")
NOW = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes_ago", "counts"),
    [(0, True), (ONLINE_MINUTES - 1, True), (ONLINE_MINUTES, False), (-1, True), (-60, False)],
)
def test_activity_counts_for_some_minutes_and_not_far_ahead_of_the_clock(minutes_ago: int, *, counts: bool) -> None:
    seen = int(NOW.timestamp() // 60) - minutes_ago
    today = NOW.date()
    unpacked = {today: Rollup(seen={seen: 3}), today - timedelta(days=1): Rollup()}
    assert site_stats.online(SITE, unpacked, today, NOW) == (3 if counts else 0)
