"""What pages say about a period: which one is asked for, what is kept of it in links, and what is missing in it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from chalicelib.dashboard import formatting
from chalicelib.report import periods
from chalicelib.report.periods import Period
from chalicelib.report.stats import Stats
from chalicelib.store import rollups
from chalicelib.store.sites import Site
from chalicelib.web import Request


def requested(request: Request, site: Site) -> tuple[datetime, Period]:
    """The time on the site's clock, and the period that the query asks for.

    :raises BadRequest: if the period is not valid.
    """
    now = datetime.now(site.zone)
    return now, periods.parse(request.query, site.zone, now)


def kept_query(request: Request) -> str:
    """The query that keeps the period when one goes to another page; ``""`` for the default one."""
    kept = {name: request.query[name] for name in ("period", "from", "to") if name in request.query}
    return f"?{urlencode(kept)}" if kept else ""


def is_waiting(stats: Stats) -> bool:
    """Whether nothing was ever seen of this site, in this period or any other."""
    if stats.built_at is not None or stats.compare.pageviews:
        return False
    return not rollups.exist(stats.site.id)


def outdated_note(stats: Stats) -> str:
    """What is to be said of days that could not be brought up to date; ``""`` if there is none."""
    if not stats.outdated:
        return ""
    of_days = formatting.day_list(stats.outdated)
    when = f" What is shown was computed at {formatting.clock(stats.built_at)}." if stats.built_at else ""
    return f"The figures of {of_days} could not be brought up to date. It is tried again by itself.{when}"
