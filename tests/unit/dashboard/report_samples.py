"""The pages behind the overview with sample data: whole tables, the list of visits, a visit, realtime."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from chalice import Response

from chalicelib import catalogue
from chalicelib.accounts.access import auth
from chalicelib.dashboard import error_page
from chalicelib.dashboard.reports import realtime as realtime_page
from chalicelib.dashboard.reports import shortcuts, whole_table
from chalicelib.dashboard.reports import visit as visit_page
from chalicelib.dashboard.reports import visits as visits_page
from chalicelib.errors import Forbidden, NotFound, QueryTooLarge, ShylightError, Unauthorized
from chalicelib.pagination import encode_cursor
from chalicelib.report import breakdown, breakdown_question, realtime, visits
from chalicelib.report import visit as one_visit
from chalicelib.report.breakdown import Breakdown, Row, Value
from chalicelib.report.breakdown_question import EVENT_METRICS
from chalicelib.report.periods import Period
from chalicelib.report.realtime import Minute, Realtime
from chalicelib.report.stats import Row as TableRow
from chalicelib.store import people
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request
from tests.unit.dashboard import samples

# The `next` of a page of visits, and of one that ended because time was short.
NEXT = encode_cursor(["2026-11-23", 1_795_478_400_000, "x"])
UNFINISHED = encode_cursor(["2026-11-02", 1 << 62, ""])
NAMES = (*samples.NASTY, "W" * 200, "")


def table(
    key: str,
    names: tuple[str, ...] = ("/", "/about", ""),
    *,
    site: Site = samples.SITE,
    more: bool = False,
    query: Mapping[str, str] | None = None,
) -> Response:
    """A whole table; with `more`, the first page of several."""
    asked = _request(f"/sites/{site.id}/tables/{key}", query or {})
    values: dict[str, object] = dict.fromkeys((*catalogue.METRICS, *EVENT_METRICS), 123_456)
    values |= {"bounce_rate": 0.4321, "load_time": None, "scroll_depth": 63.2, "revenue": {"EUR": 1234.5, "USD": 0.1}}

    def of_period(_site: Site, period: Period, question: breakdown_question.Question, *_: object) -> Breakdown:
        rows = tuple(
            Row(
                (Value(name, name),),
                {key: values[key] for key in question.metrics} | {"visitors": 9000 // (number + 1)},  # type: ignore[arg-type]
                (9000.0, 9000, 123_456, 123_456, name)[: 2 + len(question.ties)],
            )
            for number, name in enumerate(names)
        )
        return Breakdown(question, period, 1_795_500_000_000, rows, more, 12_345, 9000)

    with _signed_in(), patch.object(breakdown, "of_period", of_period):
        return whole_table.show(asked, samples.PERSON, site, key)


def a_visit(
    number: int = 0, pages: Sequence[str] = ("/", "/about"), events: Sequence[str] = (), identifier: str | None = None
) -> dict[str, Any]:
    """A visit as `report.visits` has it, with the details that `report.visit` adds. Nothing is known of odd numbers."""
    start = samples.NOW - timedelta(hours=9 * number)
    known = number % 2 == 0
    traits = {
        "browser": "Firefox", "browser_version": "143", "system": "Linux", "system_version": None,
        "device_type": "desktop", "country": "DE", "region": "W" * 200, "city": "W" * 99, "latitude": 52.5,
        "longitude": 13.4, "timezone": "Europe/Berlin", "network": "Example <Net>", "language": "zh-Hant",
        "referrer": "https://news.example/", "source": "Hacker News", "channel": "", "screen": "desktop",
        "utm_campaign": "W" * 200, "utm_source": None, "utm_medium": None, "utm_term": None, "utm_content": "<b>",
    }  # fmt: skip
    return {
        "id": f"2026-11-24.visitor.view-{number}/?",
        "start": start.isoformat(timespec="milliseconds"),
        "last_seen": (start + timedelta(seconds=84 * number)).isoformat(timespec="milliseconds"),
        "duration": 84.0 * number,
        "bounce": not known,
        "identifier": identifier,
        **(traits if known else dict.fromkeys(traits)),
        "hits": [
            {
                "id": f"view-{place}", "t": (start + timedelta(seconds=30 * place)).isoformat(), "page": page,
                "referrer": None, "engagement": 84.0 if known else None, "load_time": 842 if known else None,
                "scroll": 63 if known else None, "tracker": "script" if known else "pixel",
            }
            for place, page in enumerate(pages)
        ],
        "events": [
            {
                "id": f"event-{place}", "t": (start + timedelta(seconds=30 * place + 5)).isoformat(), "name": name,
                "page": "/about" if known else None, "props": {name: "W" * 200} if known else {},
                "revenue": {"amount": 1234.5, "currency": "EUR"} if known else None,
            }
            for place, name in enumerate(events)
        ],
    }  # fmt: skip


def visit_list(
    *found: dict[str, Any],
    following: str | None = None,
    site: Site = samples.SITE,
    query: Mapping[str, str] | None = None,
) -> Response:
    """The list of visits. `following`: its `next`."""
    listed = {"visits": list(found), "next": following}
    with _signed_in(), patch.object(visits, "list_visits", return_value=listed):
        return visits_page.show(_request(f"/sites/{site.id}/visits", query or {}), samples.PERSON, site)


def visit(found: dict[str, Any] | None, *others: dict[str, Any], site: Site = samples.SITE) -> Response:
    """The page of a visit."""
    with (
        _signed_in(),
        patch.object(one_visit, "find", return_value=found),
        patch.object(visits, "list_visits", return_value={"visits": list(others), "next": None}),
    ):
        asked = _request(f"/sites/{site.id}/visits/x", {"period": "7d"})
        return visit_page.show(asked, samples.PERSON, site, "x")


def last_minutes(scale: int, names: Sequence[str] = ("/",), query: Mapping[str, str] | None = None) -> Response:
    """The page of the last minutes; without visitors if `scale` is 0."""
    begin = samples.NOW - timedelta(minutes=29)
    minutes = tuple(
        Minute(begin + timedelta(minutes=number), scale * (number % 4), scale * (number % 7)) for number in range(30)
    )
    rows = tuple(TableRow(name, 90 // (number + 1), 90, 120) for number, name in enumerate(names)) if scale else ()
    tables = dict.fromkeys(realtime.TABLES, rows)
    if scale:
        tables["countries"] = (TableRow("DE", 9, 9, 12), TableRow("", 1, 1, 1))
    found = Realtime(100 * scale, 250 * scale, 3 * scale, minutes, tables)
    with _signed_in(), patch.object(realtime, "of_site", return_value=found):
        return realtime_page.show(
            _request(f"/sites/{samples.SITE.id}/realtime", query or {}), samples.PERSON, samples.SITE
        )


def error(failure: ShylightError, person: Person | None = None) -> Response:
    """The page for an error, in a site that the person may view."""
    signed_in = {"side_effect": Unauthorized("Please sign in.")} if person is None else {"return_value": person}
    with (
        _signed_in(),
        patch.object(auth, "signed_in_person", **signed_in),
        patch.object(auth, "may_view", return_value=True),
    ):
        return error_page.show(_request("/sites/x/visits", {"period": "7d"}), failure)


def _request(path: str, query: Mapping[str, str]) -> Request:
    lists = {name: [value] for name, value in query.items()}
    return Request("GET", path, query, lists, {}, b"", "192.0.2.1", samples.BASE_URL)


@contextmanager
def _signed_in() -> Iterator[None]:
    """What the pages ask of the stores, answered."""
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(people, "role_in", return_value="owner"),
    ):
        yield


PAGES: dict[str, Callable[[], Response]] = {
    "/shortcuts": lambda: shortcuts.show(_request("/shortcuts", {})),
    "/sites/x/tables/pages": lambda: table("pages", NAMES),
    "/sites/x/tables/countries": lambda: table(
        "countries", ("DE", "", "XX"), more=True, query={"f": "is,browser,Firefox"}
    ),
    "/sites/x/tables/one": lambda: table("sources", ("",), query={"search": '"><script>', "sort": "bounce_rate,asc"}),
    "/sites/x/tables/none": lambda: table("campaigns", ()),
    "/sites/x/tables/nothing": lambda: table("campaigns", (), query={"search": "W" * 200}),
    "/sites/x/visits": lambda: visit_list(
        *(a_visit(number, (page,), identifier="W" * 128) for number, page in enumerate(NAMES)), following=NEXT
    ),
    "/sites/x/visits/one": lambda: visit_list(a_visit(1), site=samples.LONG_SITE),
    "/sites/x/visits/none": lambda: visit_list(query={"f": "is,browser,Firefox"}),
    "/sites/x/visits/unfinished": lambda: visit_list(following=UNFINISHED, query={"cursor": "x"}),
    "/sites/x/visits/full": lambda: visit(
        a_visit(0, NAMES, NAMES, "customer <4711>"), a_visit(1), a_visit(2, identifier="W" * 128)
    ),
    "/sites/x/visits/bare": lambda: visit(a_visit(1, ("/",))),
    "/sites/x/realtime": lambda: last_minutes(1, NAMES, {"f": "is,browser,Firefox"}),
    "/sites/x/realtime/quiet": lambda: last_minutes(0),
    "/error/missing": lambda: error(NotFound("There is no such visit."), samples.PERSON),
    "/error/forbidden": lambda: error(Forbidden("W" * 200), samples.ADMINISTRATOR),
    "/error/slow": lambda: error(QueryTooLarge("Answering this takes more than 20 s."), samples.PERSON),
    "/error/failure": lambda: error(ShylightError("Something went wrong."), samples.PERSON),
    "/sites/long/tables/events": lambda: table("events", NAMES[:-1], site=samples.LONG_SITE),
}
