"""Rebuilding days: their hours are marked as dirty, and the aggregation builds them within minutes."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib import days
from chalicelib.accounts import audit_log
from chalicelib.config import MAX_REBUILD_DAYS
from chalicelib.errors import BadRequest
from chalicelib.store import dirty_hours, hits, segments
from chalicelib.store.people import Person
from chalicelib.store.sites import Site


def rebuild_days(
    actor: Person | None, site: Site, first: date, last: date, *, from_segments: bool = False
) -> list[date]:
    """Have the days of a site from `first` to `last`, both included, built anew; gives those that have hits.

    :param from_segments: whether to compute the figures from the bucket alone. Otherwise, hours that the table of
        sessions still has are read from it, and their segments are replaced.
    :raises BadRequest: if the period is empty, too long, or begins before the site's hits are deleted.
    """
    _check(site, first, last)
    now = days.now_ms()
    marked = [day for day in days.each(first, last) if _mark(site, day, now, from_segments)]
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


def _mark(site: Site, day: date, now: int, from_segments: bool) -> bool:
    """Mark a day; gives whether it has hits."""
    hours = [] if from_segments else hits.hours_with_hits(site.id, day)
    for hour in hours:
        dirty_hours.mark(site.id, day, hour)
    if not hours and not segments.list_segments(site.id, day) and not segments.etag(segments.day_key(site.id, day)):
        return False
    dirty_hours.schedule_close(site.id, day, now)  # also if no hour is dirty: it builds the figures from segments
    return True
