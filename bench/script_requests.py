"""How often browsers ask for the script, for a page view of the demo's traffic, with their HTTP cache."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from chalicelib.config import SCRIPT_CACHE_S
from demo.traffic import plan
from demo.traffic.sites import JOURNAL
from demo.traffic.visits import View
from harness.measurement import Measurement, Section

_SEED = 1823
_DAY = datetime(2026, 11, 18, tzinfo=UTC)
_DAYS = 7
_SCALE = 5.0
AS_IT_IS = f"with max-age={SCRIPT_CACHE_S:,}, as it is"
# Others to compare with, in seconds.
_COMPARED = (30, 86_400)


def per_view(views: Iterable[View], cache_s: int) -> float:
    """Requests for the script per page view, if browsers keep it for `cache_s` seconds.

    A visitor of the demo has a browser of their own, whose cache is empty in the morning. Bots load no scripts.
    """
    asked_at: dict[tuple[date, str], int] = {}
    count = requests = 0
    for view in sorted(views, key=lambda view: view.t):
        if view.person.is_bot:
            continue
        count += 1
        browser = (datetime.fromtimestamp(view.t / 1000, UTC).date(), view.person.address)
        if view.t >= asked_at.get(browser, -cache_s * 1000) + cache_s * 1000:
            requests += 1
            asked_at[browser] = view.t
    return requests / count


def week() -> list[View]:
    """A week of the demo's journal."""
    until = _DAY + timedelta(days=_DAYS)
    return plan.history(JOURNAL, _SEED, _DAY, until, _DAY.date(), _SCALE)


def measure() -> Section:
    """Requests per page view with today's `max-age`, and with others."""
    views = week()
    found = [Measurement(AS_IT_IS, per_view(views, SCRIPT_CACHE_S), "requests")]
    found += [Measurement(f"with max-age={other:,}", per_view(views, other), "requests") for other in _COMPARED]
    return Section(f"Requests for the script per page view ({len(views):,} views of the demo)", found)
