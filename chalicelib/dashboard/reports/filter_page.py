"""The page that adds a filter to a page of figures, or changes one: what to filter by, how, and the values."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.dashboard import render
from chalicelib.dashboard.reports import (
    breakdowns,
    filter_form,
    filter_pills,
    filter_words,
    icons,
    page_links,
    periods,
    whole_table,
)
from chalicelib.dashboard.reports.filter_form import FilterForm, Suggestion
from chalicelib.dashboard.reports.page_query import PageQuery
from chalicelib.errors import BadRequest, QueryTooLarge
from chalicelib.report import comparisons, filters, site_stats, stats_question
from chalicelib.report.filters import EVENT, IDENTIFIER, PROPERTY, Field
from chalicelib.report.periods import Period
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

# Values that are suggested.
_SUGGESTED: Final = 100


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{site}/filter``: what to filter by; with ``dimension=``, its form; with ``apply=``, its result.

    :raises BadRequest: if a parameter of the overview is not valid.
    """
    query = PageQuery.of(request, page_links.ON, *whole_table.OWN)
    now = datetime.now(site.zone)
    question = stats_question.parse(request.query, query.filters, site, now, periods.usual())
    try:
        field = _field(request)
    except BadRequest as error:
        return _page(request, person, site, query, None, render.sentence(error))
    if field is None:
        return _page(request, person, site, query)
    if "apply" not in request.query:
        replaced = request.query.get("replaces", "")
        changed = (one for one in question.conditions if f"{one.operator},{one.field.name}" == replaced)
        condition = next(changed, None)
        form = filter_form.of_condition(condition, query) if condition else filter_form.empty(field, query)
    else:
        form = filter_form.submitted(field, query, request.query_lists)
        try:
            return redirect(page_links.filtered(request.root, site, filter_form.filtered(form)))
        except BadRequest as error:
            form = form._replace(error=render.sentence(error))
    return _page(request, person, site, query, form._replace(suggestions=suggested(site, field, question.period, now)))


def _field(request: Request) -> Field | None:
    """The field that was chosen; None if none was.

    :raises BadRequest: if there is no such field.
    """
    if "property" in request.query:
        name = filters.without_surrogates(request.query["property"])
        if not name:
            raise BadRequest(_("Enter the name of a property."), field="property")
        if "," in name:
            raise BadRequest(_("Properties with a comma in their name cannot be filtered by."), field="property")
        return filters.field_named(PROPERTY + name)
    name = request.query.get("dimension", "")
    return filters.field_named(filters.without_surrogates(name)) if name else None


def suggested(site: Site, field: Field, period: Period, now: datetime) -> tuple[Suggestion, ...]:
    """The most frequent values of a field in a period.

    :param now: an aware time.
    """
    if field.form != "text":
        return ()
    if field.property_name:
        return tuple(map(Suggestion, _of_property(site, field, period, now)))
    stats = site_stats.stats(site, period, now, comparison=comparisons.nothing(period))
    if field.dimension is not None:
        rows = stats.tables[field.dimension.key].rows[:_SUGGESTED]
        return tuple(_suggestion(field, row.name) for row in rows if row.name)
    names: dict[str, list[str]] = {
        EVENT.name: [event.name for event in stats.events[:_SUGGESTED]],
        IDENTIFIER.name: [visit.identifier for visit in stats.latest if visit.identifier],
    }
    return tuple(map(Suggestion, dict.fromkeys(names[field.name])))


def _suggestion(field: Field, name: str) -> Suggestion:
    value = filter_words.as_entered(field, name)
    label = breakdowns.label_of(field.dimension, name) if field.dimension else value
    icon = icons.of_value(field.dimension, name) if field.dimension else None
    return Suggestion(value, "" if label == value else label, "" if name == value else name, icon)


def _of_property(site: Site, field: Field, period: Period, now: datetime) -> list[str]:
    from chalicelib.report import breakdown, breakdown_question  # import DuckDB

    question = breakdown_question.parse({"dimension": field.name, "limit": str(_SUGGESTED)}, [])
    try:
        found = breakdown.of_period(site, period, question, None, now)
    except QueryTooLarge:
        return []  # the form does without
    return [row.values[0].raw for row in found.rows if row.values[0].raw]


def _page(
    request: Request, person: Person, site: Site, query: PageQuery, form: FilterForm | None = None, error: str = ""
) -> Response:
    failed = error or (form is not None and form.error)
    return render.page(
        request,
        "reports/filter.html",
        HTTPStatus.BAD_REQUEST if failed else HTTPStatus.OK,
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        back=page_links.filtered(request.root, site, query),
        choose=page_links.filter_form(request.root, site, query),
        form=form,
        frequent=[(one, page_links.filtered(request.root, site, one.query)) for one in (form.frequent if form else ())],
        kept=query.items,
        groups=filter_pills.groups(query),
        error=error,
        entered=request.query.get("property", ""),
    )
