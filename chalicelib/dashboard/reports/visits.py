"""The list of visits: those that meet the filters, newest first, in pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import auth
from chalicelib.dashboard import formatting, render, sections
from chalicelib.dashboard.reports import applied_filters, page_links, period_picker, periods
from chalicelib.dashboard.reports.overview import visit_line
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report import filters, visits
from chalicelib.report.periods import Period
from chalicelib.report.stats import LatestVisit
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request

CURSOR = "cursor"


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{site}/visits?period=…&f=…&cursor=…``.

    :raises BadRequest: if a parameter is not valid.
    :raises QueryTooLarge: if a single day takes too much time or memory.
    """
    now, period = periods.requested(request, site)
    query = PageQuery.of(request)
    cursor = request.query.get(CURSOR) or None
    conditions = filters.parse(query.filters)
    found = visits.list_visits(site, period, config.VISITS_PAGE_ROWS, cursor, conditions=conditions)
    return render.page(
        request,
        "reports/visits.html",
        **contents(request.root, found, site, period, query, now),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_site(person, site, sections.VISITS, query.suffix),
        is_first=cursor is None,
    )


def contents(
    root: str, found: Mapping[str, Any], site: Site, period: Period, query: PageQuery, now: datetime
) -> dict[str, Any]:
    """What the template needs for a page of the list.

    :param found: of `report.visits.list_visits`; :param query: of the page; :param now: on the site's clock.
    """
    dated = query.with_days(period.first, period.last)
    return {
        "site": site,
        "visits": [
            visit_line(latest_visit(visit), now, page_links.visit(root, site, visit["id"], query))
            for visit in found["visits"]
        ],
        "unfinished": _unfinished(found["next"]),
        "filters": applied_filters.of_page(root, site, page_links.VISITS, filters.parse(query.filters), query),
        "first_page": query.href,
        "next_page": query.changed(**{CURSOR: found["next"]}).href if found["next"] else "",
        "file": f"{root}api/v1/sites/{site.id}/visits.csv{dated.changed(limit=str(visits.MAX_LIMIT)).href}",
        "most_rows": visits.MAX_LIMIT,
        "keep": query.suffix,
        "picker": period_picker.pick(period, now.date(), query),
    }


def latest_visit(visit: Mapping[str, Any]) -> LatestVisit:
    """A visit of the list, as lists on pages show it."""
    same = ("id", "duration", "browser", "system", "device_type", "country", "network", "source", "identifier")
    return LatestVisit(
        start=datetime.fromisoformat(visit["start"]),
        pageviews=len(visit["hits"]),
        entry_page=(visit["hits"][0]["page"] or "") if visit["hits"] else "",
        **{name: visit[name] for name in same},
    )


def _unfinished(following: str | None) -> str:
    """What a page says that has few visits, or none, because time was short; ``""`` for others."""
    day = visits.searched_back_to(following)
    return (
        _("Searched back to %(day)s. There may be further visits before.", day=formatting.weekday(day)) if day else ""
    )
