"""``/api/v1/sites/{id}/realtime``: the last 30 minutes of a site as JSON."""

from __future__ import annotations

from datetime import UTC, datetime

from chalice import Response

from chalicelib import config, pagination
from chalicelib.api.stats import row_as_json
from chalicelib.report import filters, realtime
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json


def show(request: Request, _person: Person, site: Site) -> Response:
    """``GET …?f=…&limit=…``."""
    conditions = filters.parse(request.query_lists.get(filters.PARAMETER, []))
    limit = pagination.read_limit(request.query, config.REALTIME_ROWS, config.MAX_REALTIME_ROWS)
    found = realtime.of_site(site, conditions, limit, datetime.now(UTC))
    return reply_json(
        {
            "site": site.id,
            "timezone": site.timezone,
            "visitors": found.visitors,
            "pageviews": found.pageviews,
            "online": found.online,
            "series": [
                {"t": minute.t.isoformat(), "visitors": minute.visitors, "pageviews": minute.pageviews}
                for minute in found.minutes
            ],
            **{name: [row_as_json(name, row) for row in rows] for name, rows in found.tables.items()},
        }
    )
