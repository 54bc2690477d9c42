"""``/api/v1/sites/{id}/stats``: the statistics of the overview, as JSON or CSV."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from chalice import Response

from chalicelib import catalogue, config, pagination, url_normalization
from chalicelib.api import csv_file
from chalicelib.errors import BadRequest
from chalicelib.report import filters, stats, stats_question
from chalicelib.report.display_names import shown_name
from chalicelib.report.stats import Point, Row, Stats
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json

_COUNTS = ("visitors", "visits", "pageviews")


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET …?period=…&f=…&interval=…&compare=…&limit=…``: metrics, series and tables of a period."""
    if csv_file.is_wanted(request):
        return show_csv(request, person, site)
    limit = pagination.read_limit(request.query, config.PERIOD_ROWS, config.PERIOD_ROWS)
    return reply_json(fitting(_found(request, site), limit))


def show_csv(request: Request, _person: Person, site: Site) -> Response:
    """The series as a CSV file; with ``table=…``, that table."""
    table = request.query.get("table", "")
    if table and table not in catalogue.DIMENSIONS:
        raise BadRequest(f"table must be one of {', '.join(catalogue.DIMENSIONS)}.", field="table")
    found = _found(request, site)
    name = csv_file.name_of(site, table or "series", found.first, found.last)
    if not table:
        points: list[list[csv_file.Cell]] = [
            [point.t.isoformat(), point.visitors, point.visits, point.pageviews] for point in found.series
        ]
        return csv_file.reply_csv(name, ["t", *_COUNTS], points)
    limit = pagination.read_limit(request.query, config.PERIOD_ROWS, config.PERIOD_ROWS)
    rows: list[list[csv_file.Cell]] = [
        [shown_name(table, row.name), row.visitors, row.visits, row.pageviews]
        for row in found.tables[table].rows[:limit]
    ]
    column = catalogue.DIMENSIONS[table].singular
    return csv_file.reply_csv(name, [column, *_COUNTS], rows[: csv_file.fitting(rows)])


def _found(request: Request, site: Site) -> Stats:
    now = datetime.now(UTC)
    question = stats_question.parse(request.query, request.query_lists.get(filters.PARAMETER, []), site, now)
    return stats_question.answer(site, question, now)


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
        "compare": dict(shown.compare.by_key) if shown.is_compared else None,
        "compare_from": shown.compare_first.isoformat() if shown.is_compared else None,
        "compare_to": shown.compare_last.isoformat() if shown.is_compared else None,
        "interval": shown.interval,
        "series": list(map(_point, shown.series)),
        "compare_series": list(map(_point, shown.compare_series)),
        "tables": {name: [row_as_json(name, row) for row in shown.tables[name].rows] for name in catalogue.DIMENSIONS},
        "other": {
            name: dataclasses.asdict(rest) for name in catalogue.DIMENSIONS if (rest := shown.tables[name].other)
        },
        "events": [dataclasses.asdict(row) for row in shown.events],
        "other_events": dataclasses.asdict(shown.other_events) if shown.other_events else None,
        "online": shown.online,
        "outdated": [day.isoformat() for day in shown.outdated],
        "waiting": [day.isoformat() for day in shown.waiting],
        "built_at": shown.built_at.isoformat(timespec="milliseconds") if shown.built_at else None,
    }


def _point(point: Point) -> dict[str, Any]:
    return {"t": point.t.isoformat(), "visitors": point.visitors, "visits": point.visits, "pageviews": point.pageviews}


def row_as_json(table: str, row: Row) -> dict[str, Any]:
    """A row, with its name for display. `raw`: the stored name, or a page in its form for URLs, if it differs."""
    fields = dataclasses.asdict(row)
    name = shown_name(table, row.name)
    is_page = catalogue.DIMENSIONS[table].values == "page"
    raw = url_normalization.uri(row.name) if is_page else row.name
    return {**fields, "name": name} | ({"raw": raw} if raw != name else {})
