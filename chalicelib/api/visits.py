"""``/api/v1/sites/{id}/visits``: visits with their page views and events, newest first."""

from __future__ import annotations

from datetime import UTC, datetime

from chalice import Response

from chalicelib import pagination
from chalicelib.report import periods, visits
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json


def show(request: Request, _person: Person, site: Site) -> Response:
    """``GET …?period=…&limit=…&cursor=…&identifier=…``."""
    period = periods.parse(request.query, site.zone, datetime.now(UTC))
    limit = pagination.read_limit(request.query, visits.DEFAULT_LIMIT, visits.MAX_LIMIT)
    identifier = request.query.get("identifier") or None
    return reply_json(visits.list_visits(site, period, limit, pagination.read_cursor(request.query), identifier))
