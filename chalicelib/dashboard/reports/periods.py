"""The period of a page: read from the query, carried over in links, and what is missing in it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from chalicelib.accounts.access import appearance
from chalicelib.catalogue import PREFERABLE
from chalicelib.config import DEFAULT_PERIOD
from chalicelib.dashboard import formatting
from chalicelib.report import periods
from chalicelib.report.periods import Period
from chalicelib.report.stats import Stats
from chalicelib.store import rollups
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request


def requested(request: Request, site: Site) -> tuple[datetime, Period]:
    """The time on the site's clock, and the period that the query asks for; if it asks for none, the preferred one.

    :raises BadRequest: if the period is not valid.
    """
    now = datetime.now(site.zone)
    return now, periods.parse(request.query, site, now, usual())


def usual() -> str:
    """The name of the period that the person who is signed in prefers."""
    chosen = appearance.current().period
    return chosen if chosen in PREFERABLE else DEFAULT_PERIOD


def kept_query(request: Request) -> str:
    """The query string that carries the period over to another page; ``""`` for the default period."""
    kept = {name: request.query[name] for name in ("period", "from", "to") if name in request.query}
    return f"?{urlencode(kept)}" if kept else ""


def is_waiting(stats: Stats) -> bool:
    """Whether the site never had a visit, in this period or any other."""
    if stats.built_at is not None or stats.compare.pageviews:
        return False
    return not rollups.exist(stats.site.id)


def outdated_note(stats: Stats) -> str:
    """A note about days whose statistics are not up to date; ``""`` if there are none."""
    if stats.outdated:
        of_days = formatting.day_list(stats.outdated)
        note = _("The statistics of %(days)s could not be updated. Shylight will try again.", days=of_days)
    elif stats.waiting:
        note = _("The statistics of %(days)s are being updated.", days=formatting.day_list(stats.waiting))
    else:
        return ""
    if not stats.built_at:
        return note
    shown = _("The statistics shown were computed at %(time)s.", time=formatting.clock(stats.built_at))
    return f"{note} {shown}"
