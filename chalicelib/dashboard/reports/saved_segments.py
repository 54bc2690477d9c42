"""The saved segments of a site: links in the filter menu, and the page to save, rename, share and delete them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import saved_segments
from chalicelib.api.saved_segments import read_fields
from chalicelib.dashboard import render
from chalicelib.dashboard.reports import filter_words
from chalicelib.dashboard.reports.page_query import CARRIED, PageQuery
from chalicelib.errors import BadRequest, Conflict, Forbidden, ShylightError
from chalicelib.report import filters
from chalicelib.store.people import Person
from chalicelib.store.saved_segments import SavedSegment
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.web import Request, redirect

# What the page confirms, by the value of `done` in its query.
DONE: Final = {
    "saved": N_("The segment is saved."),
    "deleted": N_("The segment is deleted."),
}


class SegmentLink(NamedTuple):
    """A segment in the menu.

    :ivar href: the page with its filters in place of all others, relative to the page itself.
    :ivar current: whether the page has exactly its filters.
    """

    name: str
    href: str
    current: bool
    shared: bool


class SegmentLine(NamedTuple):
    """A segment on the page: its filters in words, a link that applies it, and what the person may do with it."""

    id: str
    name: str
    words: tuple[str, ...]
    href: str
    shared: bool
    may_change: bool
    may_delete: bool
    may_unshare: bool
    error: str


class SavingForm(NamedTuple):
    """The form that saves the filters of a page. `query`: of the page; `words`: its filters in words."""

    name: str
    query: str
    shared: bool
    words: tuple[str, ...]
    error: str


def links(site: Site, person: Person, query: PageQuery) -> list[SegmentLink]:
    """The segments in the menu of a page."""
    present = set(query.filters)
    return [
        SegmentLink(one.name, query.with_filters(list(one.filters)).href, set(one.filters) == present, one.shared)
        for one in saved_segments.visible(site, person)
    ]


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{site}/segments``."""
    return _page(request, person, site, done=render.confirmation(request, DONE))


def create(request: Request, person: Person, site: Site) -> Response:
    """``POST /sites/{site}/segments``: save the filters of a page, and lead back to it; or the form with errors."""
    form = request.form(config.MAX_FORM_BYTES)
    query = _query_in(form.get("query", ""))
    try:
        saved_segments.create(site, person, read_fields(_data(form, query.filters)))
    except (BadRequest, Conflict, Forbidden) as error:
        return _page(request, person, site, error.status, saving=_saving(form, query, error))
    return redirect(f"../{site.id}{query.href}")


def change(request: Request, person: Person, site: Site, segment: str) -> Response:
    """``POST /sites/{site}/segments/{segment}``: rename and share a segment, or delete it (``do=delete``).

    :raises NotFound: if the person sees no such segment.
    """
    form = request.form(config.MAX_FORM_BYTES)
    try:
        if form.get("do") == "delete":
            saved_segments.delete(site, person, segment)
            return redirect(f"{request.root}sites/{site.id}/segments?done=deleted")
        before = saved_segments.get(site, person, segment)
        saved_segments.replace(site, person, segment, read_fields(_data(form, list(before.filters))))
    except (BadRequest, Conflict, Forbidden) as error:
        return _page(request, person, site, error.status, failed=(segment, render.sentence(error)))
    return redirect(f"{request.root}sites/{site.id}/segments?done=saved")


def _data(form: Mapping[str, str], texts: list[str]) -> dict[str, object]:
    return {"name": form.get("name", ""), "filters": texts, "shared": "shared" in form}


def _query_in(text: str) -> PageQuery:
    """The query of the page whose filters are saved."""
    pairs = parse_qsl(text.removeprefix("?"), keep_blank_values=True)
    return PageQuery(tuple((name, value) for name, value in pairs if name in CARRIED))


def _saving(form: Mapping[str, str], query: PageQuery, error: ShylightError) -> SavingForm:
    name = form.get("name", "")
    return SavingForm(name, query.href, "shared" in form, _words(query.filters), render.sentence(error))


def _words(texts: list[str]) -> tuple[str, ...]:
    """Filters in words; as they are, if they are no longer valid."""
    try:
        return tuple(map(filter_words.sentence, filters.parse(texts)))
    except BadRequest:
        return tuple(texts)


def _line(segment: SavedSegment, person: Person, failed: tuple[str, str], *, may_share: bool) -> SegmentLine:
    is_own = segment.owner == person.id
    return SegmentLine(
        segment.id,
        segment.name,
        _words(list(segment.filters)),
        PageQuery(tuple((filters.PARAMETER, text) for text in segment.filters)).href,
        segment.shared,
        may_change=may_share or not segment.shared,
        may_delete=may_share or is_own,
        may_unshare=not segment.shared or is_own or not segment.owner,
        error=failed[1] if failed[0] == segment.id else "",
    )


def _page(
    request: Request,
    person: Person,
    site: Site,
    status: int = HTTPStatus.OK,
    *,
    saving: SavingForm | None = None,
    failed: tuple[str, str] = ("", ""),
    done: str = "",
) -> Response:
    may_share = saved_segments.may_share(site, person)
    found = saved_segments.visible(site, person)
    return render.page(
        request,
        "reports/segments.html",
        status,
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        segments=[_line(one, person, failed, may_share=may_share) for one in found],
        saving=saving,
        may_share=may_share,
        is_error=saving is not None or bool(failed[0]),
        done=done,
    )
