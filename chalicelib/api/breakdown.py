"""``/api/v1/sites/{id}/breakdown``: a table of figures as a whole, by one or two dimensions, as JSON or CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalice import Response

from chalicelib import days, pagination
from chalicelib.api import csv_file
from chalicelib.report import breakdown, breakdown_question, periods
from chalicelib.report.breakdown import Breakdown, MetricValue, Row
from chalicelib.report.filters import PARAMETER
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET …?dimension=…&metrics=…&sort=…&search=…&f=…&period=…&limit=…&cursor=…``."""
    if csv_file.is_wanted(request):
        return show_csv(request, person, site)
    found = _found(request, site)
    rows = [_as_json(found, row) for row in found.rows]
    number = pagination.fitting(rows)
    return reply_json(
        {
            "site": site.id,
            "from": found.period.first.isoformat(),
            "to": found.period.last.isoformat(),
            "timezone": site.timezone,
            "as_of": days.local(found.as_of, site.zone).isoformat(timespec="milliseconds"),
            "dimensions": [field.name for field in found.question.dimensions],
            "metrics": list(found.question.metrics),
            "rows": rows[:number],
            "next": found.next(number),
        }
    )


def show_csv(request: Request, _person: Person, site: Site) -> Response:
    """The same as a CSV file; the header ``Link`` names the next page, if there is one."""
    found = _found(request, site)
    columns = [*(field.name for field in found.question.dimensions), *found.question.metrics]
    rows = [[*(value.shown for value in row.values), *map(_cell, row.metrics.values())] for row in found.rows]
    number = csv_file.fitting(rows)
    name = csv_file.name_of(site, "breakdown", found.period.first, found.period.last)
    return csv_file.reply_csv(name, columns, rows[:number], csv_file.link(request, found.next(number)))


def _found(request: Request, site: Site) -> Breakdown:
    now = datetime.now(UTC)
    period = periods.parse(request.query, site, now)
    question = breakdown_question.parse(request.query, request.query_lists.get(PARAMETER, []))
    cursor = breakdown_question.read_cursor(request.query, question, period)
    return breakdown.of_period(site, period, question, cursor, now)


def _as_json(found: Breakdown, row: Row) -> dict[str, Any]:
    """A row: its values and metrics by name. `raw`: the values that are stored in another form than they are shown."""
    names = [field.name for field in found.question.dimensions]
    values = dict(zip(names, row.values, strict=True))
    raw = {name: value.raw for name, value in values.items() if value.raw != value.shown}
    shown = {name: value.shown for name, value in values.items()}
    return {**shown, **row.metrics, **({"raw": raw} if raw else {})}


def _cell(value: MetricValue) -> str | float:
    """A metric in a cell: nothing without data; revenue as ``12.5 EUR; 3 USD``."""
    if isinstance(value, dict):
        return "; ".join(f"{amount:.15g} {currency}" for currency, amount in value.items())
    return "" if value is None else value
