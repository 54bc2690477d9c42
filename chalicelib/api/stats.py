"""``/api/v1/sites/{id}/stats``: the statistics of the overview as JSON."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from chalice import Response

from chalicelib import catalogue, config, pagination, url_normalization
from chalicelib.report import periods, site_stats, stats
from chalicelib.report.display_names import shown_name
from chalicelib.report.stats import Row, Stats
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json


def show(request: Request, _person: Person, site: Site) -> Response:
    """``GET …?period=…|from=&to=&limit=``: metrics, series and tables of a period."""
    now = datetime.now(UTC)
    period = periods.parse(request.query, site.zone, now)
    limit = pagination.read_limit(request.query, config.PERIOD_ROWS, config.PERIOD_ROWS)
    return reply_json(fitting(site_stats.stats(site, period, now), limit))


def fitting(shown: Stats, limit: int) -> dict[str, Any]:
    """Stats as JSON with up to `limit` rows per table; with fewer, if the response would be too large."""
    while pagination.size(data := as_json(stats.shortened(shown, limit))) > config.MAX_ANSWER_BYTES and limit:
        limit //= 2
    return data


def as_json(shown: Stats) -> dict[str, Any]:
    """Stats as JSON, in the units of the catalogue; null without data."""
    return {
        "site": shown.site.id,
        "from": shown.first.isoformat(),
        "to": shown.last.isoformat(),
        "timezone": shown.site.timezone,
        "metrics": dict(shown.metrics.by_key),
        "compare": dict(shown.compare.by_key),
        "series": [
            {"t": point.t.isoformat(), "visitors": point.visitors, "visits": point.visits, "pageviews": point.pageviews}
            for point in shown.series
        ],
        "tables": {name: [_row(name, row) for row in shown.tables[name].rows] for name in catalogue.DIMENSIONS},
        "other": {
            name: dataclasses.asdict(rest) for name in catalogue.DIMENSIONS if (rest := shown.tables[name].other)
        },
        "events": [dataclasses.asdict(row) for row in shown.events],
        "other_events": dataclasses.asdict(shown.other_events) if shown.other_events else None,
        "online": shown.online,
        "outdated": [day.isoformat() for day in shown.outdated],
        "built_at": shown.built_at.isoformat(timespec="milliseconds") if shown.built_at else None,
    }


def _row(table: str, row: Row) -> dict[str, Any]:
    """A row, with its name for display. `raw`: the stored name, or a page in its form for URLs, if it differs."""
    fields = dataclasses.asdict(row)
    name = shown_name(table, row.name)
    is_page = catalogue.DIMENSIONS[table].values == "page"
    raw = url_normalization.uri(row.name) if is_page else row.name
    return {**fields, "name": name} | ({"raw": raw} if raw != name else {})
