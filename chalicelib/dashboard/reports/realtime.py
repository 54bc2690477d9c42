"""Realtime: the last minutes of a site, minute by minute, and which pages and sources are visited now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from chalice import Response

from chalicelib import catalogue, config
from chalicelib.accounts.access import auth
from chalicelib.dashboard import formatting, render, sections
from chalicelib.dashboard.reports import applied_filters, breakdowns, page_links
from chalicelib.dashboard.reports.breakdowns import Card, Ranking
from chalicelib.dashboard.reports.chart import Tick
from chalicelib.dashboard.reports.chart_axis import ticks_of
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.report import filters, realtime
from chalicelib.report.realtime import Minute, Realtime
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request

HEIGHT: Final = 160
# A bar takes this part of its minute.
_PART: Final = 0.72
_LABEL_EVERY: Final = 5


class Bar(NamedTuple):
    """A minute of the chart: places and widths in percent, `y` and heights in units from the top.

    :ivar so_far: whether the minute is not over; :ivar label: the time below it, ``""`` for none;
    :ivar minor: whether this is left out where there is little room.
    """

    clock: str
    visitors: int
    pageviews: int
    x: float
    width: float
    centre: float
    pageviews_y: float
    visitors_y: float
    so_far: bool
    label: str
    minor: bool


class Bars(NamedTuple):
    """The chart of the minutes."""

    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    height: int = HEIGHT


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{site}/realtime?f=…``.

    :raises BadRequest: if a filter is not valid.
    :raises QueryTooLarge: if it takes too much time or memory.
    """
    now, query = datetime.now(site.zone), PageQuery.of(request)
    found = realtime.of_site(site, filters.parse(query.filters), config.REALTIME_ROWS, now)
    return render.page(
        request,
        "reports/realtime.html",
        **contents(request.root, found, site, query),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_site(person, site, sections.REALTIME, query.suffix),
    )


def contents(root: str, found: Realtime, site: Site, query: PageQuery) -> dict[str, Any]:
    """What the template needs. `query`: of the page."""
    return {
        "site": site,
        "found": found,
        "refresh_s": config.REALTIME_PAGE_REFRESH_S,
        "minutes": config.REALTIME_MINUTES,
        "online_minutes": config.ONLINE_MINUTES,
        "chart": bars(found.minutes),
        "cards": [
            Card(key, _(catalogue.DIMENSIONS[key].title), (_ranking(key, found, site),)) for key in realtime.TABLES
        ],
        "filters": applied_filters.of_page(root, site, page_links.REALTIME, filters.parse(query.filters), query),
        "keep": query.suffix,
    }


def bars(minutes: Sequence[Minute]) -> Bars:
    """The chart of some minutes, of which the last one is not over."""
    ticks = ticks_of("count", max((max(minute.pageviews, minute.visitors) for minute in minutes), default=0))
    top, place = ticks[-1][0], 100 / max(len(minutes), 1)

    def y(value: float) -> float:
        return round(HEIGHT - value / top * HEIGHT, 1)

    return Bars(
        tuple(Tick(y(value), text) for value, text in ticks),
        tuple(
            Bar(
                clock=formatting.clock(minute.t),
                visitors=minute.visitors,
                pageviews=minute.pageviews,
                x=round((number + (1 - _PART) / 2) * place, 2),
                width=round(place * _PART, 2),
                centre=round((number + 0.5) * place, 2),
                pageviews_y=y(minute.pageviews),
                visitors_y=y(minute.visitors),
                so_far=number == len(minutes) - 1,
                label=formatting.clock(minute.t) if minute.t.minute % _LABEL_EVERY == 0 else "",
                minor=minute.t.minute % (2 * _LABEL_EVERY) != 0,
            )
            for number, minute in enumerate(minutes)
        ),
    )


def _ranking(key: str, found: Realtime, site: Site) -> Ranking:
    """A table; a row's share is its part of all visitors of these minutes."""
    dimension, rows = catalogue.DIMENSIONS[key], found.tables[key]
    largest = max((row.visitors for row in rows), default=0)

    return Ranking(
        key=key,
        title=_(dimension.title),
        column=_(dimension.column),
        views=dimension.level == "views",
        shown=tuple(
            breakdowns.entry(row, breakdowns.name_of(dimension, row.name, site.domain), found.visitors, largest)
            for row in rows
        ),
        more=(),
        others=None,
        left=0,
        empty=_("Nobody in the last %(minutes)s minutes.", minutes=config.REALTIME_MINUTES),
    )
