"""``/api/v1/sites/{id}/ledger``: dropped hits, and bots, which are not counted."""

from __future__ import annotations

from datetime import UTC, datetime

from chalice import Response

from chalicelib import pagination
from chalicelib.report import excluded_traffic, periods
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json


def show(request: Request, _person: Person, site: Site) -> Response:
    """``GET …?period=…&limit=…&cursor=…``."""
    period = periods.parse(request.query, site, datetime.now(UTC))
    first = pagination.read_place(request.query)
    limit = pagination.read_limit(request.query, excluded_traffic.MAX_ROWS, excluded_traffic.MAX_ROWS)
    span = {"site": site.id, "from": period.first.isoformat(), "to": period.last.isoformat()}
    return reply_json(span | excluded_traffic.as_json(excluded_traffic.of_period(site, period), first, limit))
