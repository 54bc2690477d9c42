"""Rebuilding days from everything that is stored of them; the aggregation does it within minutes."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib import days
from chalicelib.accounts import audit_log
from chalicelib.config import MAX_REBUILD_DAYS
from chalicelib.errors import BadRequest
from chalicelib.store import dirty_hours, hits, rollups, segments
from chalicelib.store.people import Person
from chalicelib.store.sites import Site


def rebuild_days(actor: Person | None, site: Site, first: date, last: date) -> list[date]:
    """Have the days of a site from `first` to `last`, both included, built anew; gives those that have hits.

    They are built from all hits that the bucket and the table of sessions have. How many are missing, compared with
    before, is among the excluded traffic of the day.

    :raises BadRequest: if the period is empty, too long, or begins before the site's hits are deleted.
    """
    _check(site, first, last)
    now = days.now_ms()
    marked = [day for day in days.each(first, last) if _mark(site, day, now)]
    if marked:
        period = f"{first.isoformat()} to {last.isoformat()}"
        audit_log.record(actor, "site.rebuild_days", site=site.id, days=period)
    return marked


def _check(site: Site, first: date, last: date) -> None:
    today = site.calendar.day_of(days.now_ms())
    kept = today - timedelta(days=site.retention_days)
    if first > last:
        raise BadRequest("The first day is after the last one.", field="first")
    if last > today:
        raise BadRequest(f"The last day is in the future; today is {today.isoformat()} in this site.", field="last")
    if first < kept:
        raise BadRequest(
            f"Hits are kept for {site.retention_days} days in this site; the first day that can be built is "
            f"{kept.isoformat()}.",
            field="first",
        )
    if (last - first).days >= MAX_REBUILD_DAYS:
        raise BadRequest(f"Rebuild at most {MAX_REBUILD_DAYS} days at a time.", field="last")


def _mark(site: Site, day: date, now: int) -> bool:
    """Mark a day; gives whether it has hits."""
    if not segments.exist(site.id, day) and not hits.hours_with_hits(site.id, day):
        return False
    stored = rollups.get(site.id, day)
    while stored is not None and not rollups.forget_manifest(site.id, stored, rollups.records(stored)):
        stored = rollups.get(site.id, day)
    dirty_hours.schedule_close(site.id, day, now)  # also if no hour is dirty
    return True
