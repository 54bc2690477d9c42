"""The API's figures, visits and imports: the same as on the pages, as JSON."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from chalice import Response

from chalicelib import config, iri
from chalicelib.accounts import access
from chalicelib.collect import imports
from chalicelib.errors import BadRequest
from chalicelib.report import events, periods, query, visits
from chalicelib.report import ledger as ledgers
from chalicelib.report import stats as figures
from chalicelib.report.stats import Row, Stats
from chalicelib.web import Request, reply_json


def stats(request: Request, site: str) -> Response:
    """``GET /api/v1/sites/{id}/stats?period=…|from=&to=``: figures, series and tables of a period."""
    found = access.site_for(access.bearer(request), site)
    now = datetime.now(UTC)
    period = periods.parse(request.query, found.zone, now)
    return reply_json(as_json(query.stats(found, period, now)))


def as_json(shown: Stats) -> dict[str, Any]:
    """Stats in the API's shape: rates are fractions of 1, durations seconds, load times ms, no data is null."""
    return {
        "site": shown.site.id,
        "from": shown.first.isoformat(),
        "to": shown.last.isoformat(),
        "timezone": shown.site.timezone,
        "metrics": dataclasses.asdict(shown.metrics),
        "compare": dataclasses.asdict(shown.compare),
        "series": [
            {"t": point.t.isoformat(), "visitors": point.visitors, "visits": point.visits, "pageviews": point.pageviews}
            for point in shown.series
        ],
        "tables": {name: [_row(name, row) for row in shown.tables[name].rows] for name in figures.TABLES},
        "other": {name: dataclasses.asdict(rest) for name in figures.TABLES if (rest := shown.tables[name].other)},
        "events": [dataclasses.asdict(row) for row in shown.events],
        "online": shown.online,
        "built_at": shown.built_at.isoformat(timespec="milliseconds") if shown.built_at else None,
    }


def _row(table: str, row: Row) -> dict[str, Any]:
    """A row; of a page also the path that its URL has, where that is another text."""
    path = iri.uri(row.name) if table == "pages" else row.name
    return dataclasses.asdict(row) | ({"path": path} if path != row.name else {})


def visits_of_site(request: Request, site: str) -> Response:
    """``GET /api/v1/sites/{id}/visits?period=…&limit=…&next=…&identifier=…``: visits with their hits, newest first."""
    found = access.site_for(access.bearer(request), site)
    period = periods.parse(request.query, found.zone, datetime.now(UTC))
    limit = _limit(request.query.get("limit"))
    identifier = request.query.get("identifier") or None
    return reply_json(visits.page(found, period, limit, request.query.get("next"), identifier))


def _limit(text: str | None) -> int:
    if not text:
        return visits.DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= visits.MAX_LIMIT:
        raise BadRequest(f"limit must be a whole number from 1 to {visits.MAX_LIMIT}.", field="limit")
    return int(text)


def event_properties(request: Request, site: str) -> Response:
    """``GET /api/v1/sites/{id}/events?name=…&property=…&period=…``: a custom event by the values of a property."""
    found = access.site_for(access.bearer(request), site)
    period = periods.parse(request.query, found.zone, datetime.now(UTC))
    name = request.query.get("name")
    if not name:
        raise BadRequest("name is missing: the event's name.", field="name")
    return reply_json(events.breakdown(found, period, name, request.query.get("property")))


def ledger(request: Request, site: str) -> Response:
    """``GET /api/v1/sites/{id}/ledger?period=…``: what was dropped, and the robots that were kept apart."""
    found = access.site_for(access.bearer(request), site)
    period = periods.parse(request.query, found.zone, datetime.now(UTC))
    span = {"site": found.id, "from": period.first.isoformat(), "to": period.last.isoformat()}
    return reply_json(span | ledgers.as_json(ledgers.of_period(found, period)))


def import_hits(request: Request, site: str) -> Response:
    """``POST /api/v1/sites/{id}/hits``: hits with a time, see :func:`chalicelib.collect.imports.accept`."""
    found = access.site_for(access.bearer(request), site, to_change=True)
    body = request.json(config.MAX_IMPORT_BYTES)
    return reply_json({"accepted": imports.accept(found, body)}, 202)
