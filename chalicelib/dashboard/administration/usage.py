"""The pages of usage and cost, and of excluded traffic, of all sites in a month."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from chalice import Response

from chalicelib import pagination
from chalicelib.accounts.access import auth
from chalicelib.api import csv_file
from chalicelib.dashboard import formatting, render, sections
from chalicelib.dashboard.reports import excluded_traffic
from chalicelib.operations import prices, usage
from chalicelib.operations.cost import Estimate
from chalicelib.store import exclusions, sites
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _
from chalicelib.web import Request

USAGE_PATH: Final = "/administration/usage"
EXCLUDED_PATH: Final = "/administration/excluded"
SITES_PER_PAGE: Final = 100
_COLUMNS: Final = (
    "site", "name", "domain", "month", "hits", "excluded", "requests", "write_units", "stored_bytes", "cost_usd",
)  # fmt: skip


class MonthChoice(NamedTuple):
    """A month in a list to choose from. `value`: as ``2026-11``."""

    value: str
    name: str


class ReasonLine(NamedTuple):
    """A reason for which hits were dropped, as it is shown, and its hits in the month."""

    name: str
    hits: int
    sites: int


def show_usage(request: Request, person: Person) -> Response:
    """``GET /administration/usage?month=…&cursor=…``; ``format=csv`` gives all sites as a file.

    :raises BadRequest: if the month or the cursor is invalid.
    """
    month = usage.read_month(request.query)
    estimates = usage.by_cost(usage.of_month(month))
    if request.query.get("format") == "csv":
        return _as_csv(month, estimates)
    shown, further = pagination.part(
        estimates, pagination.read_place(request.query), SITES_PER_PAGE, lambda one: one[0]
    )
    return render.page(
        request,
        "administration/usage.html",
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(USAGE_PATH),
        month=month,
        months=_months(month),
        rows=usage.named(shown),
        total=usage.total(estimates),
        sites=len(estimates),
        further=further,
        region=prices.REGION,
        prices_of=month_name(prices.MONTH),
    )


def show_excluded(request: Request, person: Person) -> Response:
    """``GET /administration/excluded?month=…&cursor=…``.

    :raises BadRequest: if the month or the cursor is invalid.
    """
    month = usage.read_month(request.query)
    found = usage.of_month(month)
    by_site = usage.by_excluded(found)
    shown, further = pagination.part(by_site, pagination.read_place(request.query), SITES_PER_PAGE, lambda one: one[0])
    known = {site.id: site for site in sites.get_sites([site_id for site_id, _hits in shown])}
    reasons = [ReasonLine(reason_name(one.reason), one.hits, one.sites) for one in usage.by_reason(found)]
    return render.page(
        request,
        "administration/excluded.html",
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_administration(EXCLUDED_PATH),
        month=month,
        months=_months(month),
        reasons=reasons,
        rows=[(known.get(site_id), hits) for site_id, hits in shown],
        further=further,
    )


def reason_name(reason: str) -> str:
    """What a reason for which hits were dropped is called; the code of one that is unknown."""
    if reason.startswith(exclusions.ROBOT):
        of_bot = reason.removeprefix(exclusions.ROBOT)
        return _("Bot: %(reason)s", reason=_(excluded_traffic.ROBOT_REASONS.get(of_bot, of_bot)))
    return _(excluded_traffic.REASONS.get(reason, reason))


def month_name(month: str) -> str:
    """A month as it is shown: ``Nov 2026``."""
    return formatting.month_year(date.fromisoformat(f"{month}-01"))


def _months(month: str) -> list[MonthChoice]:
    recent = usage.recent_months()
    return [MonthChoice(one, month_name(one)) for one in (recent if month in recent else [month, *recent])]


def _as_csv(month: str, estimates: list[tuple[str, Estimate]]) -> Response:
    rows = [
        (
            row.site_id,
            row.site.name if row.site else "",
            row.site.domain if row.site else "",
            month,
            row.estimate.hits,
            row.estimate.excluded,
            row.estimate.requests,
            row.estimate.write_units,
            row.estimate.stored_bytes,
            f"{row.estimate.cost.total:.6f}",
        )
        for row in usage.named(estimates)
    ]
    return csv_file.reply_csv(f"usage-{month}.csv", _COLUMNS, rows)
