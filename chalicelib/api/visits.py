"""``/api/v1/sites/{id}/visits``: visits with their page views and events, newest first, as JSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalice import Response

from chalicelib import pagination
from chalicelib.api import csv_file
from chalicelib.report import filters, periods, visits
from chalicelib.report.periods import Period
from chalicelib.store.people import Person
from chalicelib.store.records import VISIT_TRAITS
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json

# The columns of a file of visits.
COLUMNS = (
    "id", "start", "last_seen", "duration", "bounce", "pageviews", "entry_page", "exit_page", "source", "referrer",
    *VISIT_TRAITS, "identifier", "events",
)  # fmt: skip


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET …?period=…&f=…&limit=…&cursor=…&identifier=…``."""
    if csv_file.is_wanted(request):
        return show_csv(request, person, site)
    return reply_json(_found(request, site, _period(request, site)))


def show_csv(request: Request, _person: Person, site: Site) -> Response:
    """The same as a CSV file with a row for each visit; the header ``Link`` names the next page, if there is one."""
    period = _period(request, site)
    found = _found(request, site, period)
    rows = list(map(_cells, found["visits"]))
    name = csv_file.name_of(site, "visits", period.first, period.last)
    return csv_file.reply_csv(name, COLUMNS, rows, csv_file.link(request, found["next"]))


def _period(request: Request, site: Site) -> Period:
    return periods.parse(request.query, site, datetime.now(UTC))


def _found(request: Request, site: Site, period: Period) -> dict[str, Any]:
    limit = pagination.read_limit(request.query, visits.DEFAULT_LIMIT, visits.MAX_LIMIT)
    identifier = request.query.get("identifier") or None
    conditions = filters.parse(request.query_lists.get(filters.PARAMETER, []))
    parameter = pagination.cursor_parameter(request.query)
    after = request.query.get(parameter)
    return visits.list_visits(site, period, limit, after, identifier, conditions, parameter=parameter)


def _cells(visit: Mapping[str, Any]) -> list[csv_file.Cell]:
    """A visit as a row: its events by their names, in order."""
    pages = [hit["page"] for hit in visit["hits"]]
    cells = {
        **visit,
        "bounce": "yes" if visit["bounce"] else "no",
        "pageviews": len(pages) + visit.get("left_out", 0),
        "entry_page": pages[0] if pages else None,
        "exit_page": pages[-1] if pages else None,
        "events": "; ".join(event["name"] for event in visit["events"]),
    }
    return ["" if cells[column] is None else cells[column] for column in COLUMNS]
