"""A table of the overview as a whole, with more columns than its card has: searched, sorted, and in pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from chalice import Response

from chalicelib import catalogue, config
from chalicelib.accounts.access import auth
from chalicelib.catalogue import Dimension
from chalicelib.dashboard import formatting, render, sections
from chalicelib.dashboard.reports import applied_filters, breakdowns, page_links, period_picker, periods
from chalicelib.dashboard.reports.icons import Icon
from chalicelib.dashboard.reports.metric_cards import FORMATTERS
from chalicelib.dashboard.reports.page_query import COMPARISON, METRIC, Choice, PageQuery
from chalicelib.errors import NotFound
from chalicelib.report import breakdown, breakdown_question
from chalicelib.report.breakdown import Breakdown, MetricValue, Row
from chalicelib.report.breakdown_question import Question
from chalicelib.report.filters import EVENT
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request

# The parameters of the page itself; all others are those of every page of figures.
SEARCH, SORT, CURSOR = "search", "sort", "cursor"
# What a table has of its own, and keeps when its filters change.
OWN = (SEARCH, SORT)
_OF_VISITS: Final = ("visitors", "visits", "pageviews", "bounce_rate", "visit_duration")
_OF_VIEWS: Final = ("visitors", "pageviews", "engagement_time", "scroll_depth", "load_time")
_OF_EVENTS: Final = ("events", "visitors", "visits", "revenue")
_EVENT_TITLES: Final = {"events": N_("Events"), "visits": N_("Visits"), "revenue": N_("Revenue")}


class Column(NamedTuple):
    """A column.

    :ivar href: sorts by it, or turns the order round; ``""`` if it cannot be sorted by.
    :ivar sorted: ``"ascending"`` or ``"descending"`` if it is sorted by, else ``""``.
    """

    key: str
    title: str
    href: str
    sorted: str


class Line(NamedTuple):
    """A row.

    :ivar filtered: the overview, filtered by it; ``""`` if it cannot be.
    :ivar href: external link, ``""`` for none; :ivar icon: beside the label; None for what has none.
    :ivar bar: length of the bar in percent; the largest row's is 100.
    """

    label: str
    filtered: str
    href: str
    icon: Icon | None
    bar: float
    share: str
    cells: tuple[str, ...]


def show(request: Request, person: Person, site: Site, table: str) -> Response:
    """``GET /sites/{site}/tables/{table}?search=…&sort=…&cursor=…``: a key of `catalogue.DIMENSIONS`, or ``events``.

    :raises NotFound: if there is no such table.
    :raises BadRequest: if a parameter is not valid.
    :raises QueryTooLarge: if it takes too much time or memory.
    """
    dimension = catalogue.DIMENSIONS.get(table)
    if dimension is None and table != page_links.EVENTS:
        raise NotFound(_("There is no such table."))
    now, period = periods.requested(request, site)
    query = PageQuery.of(request)
    question = _question(request, dimension, query)
    cursor = breakdown_question.read_cursor(request.query, question, period)
    found = breakdown.of_period(site, period, question, cursor, now.astimezone(UTC))
    return render.page(
        request,
        "reports/whole-table.html",
        **contents(request.root, found, dimension, site, query, now),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_site(person, site, below=sections.OVERVIEW, query=query.suffix),
        is_first=cursor is None,
    )


def contents(
    root: str, found: Breakdown, dimension: Dimension | None, site: Site, query: PageQuery, now: datetime
) -> dict[str, Any]:
    """What the template needs for a page of a table.

    :param dimension: None for the events; :param query: of the page; :param now: on the site's clock.
    """
    question, table = found.question, dimension.key if dimension else page_links.EVENTS
    own = _with_own(query, question)
    following = found.next(len(found.rows))
    return {
        "site": site,
        "table": table,
        "title": _(dimension.title) if dimension else _("Events"),
        "of_places": dimension is not None and dimension.card == "places",
        "tabs": _tabs(root, site, dimension, query),
        "name_column": _name_column(question, dimension, own),
        "columns": _columns(question, own),
        "rows": [_line(root, found, row, dimension, site, query) for row in found.rows],
        "empty": _empty(question, dimension),
        "search": question.search,
        "unsearched": own.without(SEARCH).href if question.search else "",
        "form_items": own.without(SEARCH).items,
        "filters": applied_filters.of_page(root, site, page_links.TABLES + table, question.conditions, own),
        "first_page": own.href,
        "next_page": own.changed(**{CURSOR: following}).href if following else "",
        "file": _file(root, found, site, own),
        "most_rows": config.MAX_BREAKDOWN_ROWS,
        "keep": query.suffix,
        "picker": period_picker.pick(found.period, now.date(), own),
    }


def _question(request: Request, dimension: Dimension | None, query: PageQuery) -> Question:
    metrics = _OF_EVENTS if dimension is None else _OF_VIEWS if dimension.level == "views" else _OF_VISITS
    asked = {
        "dimension": dimension.singular if dimension else EVENT.name,
        "metrics": ",".join(metrics),
        "limit": str(config.TABLE_PAGE_ROWS),
        **{name: request.query.get(name, "") for name in (SEARCH, SORT)},
    }
    return breakdown_question.parse(asked, query.filters)


def _with_own(query: PageQuery, question: Question) -> PageQuery:
    """The query of the table, without the place of the page in it."""
    own = {SEARCH: question.search} if question.search else {}
    if (question.sort, question.ascending) != ("visitors", False):
        own[SORT] = _sort(question.sort, ascending=question.ascending)
    return query.changed(**own)


def _sort(name: str, *, ascending: bool) -> str:
    return f"{name},{'asc' if ascending else 'desc'}"


def _columns(question: Question, own: PageQuery) -> list[Column]:
    columns = []
    for key in question.metrics:
        title = _EVENT_TITLES.get(key) or catalogue.METRICS[key].label
        columns.append(_column(key, _(title), question, own, ascending_first=False))
    return columns


def _name_column(question: Question, dimension: Dimension | None, own: PageQuery) -> Column:
    title = _(dimension.column) if dimension else _("Event")
    return _column(question.dimensions[0].name, title, question, own, ascending_first=True)


def _column(key: str, title: str, question: Question, own: PageQuery, *, ascending_first: bool) -> Column:
    if key == "revenue":  # amounts in several currencies have no order
        return Column(key, title, "", "")
    current = question.sort == key
    ascending = not question.ascending if current else ascending_first
    direction = "ascending" if question.ascending else "descending"
    return Column(key, title, own.changed(**{SORT: _sort(key, ascending=ascending)}).href, direction if current else "")


def _line(root: str, found: Breakdown, row: Row, dimension: Dimension | None, site: Site, query: PageQuery) -> Line:
    (value,) = row.values
    # A page is stored as it is displayed; its other form is for URLs.
    stored = value.shown if dimension and dimension.values == "page" else value.raw
    name = (
        breakdowns.name_of(dimension, stored, site.domain)
        if dimension
        else breakdowns.Name(formatting.shortened(stored), "", None)
    )
    visitors = row.metrics["visitors"]
    counted = 0 if visitors is None or isinstance(visitors, dict) else visitors
    return Line(
        label=name.label,
        filtered=_filtered(root, site, query, found.question.dimensions[0].name, stored),
        href=name.href,
        icon=name.icon,
        bar=breakdowns.bar(counted, found.most_visitors),
        share=formatting.share(counted, found.visitors),
        cells=tuple(_text(key, metric) for key, metric in row.metrics.items()),
    )


def _filtered(root: str, site: Site, query: PageQuery, field: str, stored: str) -> str:
    """The link to the overview with one more filter, unless there can be none."""
    text = f"is,{field},{stored}"
    kept = query if text in query.filters else query.toggled(text)
    if len(stored) > config.MAX_FILTER_CHARS or len(kept.filters) > config.MAX_FILTERS:
        return ""
    return page_links.overview(root, site, kept)


def _text(key: str, value: MetricValue) -> str:
    """A metric in a cell; revenue as ``12.50 EUR, 3.00 USD``."""
    if isinstance(value, dict):
        return ", ".join(f"{formatting.money(amount)} {currency}" for currency, amount in value.items())
    return FORMATTERS[catalogue.METRICS[key].unit if key in catalogue.METRICS else "count"](value)


def _empty(question: Question, dimension: Dimension | None) -> str:
    if question.search:
        return _("Nothing contains “%(text)s”.", text=question.search)
    if question.conditions:
        return _("Nothing matches the filters in this period.")
    return _(dimension.empty_table) if dimension else _("No events in this period.")


def _tabs(root: str, site: Site, dimension: Dimension | None, query: PageQuery) -> list[Choice]:
    """The tables of the card, those that it shows first."""
    if dimension is None:
        return []
    of_card = [one for one in catalogue.DIMENSIONS.values() if one.card == dimension.card]
    in_order = sorted(of_card, key=lambda one: (not one.tab, one.tab))
    return [
        Choice(_(one.title), page_links.whole_table(root, site, one.key, query), one.key == dimension.key)
        for one in in_order
    ]


def _file(root: str, found: Breakdown, site: Site, own: PageQuery) -> str:
    """The table as CSV: the API lets whoever is signed in read without a token."""
    question = found.question
    items = {
        "dimension": question.dimensions[0].name,
        "metrics": ",".join(question.metrics),
        "limit": str(config.MAX_BREAKDOWN_ROWS),
    }
    asked = own.without(*COMPARISON, "interval", METRIC)
    dated = asked.with_days(found.period.first, found.period.last).changed(**items)
    return f"{root}api/v1/sites/{site.id}/breakdown.csv{dated.href}"
