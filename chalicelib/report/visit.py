"""One visit, with everything that is known of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from chalicelib.report import visits
from chalicelib.report.refresh import refresh_dirty_days
from chalicelib.store.sites import Site


def find(site: Site, visit_id: str) -> dict[str, Any] | None:
    """A visit as `visits.list_visits` has it, with its channel, campaign tags and screen; None if there is none.

    :param visit_id: see `site_stats.visit_id`. It is found by any of its views, because an earlier one can come in
        after the id was read.
    :raises QueryTooLarge: if it takes too much time or memory.
    """
    day_text, _, rest = visit_id.partition(".")
    visitor, separator, view = rest.partition(".")
    day = None
    with suppress(ValueError):
        day = date.fromisoformat(day_text)
    if day is None or not separator or not 1990 <= day.year <= 2200:
        return None
    refresh_dirty_days(site, day, day)
    for visit, details in visits.of_visitor(site, day, visitor):
        if any(hit["id"] == view for hit in visit["hits"]):
            return {**visit, **details}
    return None
