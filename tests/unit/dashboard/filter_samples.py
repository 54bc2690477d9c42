"""Pages with filters: the overview, and the page that adds and changes them."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch
from urllib.parse import urlencode

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import auth
from chalicelib.dashboard.reports import filter_page, saved_segments
from chalicelib.report import site_stats
from chalicelib.report.stats import Stats
from chalicelib.routing import Right
from chalicelib.store import saved_segments as stored_segments
from chalicelib.store.saved_segments import SavedSegment
from chalicelib.store.sites import Site
from chalicelib.web import Request
from tests.unit.dashboard import samples

LONG = "W" * 200
# Conditions of each kind, on each level, with several values and none.
EVERY = (
    "is,country,DE", "is,country,FR", "is,country,", "is_not,hostname,xn--mnchen-3ya.example", "contains,page,/blog",
    "contains_not,browser,Fire", "is,duration,30..", "is_not,views,2..5", "is,bounce,no", "is,event,signup",
    "is,prop:plan,pro", "is,identifier,ada@example.com",
)  # fmt: skip
NASTY = tuple(f"is,page,{name}" for name in samples.NASTY)
MANY = tuple(f"is,page,/page-{number}" for number in range(config.MAX_FILTERS))


def asked(query: list[tuple[str, str]], site: Site = samples.SITE) -> Request:
    """A browser's request for the page that adds and changes filters."""
    lists: dict[str, list[str]] = {}
    for name, value in query:
        lists.setdefault(name, []).append(value)
    last = {name: values[-1] for name, values in lists.items()}
    return Request("GET", f"/sites/{site.id}/filter", last, lists, {}, b"", "192.0.2.1", samples.BASE_URL)


def page(*query: tuple[str, str], site: Site = samples.SITE, stats: Stats | None = None) -> Response:
    """The page that adds and changes filters."""
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(site_stats, "stats", return_value=stats or samples.full()),
    ):
        return filter_page.show(asked(list(query), site), samples.PERSON, site)


def form(name: str, *query: tuple[str, str], **given: Site | Stats) -> Response:
    """The form of a field."""
    return page(("dimension", name), *query, **given)  # type: ignore[arg-type]


SEGMENTS = (
    SavedSegment(samples.SITE.id, "0" * 16, "Readers in Germany", ("is,country,DE",), samples.PERSON.id, shared=True),
    SavedSegment(samples.SITE.id, "1" * 16, "W" * 100, EVERY, samples.PERSON.id, shared=False),
    SavedSegment(samples.SITE.id, "2" * 16, '"><b>', NASTY[:1], "somebody", shared=True),
    SavedSegment(samples.SITE.id, "3" * 16, "Of a dimension that is gone", ("is,gone,1",), "", shared=True),
)
LINKS = [saved_segments.SegmentLink(one.name, "?f=x", current=one.shared, shared=one.shared) for one in SEGMENTS]


def segments(
    *given: SavedSegment, rights: frozenset[Right] = frozenset(Right), form: dict[str, str] | None = None,
    id_: str = "", done: str = "",
) -> Response:  # fmt: skip
    """The page of saved segments; with a form, the answer to it."""
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(auth, "rights_in", return_value=rights),
        patch.object(auth, "role_of", return_value="owner" if rights else "viewer"),
        patch.object(stored_segments, "shared_in", return_value=[one for one in given if one.shared]),
        patch.object(stored_segments, "own_in", return_value=[one for one in given if not one.shared]),
    ):
        path = f"/sites/{samples.SITE.id}/segments" + (f"/{id_}" if id_ else "")
        body = urlencode(form or {}).encode()
        request = samples.request(path, {"done": done} if done else None, "POST" if form else "GET", body)
        if id_:
            return saved_segments.change(request, samples.PERSON, samples.SITE, id_)
        answer = saved_segments.create if form else saved_segments.show
        return answer(request, samples.PERSON, samples.SITE)


PAGES: dict[str, Callable[[], Response]] = {
    "/sites/filtered": lambda: samples.overview(samples.full(rows=40), filters=EVERY),
    "/sites/long-filtered": lambda: samples.overview(
        samples.full(samples.LONG_SITE), filters=[f"is,page,/{LONG}", f"is,page,/{LONG}2", f"is,prop:{LONG},{LONG}"]
    ),
    "/sites/nasty-filtered": lambda: samples.overview(samples.full(names=samples.NASTY), filters=NASTY),
    "/sites/most-filtered": lambda: samples.overview(samples.full(), filters=MANY),
    "/sites/no-match": lambda: samples.overview(samples.empty(), filters=["is,country,DE"]),
    "/sites/segments": lambda: samples.overview(samples.full(), filters=["is,country,DE"], segments=LINKS),
    "/sites/x/segments": lambda: segments(*SEGMENTS, done="saved"),
    "/sites/viewer/segments": lambda: segments(*SEGMENTS, rights=frozenset()),
    "/sites/new/segments": segments,
    "/sites/wrong/segments": lambda: segments(
        *SEGMENTS, form={"name": "", "query": "?" + urlencode([("f", one) for one in EVERY]), "shared": "yes"}
    ),
    "/sites/wrong/segment/x": lambda: segments(*SEGMENTS, form={"name": "\u202e"}, id_="1" * 16),
    "/sites/x/filter": page,
    "/sites/x/filter/property": lambda: page(("property", "a,b"), ("f", "is,country,DE")),
    "/sites/x/filter/country": lambda: form("country", ("f", "is,page,/a")),
    "/sites/x/filter/change": lambda: form("page", *(("f", one) for one in NASTY), ("replaces", "is,page")),
    "/sites/x/filter/duration": lambda: form("duration"),
    "/sites/x/filter/bounce": lambda: form("bounce"),
    "/sites/x/filter/wrong": lambda: form("views", ("apply", "1"), ("least", "many"), ("most", "<b>")),
    "/sites/long/filter": lambda: form(
        "page", ("apply", "1"), ("operator", "contains"), ("empty", "yes"), ("value", LONG), site=samples.LONG_SITE
    ),
}  # fmt: skip
