"""The pages behind the overview with sample data: whole tables, the list of visits, a visit, realtime."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from unittest.mock import patch

from chalice import Response

from chalicelib import catalogue
from chalicelib.accounts.access import auth
from chalicelib.dashboard.reports import whole_table
from chalicelib.report import breakdown, breakdown_question
from chalicelib.report.breakdown import Breakdown, Row, Value
from chalicelib.report.breakdown_question import EVENT_METRICS
from chalicelib.report.periods import Period
from chalicelib.store import people
from chalicelib.store.sites import Site
from chalicelib.web import Request
from tests.unit.dashboard import samples

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
    "/sites/x/tables/pages": lambda: table("pages", NAMES),
    "/sites/x/tables/countries": lambda: table(
        "countries", ("DE", "", "XX"), more=True, query={"f": "is,browser,Firefox"}
    ),
    "/sites/x/tables/one": lambda: table("sources", ("",), query={"search": '"><script>', "sort": "bounce_rate,asc"}),
    "/sites/x/tables/none": lambda: table("campaigns", ()),
    "/sites/x/tables/nothing": lambda: table("campaigns", (), query={"search": "W" * 200}),
    "/sites/long/tables/events": lambda: table("events", NAMES, site=samples.LONG_SITE),
}
