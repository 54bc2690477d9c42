"""``/api/v1/administration/…``: all sites, their usage and cost, and what was excluded of them, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalice import Response

from chalicelib import pagination
from chalicelib.accounts.sites import site_settings
from chalicelib.operations import prices, site_list, usage
from chalicelib.operations.cost import Estimate
from chalicelib.store import sites
from chalicelib.store.people import Person
from chalicelib.web import Request, reply_json

MAX_ROWS = 200
MAX_USAGE_ROWS = 1000
_DEFAULT_ROWS = 50


def list_sites(request: Request, _caller: Person) -> Response:
    """``GET …/sites?search=…&limit=…&cursor=…``: sites by name, with their owners and hits of seven days."""
    limit = pagination.read_limit(request.query, _DEFAULT_ROWS, MAX_ROWS)
    place = request.query.get(pagination.cursor_parameter(request.query), "")
    found = site_list.find(request.query.get("search", ""), place, limit)
    shown = [
        {
            "id": row.site.id,
            "name": row.site.name,
            "domain": row.site.domain,
            "status": site_settings.ACTIVE if row.site.active else site_settings.ARCHIVED,
            "owner": {"id": row.owner.id, "email": row.owner.email, "name": row.owner.name} if row.owner else None,
            "hits": row.hits,
        }
        for row in found.rows
    ]
    return reply_json({"sites": shown, "next": found.next})


def show_usage(request: Request, _caller: Person) -> Response:
    """``GET …/usage?month=…&limit=…&cursor=…``: what each site took, and its cost; the most expensive first."""
    month = usage.read_month(request.query)
    estimates = usage.by_cost(usage.of_month(month))
    shown, further = _part(request, estimates)
    return reply_json(
        {
            "month": month,
            "currency": "USD",
            "prices": {"region": prices.REGION, "month": prices.MONTH},
            "total": estimate_as_json(usage.total(estimates)),
            "sites": [
                {
                    "id": row.site_id,
                    "name": row.site.name if row.site else None,
                    "domain": row.site.domain if row.site else None,
                    **estimate_as_json(row.estimate),
                }
                for row in usage.named(shown)
            ],
            "next": further,
        }
    )


def show_excluded(request: Request, _caller: Person) -> Response:
    """``GET …/excluded?month=…&limit=…&cursor=…``: dropped hits of all sites by reason, and by site."""
    month = usage.read_month(request.query)
    found = usage.of_month(month)
    shown, further = _part(request, usage.by_excluded(found))
    known = {site.id: site for site in sites.get_sites([site_id for site_id, _hits in shown])}
    return reply_json(
        {
            "month": month,
            "reasons": [{"reason": one.reason, "hits": one.hits, "sites": one.sites} for one in usage.by_reason(found)],
            "sites": [
                {
                    "id": site_id,
                    "name": known[site_id].name if site_id in known else None,
                    "domain": known[site_id].domain if site_id in known else None,
                    "hits": hits,
                }
                for site_id, hits in shown
            ],
            "next": further,
        }
    )


def estimate_as_json(estimate: Estimate) -> dict[str, int | float]:
    """What a site took, with its cost in US dollars."""
    return {
        "hits": estimate.hits,
        "excluded": estimate.excluded,
        "requests": estimate.requests,
        "write_units": estimate.write_units,
        "stored_bytes": estimate.stored_bytes,
        "cost": round(estimate.cost.total, 6),
    }


def _part(request: Request, rows: Sequence[Any]) -> tuple[list[Any], str | None]:
    limit = pagination.read_limit(request.query, MAX_USAGE_ROWS, MAX_USAGE_ROWS)
    return pagination.part(rows, pagination.read_place(request.query), limit, lambda row: row[0])
