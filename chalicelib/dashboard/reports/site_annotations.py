"""The pages of a site's annotations: all of them, the form for a new one, and the form that changes or deletes one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from chalice import Response

from chalicelib import config, pagination
from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import annotation_fields, site_annotations
from chalicelib.dashboard import render, sections
from chalicelib.dashboard.reports import annotation_marks
from chalicelib.dashboard.reports.page_query import CARRIED, PageQuery
from chalicelib.errors import BadRequest, Conflict, ShylightError
from chalicelib.routing import Right
from chalicelib.store.people import Person
from chalicelib.store.site_annotations import Annotation
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

# Which control of the form has the value of which field.
_CONTROLS: Final = {"text": "text", "at": "day", "url": "url", "kind": "kind"}


class AnnotationForm(NamedTuple):
    """The form of an annotation.

    :ivar day, time, text, url, kind: the values of its controls.
    :ivar query: of the page that it leads back to.
    :ivar id: of the annotation that it changes; ``""``: it adds one.
    :ivar error: what is wrong; :ivar invalid: the control that it is about, or ``""``.
    """

    day: str
    time: str = ""
    text: str = ""
    url: str = ""
    kind: str = "note"
    query: str = ""
    id: str = ""
    error: str = ""
    invalid: str = ""


def show_list(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{site}/annotations``: all annotations, and the form for a new one, with the `day` that is given."""
    query, asked = PageQuery.of(request), request.query
    day = _day(asked.get(annotation_marks.DAY, "")) or datetime.now(site.zone).date().isoformat()
    form = AnnotationForm(day, asked.get(annotation_marks.TIME, "")[:5], query=query.suffix)
    return _list_page(request, person, site, query, form)


def create(request: Request, person: Person, site: Site) -> Response:
    """``POST /sites/{site}/annotations``: add one, and lead back to the overview; or the form with what is wrong."""
    form = request.form(config.MAX_FORM_BYTES)
    query = _query_in(form.get("query", ""))
    try:
        fields = annotation_fields.read(_data(form), site)
        made = site_annotations.create(site, person, fields)
    except (BadRequest, Conflict) as error:
        return _list_page(request, person, site, query, _again(form, query, error), error.status)
    return _back(request, site, query, made)


def show(request: Request, person: Person, site: Site, annotation: str) -> Response:
    """``GET /sites/{site}/annotations/{annotation}``: the form that changes or deletes it.

    :raises NotFound: if there is none.
    """
    query, stored = PageQuery.of(request), site_annotations.get(site, annotation)
    day, time = _on_clock(site, stored)
    form = AnnotationForm(day, time, stored.text, stored.url, stored.kind, query.suffix, stored.id)
    return _form_page(request, person, site, query, form)


def change(request: Request, person: Person, site: Site, annotation: str) -> Response:
    """``POST /sites/{site}/annotations/{annotation}``: change it, or delete it (``do=delete``), and lead back.

    :raises NotFound: if there is none.
    """
    form = request.form(config.MAX_FORM_BYTES)
    query = _query_in(form.get("query", ""))
    if form.get("do") == "delete":
        site_annotations.delete(site, person, annotation)
        return redirect(f"{request.root}sites/{site.id}{query.suffix}")
    before = site_annotations.get(site, annotation)
    data = _data(form)
    if (form.get("day", ""), form.get("time", "")) == _on_clock(site, before):
        del data["at"]  # it keeps its seconds, and which of two equal times it was when the clocks changed
    try:
        changed = site_annotations.change(site, person, before, annotation_fields.read_changes(data, site, before))
    except (BadRequest, Conflict) as error:
        return _form_page(request, person, site, query, _again(form, query, error, annotation), error.status)
    return _back(request, site, query, changed)


def _back(request: Request, site: Site, query: PageQuery, shown: Annotation) -> Response:
    return redirect(f"{request.root}sites/{site.id}{query.suffix}#annotation-{shown.id}")


def _data(form: Mapping[str, str]) -> dict[str, object]:
    """The fields of an annotation, as programs send them."""
    day, time = form.get("day", ""), form.get("time", "").strip()
    return {
        "text": form.get("text", ""),
        "at": f"{day}T{time}" if time else day,
        "url": form.get("url", "").strip(),
        "kind": form.get("kind", ""),
    }


def _again(form: Mapping[str, str], query: PageQuery, error: ShylightError, id_: str = "") -> AnnotationForm:
    message = _("Enter a date from 2000 to 2199, and a time such as 14:30 or none.")
    return AnnotationForm(
        form.get("day", ""),
        form.get("time", ""),
        form.get("text", ""),
        form.get("url", ""),
        form.get("kind", ""),
        query.suffix,
        id_,
        message if error.field == "at" else render.sentence(error),
        _CONTROLS.get(error.field or "", ""),
    )


def _on_clock(site: Site, annotation: Annotation) -> tuple[str, str]:
    """The day and the time of an annotation in the form; no time for a whole day."""
    local = annotation_marks.local_time(site, annotation)
    return (f"{local:%Y-%m-%d}", f"{local:%H:%M}") if local else (annotation.at, "")


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _query_in(text: str) -> PageQuery:
    """The query of the page that a form leads back to."""
    pairs = parse_qsl(text.removeprefix("?"), keep_blank_values=True)
    return PageQuery(tuple((name, value) for name, value in pairs if name in CARRIED))


def _list_page(
    request: Request, person: Person, site: Site, query: PageQuery, form: AnnotationForm, status: int = HTTPStatus.OK
) -> Response:
    first, today = pagination.read_place(request.query), datetime.now(site.zone).date()
    found = site_annotations.of_site(site)
    shown, further = pagination.part(found, first, config.ANNOTATIONS_PAGE_ROWS, lambda one: one.text + one.url)
    return _page(
        request,
        "reports/annotations.html",
        person,
        site,
        query,
        form,
        status,
        may_edit=Right.SITE_EDIT in auth.rights_in(person, site),
        lines=[annotation_marks.line(site, one, today) for one in shown],
        total=len(found),
        further=query.changed(cursor=further).href if further else "",
    )


def _form_page(
    request: Request, person: Person, site: Site, query: PageQuery, form: AnnotationForm, status: int = HTTPStatus.OK
) -> Response:
    return _page(request, "reports/annotation.html", person, site, query, form, status)


def _page(
    request: Request,
    template: str,
    person: Person,
    site: Site,
    query: PageQuery,
    form: AnnotationForm,
    status: int,
    **more: Any,
) -> Response:
    """A page with the form of an annotation."""
    return render.page(
        request,
        template,
        status,
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        sections=sections.of_site(person, site, query=query.suffix, below=sections.OVERVIEW),
        form=form,
        kinds=[(kind, _(name)) for kind, name in annotation_marks.KIND_NAMES.items()],
        back=query.suffix,
        **more,
    )
