"""``/api/v1/sites/{id}/events``: a custom event by the values of one of its properties."""

from __future__ import annotations

from datetime import UTC, datetime

from chalice import Response

from chalicelib import pagination
from chalicelib.errors import BadRequest
from chalicelib.report import event_properties, periods
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json


def show(request: Request, _person: Person, site: Site) -> Response:
    """``GET …?name=…&property=…&period=…&limit=…&cursor=…``."""
    period = periods.parse(request.query, site, datetime.now(UTC))
    name = request.query.get("name")
    if not name:
        raise BadRequest("name is missing; give the event's name.", field="name")
    first = pagination.read_place(request.query)
    limit = pagination.read_limit(request.query, event_properties.MAX_ROWS, event_properties.MAX_ROWS)
    property_ = request.query.get("property")
    return reply_json(event_properties.breakdown(site, period, name, property_, first, limit))
