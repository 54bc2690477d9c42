"""Usage, cost and excluded traffic of all sites in a month.

An installation with 10,000 sites takes three reads for the list of sites and a hundred for their usage; names are read
for the sites that are shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chalicelib.errors import BadRequest
from chalicelib.operations import cost
from chalicelib.operations.cost import Cost, Estimate
from chalicelib.store import listings, sites, usage
from chalicelib.store.sites import Site
from chalicelib.store.usage import Usage
from chalicelib.translation import gettext as _

_MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
# Months to choose from.
MONTHS: Final = 13


@dataclass(frozen=True, slots=True)
class SiteUsage:
    """What a site took in a month. `site`: None if it was deleted since."""

    site_id: str
    site: Site | None
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Reason:
    """Hits of a month, of all sites, that were dropped for one reason. `sites`: of how many sites."""

    reason: str
    hits: int
    sites: int


def read_month(query: Mapping[str, str]) -> str:
    """The month that a request asks for by `month`, by default the current one in UTC, as ``2026-11``.

    :raises BadRequest: if it is invalid.
    """
    month = query.get("month", "") or f"{datetime.now(UTC):%Y-%m}"
    if not _MONTH.fullmatch(month):
        raise BadRequest(_("month must be a month such as 2026-11."), field="month")
    return month


def recent_months() -> list[str]:
    """The months to choose from, the current one first."""
    now = datetime.now(UTC)
    numbers = (now.year * 12 + now.month - 1 - ago for ago in range(MONTHS))
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in numbers]


def of_month(month: str) -> list[Usage]:
    """The usage of all sites in a month, without sites that used nothing; in any order."""
    return list(usage.of_month((row.sk for row in listings.every(listings.SITES)), month))


def by_cost(found: Sequence[Usage]) -> list[tuple[str, Estimate]]:
    """What each site took, by its id, the most expensive one first."""
    estimates = [(one.site_id, cost.estimate(one)) for one in found]
    return sorted(estimates, key=lambda each: (-each[1].cost.total, each[0]))


def named(estimates: Sequence[tuple[str, Estimate]]) -> list[SiteUsage]:
    """The same, with the sites."""
    known = {site.id: site for site in sites.get_sites([site_id for site_id, _estimate in estimates])}
    return [SiteUsage(site_id, known.get(site_id), estimate) for site_id, estimate in estimates]


def total(estimates: Sequence[tuple[str, Estimate]]) -> Estimate:
    """The sum of all."""
    each = [estimate for _site, estimate in estimates]
    return Estimate(
        sum(one.hits for one in each),
        sum(one.excluded for one in each),
        sum(one.requests for one in each),
        sum(one.write_units for one in each),
        sum(one.stored_bytes for one in each),
        Cost(*(sum(getattr(one.cost, name) for one in each) for name in Cost.__slots__)),
    )


def by_reason(found: Sequence[Usage]) -> list[Reason]:
    """Dropped hits of all sites by reason, the most first."""
    hits: dict[str, int] = {}
    of_sites: dict[str, int] = {}
    for one in found:
        for reason, count in one.dropped.items():
            hits[reason] = hits.get(reason, 0) + count
            of_sites[reason] = of_sites.get(reason, 0) + 1
    reasons = [Reason(reason, count, of_sites[reason]) for reason, count in hits.items()]
    return sorted(reasons, key=lambda one: (-one.hits, one.reason))


def by_excluded(found: Sequence[Usage]) -> list[tuple[str, int]]:
    """How many hits of each site were dropped, by its id, the most first."""
    sums = [(one.site_id, sum(one.dropped.values())) for one in found if one.dropped]
    return sorted(sums, key=lambda each: (-each[1], each[0]))
