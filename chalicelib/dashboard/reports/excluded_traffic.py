"""The page of excluded traffic: what the figures of a period do not count, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.dashboard import render, sections
from chalicelib.dashboard.reports import period_picker, periods
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report import excluded_traffic
from chalicelib.report.excluded_traffic import FLOOD_VISITOR, LOST, Ledger
from chalicelib.store import exclusions
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request

PATH: Final = "/sites/{site}/ledger"
# What the reasons mean; those of bots are set by `enrich.bots`.
REASONS: Final[Mapping[str, str]] = {
    "dnt": N_("Asked not to be tracked"),
    "origin": N_("Origin not allowed by the site's settings"),
    "ignored_address": N_("Ignored IP address"),
    "flood_address": N_("Too many hits from one IP address"),
    FLOOD_VISITOR: N_("Too many hits from one visitor in an hour"),
    "flood_site": N_("The site's daily limit was reached"),
    LOST: N_("Lost: a file with them was missing or damaged"),
    exclusions.PUT_ASIDE: N_("Could not be processed; see the dead-letter queue"),
}
ROBOT_REASONS: Final[Mapping[str, str]] = {
    "declared": N_("Declares itself as a bot"),
    "headless": N_("Headless browser"),
    "library": N_("HTTP library"),
    "empty": N_("No user agent"),
    "prefetch": N_("Prefetch"),
    "preview": N_("Page preview"),
    "referrer_spam": N_("Referrer spam"),
}
# Rows that the page shows, those with the most hits.
PAGE_ROWS: Final = 200
STORED: Final = N_("stored")
DROPPED: Final = N_("dropped")


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{id}/ledger``.

    :raises BadRequest: if the period is not valid.
    """
    now, period = periods.requested(request, site)
    query = PageQuery.of(request)
    dropped, robots = lines(excluded_traffic.of_period(site, period))
    return render.page(
        request,
        "reports/excluded-traffic.html",
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        sections=sections.of_site(person, site, PATH, query.suffix),
        keep=query.suffix,
        picker=period_picker.pick(period, now.date(), query),
        dropped=dropped,
        robots=robots,
    )


class Line(NamedTuple):
    """A row of the page: hits of a period with one reason and name, and a note."""

    reason: str
    name: str
    hits: int
    note: str = ""


def lines(found: Ledger) -> tuple[list[Line], list[Line]]:
    """The rows of the page: dropped hits and bots, summed over days, most hits first, the others as the last row."""
    dropped = (((_(REASONS.get(drop.reason, drop.reason)), drop.name, ""), drop.hits) for drop in found.dropped)
    robots = (
        (
            (
                _(ROBOT_REASONS.get(robot.reason, robot.reason)),
                robot.name,
                _(STORED if robot.kept else DROPPED),
            ),
            robot.hits,
        )
        for robot in found.robots
    )
    return _added(dropped), _added(robots)


def _added(rows: Iterable[tuple[tuple[str, str, str], int]]) -> list[Line]:
    sums: dict[tuple[str, str, str], int] = {}
    for key, hits in rows:
        sums[key] = sums.get(key, 0) + hits
    found = [Line(reason, name, hits, note) for (reason, name, note), hits in sums.items()]
    found.sort(key=lambda line: (-line.hits, line.reason, line.name, line.note))
    others = sum(line.hits for line in found[PAGE_ROWS:])
    return [*found[:PAGE_ROWS], *([Line(_("Others"), "", others)] if others else [])]
