"""Pages with filters: the overview, and the page that adds and changes them."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

from chalice import Response

from chalicelib import config
from chalicelib.accounts.access import auth
from chalicelib.dashboard.reports import filter_page
from chalicelib.report import site_stats
from chalicelib.report.stats import Stats
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


PAGES: dict[str, Callable[[], Response]] = {
    "/sites/filtered": lambda: samples.overview(samples.full(rows=40), filters=EVERY),
    "/sites/long-filtered": lambda: samples.overview(
        samples.full(samples.LONG_SITE), filters=[f"is,page,/{LONG}", f"is,page,/{LONG}2", f"is,prop:{LONG},{LONG}"]
    ),
    "/sites/nasty-filtered": lambda: samples.overview(samples.full(names=samples.NASTY), filters=NASTY),
    "/sites/most-filtered": lambda: samples.overview(samples.full(), filters=MANY),
    "/sites/no-match": lambda: samples.overview(samples.empty(), filters=["is,country,DE"]),
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
