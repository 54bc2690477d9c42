"""The page with the code to install on a site, which also says whether hits arrive."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from chalice import Response

from chalicelib import days
from chalicelib.accounts.access import auth
from chalicelib.dashboard import render, sections
from chalicelib.dashboard.sites import settings
from chalicelib.dashboard.sites.snippet import snippets
from chalicelib.store import dirty_hours, exclusions, rollups
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request

RECEIVING: Final = "receiving"
WAITING: Final = "waiting"
SILENT: Final = "silent"
ARCHIVED: Final = "archived"


class Arrival(NamedTuple):
    """Whether hits arrive.

    :ivar state: one of the constants of this module.
    :ivar dropped: hits of today that were dropped, if none is counted yet.
    """

    state: str
    dropped: int = 0


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{id}/install``."""
    siblings = sections.of_site(person, site, "/sites/{site}/install")
    return render.page(
        request,
        "sites/install.html",
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        sections=siblings,
        arrival=arrival_of(site),
        snippets=snippets(request.address, site),
        may_change=siblings.include(settings.PATH),
    )


def arrival_of(site: Site) -> Arrival:
    """Whether hits of the site arrive: of today or yesterday, of any day before, or none yet."""
    if not site.active:
        return Arrival(ARCHIVED)
    today = site.calendar.day_of(days.now_ms())
    yesterday = today - timedelta(1)
    # Hits are stored first and marked, and in a rollup once somebody looks or the schedule builds it.
    if dirty_hours.of_days(site.id, yesterday, today) or rollups.built_between(site.id, yesterday, today):
        return Arrival(RECEIVING)
    dropped = sum(entry.dropped for entry in exclusions.between(site.id, today, today))
    return Arrival(SILENT if rollups.exist(site.id) else WAITING, dropped)
