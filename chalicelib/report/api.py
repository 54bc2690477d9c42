"""The API's figures, visits and imports: the same as on the pages, as JSON."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from chalice import Response

from chalicelib import answers, config, iri
from chalicelib.accounts import access
from chalicelib.collect import imports
from chalicelib.errors import BadRequest
from chalicelib.report import events, periods, query, visits
from chalicelib.report import ledger as ledgers
from chalicelib.report import stats as figures
from chalicelib.report.names import shown_name
from chalicelib.report.stats import Row, Stats
from chalicelib.web import Request, reply_json


def stats(request: Request, site: str) -> Response:
    """``GET /api/v1/sites/{id}/stats?period=…|from=&to=``: figures, series and tables of a period."""
    found = access.site_for(access.bearer(request), site)
    now = datetime.now(UTC)
    period = periods.parse(request.query, found.zone, now)
    limit = answers.read_limit(request.query, config.PERIOD_ROWS, config.PERIOD_ROWS)
    return reply_json(fitting(query.stats(found, period, now), limit))


def fitting(shown: Stats, limit: int) -> dict[str, Any]:
    """Stats in the API's shape with up to `limit` rows a table; with fewer, if names are too long."""
    while answers.size(data := as_json(figures.shortened(shown, limit))) > config.MAX_ANSWER_BYTES and limit:
        limit //= 2
    return data


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
        "other_events": dataclasses.asdict(shown.other_events) if shown.other_events else None,
        "online": shown.online,
        "outdated": [day.isoformat() for day in shown.outdated],
        "built_at": shown.built_at.isoformat(timespec="milliseconds") if shown.built_at else None,
    }


def _row(table: str, row: Row) -> dict[str, Any]:
    """A row, called as on the page; `raw` is what a URL has in its place, where that is another."""
    fields = dataclasses.asdict(row)
    name = shown_name(table, row.name)
    raw = iri.uri(row.name) if table == "pages" else row.name
    return {**fields, "name": name} | ({"raw": raw} if raw != name else {})


def visits_of_site(request: Request, site: str) -> Response:
    """``GET /api/v1/sites/{id}/visits?period=…&limit=…&next=…&identifier=…``: visits with their hits, newest first."""
    found = access.site_for(access.bearer(request), site)
    period = periods.parse(request.query, found.zone, datetime.now(UTC))
    limit = answers.read_limit(request.query, visits.DEFAULT_LIMIT, visits.MAX_LIMIT)
    identifier = request.query.get("identifier") or None
    return reply_json(visits.page(found, period, limit, request.query.get("next"), identifier))


def event_properties(request: Request, site: str) -> Response:
    """``GET /api/v1/sites/{id}/events?name=…&property=…&period=…``: a custom event by the values of a property."""
    found = access.site_for(access.bearer(request), site)
    period = periods.parse(request.query, found.zone, datetime.now(UTC))
    name = request.query.get("name")
    if not name:
        raise BadRequest("name is missing: the event's name.", field="name")
    place = answers.read_place(request.query)
    limit = answers.read_limit(request.query, events.MAX_ROWS, events.MAX_ROWS)
    return reply_json(events.breakdown(found, period, name, request.query.get("property"), place, limit))


def ledger(request: Request, site: str) -> Response:
    """``GET /api/v1/sites/{id}/ledger?period=…&limit=…&next=…``: what was dropped, and robots that were kept apart."""
    found = access.site_for(access.bearer(request), site)
    period = periods.parse(request.query, found.zone, datetime.now(UTC))
    place = answers.read_place(request.query)
    limit = answers.read_limit(request.query, ledgers.MAX_ROWS, ledgers.MAX_ROWS)
    span = {"site": found.id, "from": period.first.isoformat(), "to": period.last.isoformat()}
    return reply_json(span | ledgers.as_json(ledgers.of_period(found, period), place, limit))


def import_hits(request: Request, site: str) -> Response:
    """``POST /api/v1/sites/{id}/hits``: hits with a time, see :func:`chalicelib.collect.imports.accept`."""
    found = access.site_for(access.bearer(request), site, to_change=True)
    body = request.json(config.MAX_IMPORT_BYTES)
    return reply_json({"accepted": imports.accept(found, body)}, 202)
