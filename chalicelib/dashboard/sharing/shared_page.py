"""The page behind a shared link: the figures of the overview, for people who do not sign in.

It shows neither visits nor identifiers, and leads nowhere else in the dashboard but to the list of shortcuts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime

from chalice import Response

from chalicelib import catalogue, config
from chalicelib.accounts.sharing import embed_origins
from chalicelib.dashboard import render
from chalicelib.dashboard.reports import breakdowns, metric_cards, overview, periods
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.errors import BadRequest
from chalicelib.report import filters, stats_question
from chalicelib.report.stats import Stats, Table
from chalicelib.store.shared_links import SharedLink
from chalicelib.store.sites import Site
from chalicelib.web import Request

EVENTS = "events"


def show(request: Request, site: Site, link: SharedLink) -> Response:
    """``GET /share/{link}`` and ``GET /public/{site}``.

    :raises BadRequest: if a parameter is not valid, and for filters.
    """
    now, query = datetime.now(site.zone), PageQuery.of(request)
    if query.filters:  # they would tell what the link hides
        raise BadRequest("A shared page cannot be filtered.", field=filters.PARAMETER)
    question = overview.with_hours(stats_question.parse(request.query, [], site, now, periods.usual()))
    metric = metric_cards.chosen(request.query)
    stats = stats_question.answer(site, question, now, config.SHARED_REFRESH_AFTER_S)
    shared = without(stats, link.hidden)
    return render.page(
        request,
        "sharing/shared-page.html",
        headers=headers(link),
        **overview.figures(shared, question, now, query, metric),
        refresh_s=config.SHARED_REFRESH_AFTER_S,
        cards=breakdowns.cards(shared, metric, hidden=link.hidden, linked=False),
        indexed=link.indexed and link.is_public and link.password_hash is None,
    )


def without(stats: Stats, hidden: Collection[str]) -> Stats:
    """`stats` without visits, without identifiers, and without what a link hides."""
    tables = {
        key: Table(()) if catalogue.DIMENSIONS[key].card in hidden else table for key, table in stats.tables.items()
    }
    events = () if EVENTS in hidden else stats.events
    other_events = None if EVENTS in hidden else stats.other_events
    return dataclasses.replace(stats, latest=(), tables=tables, events=events, other_events=other_events)


def headers(link: SharedLink) -> dict[str, str]:
    """The headers of a link's pages: who may embed them, and that they depend on the browser's cookie."""
    sources = " ".join(filter(embed_origins.is_source, link.embed_origins))
    return {"Content-Security-Policy": render.content_security_policy(sources or "'none'"), "Vary": "Cookie"}
