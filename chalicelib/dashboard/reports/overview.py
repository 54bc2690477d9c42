"""The overview: the figures of a site over a period, on one page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from chalice import Response

from chalicelib import catalogue, config
from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import site_annotations
from chalicelib.catalogue import Metric
from chalicelib.dashboard import countries, device_names, formatting, render, sections
from chalicelib.dashboard.reports import (
    annotation_marks,
    breakdowns,
    chart,
    comparison_picker,
    filter_pills,
    geoip_hint,
    icons,
    interval_links,
    metric_cards,
    page_links,
    period_picker,
    periods,
    saved_segments,
    week_hours,
)
from chalicelib.dashboard.reports.filter_links import FilterLink, FilterLinks
from chalicelib.dashboard.reports.icons import Icon
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.dashboard.sites.snippet import snippet
from chalicelib.hostnames import site_url
from chalicelib.report import stats_question
from chalicelib.report.filters import EVENT, IDENTIFIER
from chalicelib.report.stats import LatestVisit, Stats
from chalicelib.report.stats_question import StatsQuestion
from chalicelib.routing import Right
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request

# The header of an open page that brings itself up to date: the version of the annotations that it shows. What such a
# page does not replace, its menus, is not read for it.
REFRESH: Final = "shylight-refresh"


class VisitLine(NamedTuple):
    """A visit in a list, with its texts.

    :ivar href: the page of the visit; :ivar online: whether the visitor was active in the last minutes.
    :ivar flag: of the country; :ivar source_icon, browser_icon: of the source and of the browser.
    :ivar filter: what its identifier leads to; None if the page cannot be filtered by it.
    """

    start: str
    day: str
    clock: str
    entry_page: str
    source: str
    source_icon: Icon | None
    flag: Icon
    country: str
    browser: str
    browser_icon: Icon | None
    system: str
    device: str
    identifier: str
    pageviews: int
    duration: float
    href: str
    online: bool
    filter: FilterLink | None = None


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{id}``: the figures of a site over a period.

    :raises BadRequest: if a parameter is not valid.
    :raises QueryTooLarge: if filters take too much time or memory.
    """
    now, query = datetime.now(site.zone), PageQuery.of(request)
    seen = request.headers.get(REFRESH, "")
    may_edit = Right.SITE_EDIT in auth.rights_in(person, site)
    question = with_hours(stats_question.parse(request.query, query.filters, site, now, periods.usual()))
    stats = stats_question.answer(site, question, now)
    links, metric = FilterLinks(query), metric_cards.chosen(request.query)
    # Answers about visits take much more time than those from rollups.
    refresh_s = config.FILTERED_PAGE_REFRESH_S if query.filters else config.OPEN_PAGE_REFRESH_S
    return render.page(
        request,
        "reports/overview.html",
        **{
            **figures(stats, question, now, query, metric, links),
            "annotations": annotation_marks.on_chart(
                stats, site_annotations.of_period(site, stats.first, stats.last, seen), now, query, may_edit=may_edit
            ),
        },
        refresh_s=refresh_s,
        filter_bar=filter_pills.bar(
            question.conditions,
            query,
            stats,
            [] if seen else saved_segments.links(site, person, query),
            may_share=may_edit,
        ),
        event_links={event.name: links.to(EVENT, event.name) for event in stats.events},
        person=person,
        csrf=auth.csrf_token(request),
        sites=[] if seen else auth.sites_of(person),
        keep=periods.kept_query(request),
        whole_table=lambda table: page_links.whole_table(request.root, site, table, query),
        cards=breakdowns.cards(stats, metric, {"places": geoip_hint.hint(stats)}, links=links),
        latest=[
            visit_line(visit, now, page_links.visit(request.root, site, visit.id, query), links)
            for visit in stats.latest
        ],
        all_visits=page_links.visits(request.root, site, query),
        snippet=snippet(request.address, site),
        sections=sections.of_site(person, site, sections.OVERVIEW, query.suffix),
    )


def with_hours(question: StatsQuestion) -> StatsQuestion:
    """The same question, also by hour if the page shows the hours of the week of its period."""
    days = question.period.length
    return replace(question, by_hour=config.MIN_WEEK_HOURS_DAYS <= days <= config.MAX_WEEK_HOURS_DAYS)


def figures(
    stats: Stats,
    question: StatsQuestion,
    now: datetime,
    query: PageQuery,
    metric: Metric,
    links: FilterLinks | None = None,
) -> dict[str, Any]:
    """What the templates need for the figures of a period: of the overview, and of a shared page.

    :param now: on the site's clock; :param query: of the page; :param metric: of the chart.
    :param links: which filter the page; None: it cannot be filtered.
    """
    today = now.date()
    return {
        "site": stats.site,
        "site_url": site_url(stats.site.domain),
        "picker": period_picker.pick(question.period, today, query),
        "comparison": comparison_picker.pick(question, query),
        "intervals": interval_links.links(question, query),
        "stats": stats,
        "waiting": periods.is_waiting(stats),
        "note": periods.outdated_note(stats),
        "live": stats.last >= today,
        "figures": metric_cards.overview_metrics(stats, today, query),
        "before": metric_cards.before(stats, today),
        "chart": chart.plot(stats, metric, now, query),
        "annotations": None,
        "week": week_hours.week_hours(stats, metric, query, links),
    }


def visit_line(visit: LatestVisit, now: datetime, href: str, links: FilterLinks | None = None) -> VisitLine:
    """The texts for a visit.

    :param href: of its page; :param links: which filter by values, None: there are none.
    """
    last_seen = visit.start + timedelta(seconds=visit.duration)
    device = " · ".join(part for part in (device_names.device_type(visit.device_type or ""), visit.network) if part)
    return VisitLine(
        start=visit.start.isoformat(timespec="seconds"),
        day="" if visit.start.date() == now.date() else formatting.weekday(visit.start.date()),
        clock=formatting.clock(visit.start),
        entry_page=formatting.shortened(visit.entry_page) or _(catalogue.DIMENSIONS["entry_pages"].empty_value),
        source=breakdowns.label_of(catalogue.DIMENSIONS["sources"], visit.source or ""),
        source_icon=icons.of_value(catalogue.DIMENSIONS["sources"], visit.source or ""),
        flag=icons.flag(visit.country),
        country=countries.name_of(visit.country) if visit.country else _("Unknown"),
        browser=visit.browser or _("Unknown"),
        browser_icon=icons.of_value(catalogue.DIMENSIONS["browsers"], visit.browser or ""),
        system=visit.system or "",
        device=device,
        identifier=visit.identifier or "",
        pageviews=visit.pageviews,
        duration=visit.duration,
        href=href,
        online=now - last_seen < timedelta(minutes=config.ONLINE_MINUTES),
        filter=links.to(IDENTIFIER, visit.identifier) if links and visit.identifier else None,
    )
