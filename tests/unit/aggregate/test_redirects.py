"""A page that a script replaces at once is no view of its own; whatever the order in which this is told."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.aggregate.duckdb_engine import Engine, engine
from chalicelib.config import REDIRECT_WITHIN_MS
from chalicelib.days import HOUR_MS
from chalicelib.store.records import EVENT, LEAVE, VIEW, Record
from tests.unit.aggregate.test_metrics import START as MIDNIGHT
from tests.unit.aggregate.test_metrics import shuffles, stored

START = MIDNIGHT + 2 * HOUR_MS


def view(name: str, ms: int, page: str = "/", **more: Any) -> Record:
    return Record(VIEW, name, START + ms, page, **more)


def leave(name: str, ms: int, engagement: int, *, redirect: bool = False, **more: Any) -> Record:
    return Record(LEAVE, name, START + ms, engagement=engagement, redirect=redirect, **more)


def of(records: Iterable[Record], query: str = "FROM human_views ORDER BY t, id") -> list[dict[str, Any]]:
    """The views (or what the query gives) of one visitor's records."""
    with engine() as db:
        return _rows(db, records, query)


def _rows(db: Engine, records: Iterable[Record], query: str) -> list[dict[str, Any]]:
    db.load(stored("v", records), [])
    db.sessionize()
    return _dicts(db, query)


def _dicts(db: Engine, query: str) -> list[dict[str, Any]]:
    names = [name for (name, *_) in db.rows(f"DESCRIBE {query}")]
    return [dict(zip(names, row, strict=True)) for row in db.rows(query)]


def pages(records: Iterable[Record]) -> list[str]:
    return [row["page"] for row in of(records)]


GOOGLE = {"source": "Google", "channel": "Organic Search", "referrer": "https://www.google.com/"}
INSIDE = {"source": "", "referrer": "https://example.com/"}
FIRST = [view("a", 0, "/", **GOOGLE), leave("a", 300, 250, redirect=True, load_time=200)]
SECOND = [view("b", 310, "/en/", **INSIDE), leave("b", 9_000, 8_000, scroll=60)]


def test_the_second_page_is_viewed_in_the_place_of_the_first():
    (one,) = of(FIRST + SECOND)
    assert (one["page"], one["t"], one["engagement"], one["scroll"]) == ("/en/", START, 8_250, 60)
    assert {name: one[name] for name in GOOGLE} == GOOGLE
    assert (one["load_time"], one["active_until"]) == (200, START + 9_000)
    (visit,) = of(FIRST + SECOND, "FROM human_visits")
    assert (visit["bounce"], visit["pageviews"], visit["entry_page"]) == (True, 1, "/en/")
    assert (visit["source"], visit["started"], visit["duration"]) == ("Google", START, 9_000)


@pytest.mark.parametrize(
    ("records", "seen"),
    [
        ([view("a", 0), leave("a", 300, 250), *SECOND], ["/", "/en/"]),  # a person was quick, or did not replace it
        ([*FIRST, leave("a", 5_000, 900), *SECOND], ["/", "/en/"]),  # it was not left for good
        ([FIRST[0], leave("a", 2_100, 0, redirect=True), *SECOND], ["/", "/en/"]),  # it was there for a while
        (FIRST, ["/"]),  # to where nobody counts
        ([*FIRST, view("b", REDIRECT_WITHIN_MS + 1, "/later")], ["/", "/later"]),
        ([*FIRST, view("b", REDIRECT_WITHIN_MS, "/later")], ["/later"]),
    ],
)
def test_only_a_page_that_was_replaced_at_once_and_by_another_is_no_view(records: Sequence[Record], seen: list[str]):
    assert pages(records) == seen


def test_what_replaces_a_page_may_be_replaced_in_turn():
    chain = [*FIRST, view("b", 310, "/login", **INSIDE), leave("b", 500, 100, redirect=True)]
    chain += [view("c", 520, "/en/login", **INSIDE), leave("c", 4_000, 3_000), view("d", 4_100, "/home", **INSIDE)]
    assert [(row["page"], row["t"] - START, row["engagement"]) for row in of(chain)] == [
        ("/en/login", 0, 3_350),
        ("/home", 4_100, None),
    ]
    assert [row["source"] for row in of(chain)] == ["Google", ""]


def test_a_page_before_and_a_page_after_are_left_alone():
    around = [view("x", -60_000, "/before"), leave("x", -10, 50_000), view("y", 20_000, "/after")]
    assert pages([*around, *FIRST, *SECOND]) == ["/before", "/en/", "/after"]


def test_requests_that_overtake_each_other_change_nothing():
    late = [replace(record, t=record.t + 800) for record in FIRST]
    assert pages(late + SECOND) == ["/en/"]
    assert of(late + SECOND)[0]["source"] in ("Google", "")


def test_an_address_that_names_the_source_counts_where_the_first_came_from_nowhere():
    tags = {"source": "qr", "channel": "Unassigned", "utm_source": "qr", "utm_campaign": "fair"}
    nowhere = [view("a", 0, "/qr"), FIRST[1]]
    (one,) = of([*nowhere, view("b", 310, "/", referrer="https://example.com/qr", **tags)])
    assert {name: one[name] for name in tags} == tags
    assert one["referrer"] is None
    (other,) = of([*FIRST, view("b", 310, "/", referrer="https://example.com/", **tags)])
    assert (other["source"], other["utm_campaign"]) == ("Google", None)


def test_what_was_said_of_the_visitor_on_the_first_page_stays():
    said = [view("a", 0, identifier="ada"), FIRST[1]]
    event = Record(EVENT, "e", START + 100, "/", event_name="Signup", interactive=True)
    (visit,) = of([*said, *SECOND, event], "FROM human_visits")
    assert (visit["identifier"], visit["bounce"], visit["pageviews"]) == ("ada", False, 1)


@pytest.mark.parametrize("others", [[], [view("c", 15_000, "/next", **INSIDE)]])
def test_the_order_of_arrival_changes_nothing(others: list[Record]):
    with engine() as db:
        expected = _rows(db, FIRST + SECOND + others, "FROM human_visits")
        for order in list(permutations(FIRST + SECOND + others))[::7]:
            assert _rows(db, order, "FROM human_visits") == expected


chains = st.lists(
    st.tuples(st.integers(0, 40_000), st.booleans(), st.sampled_from(["/", "/a", "/b"]), st.booleans()), max_size=8
)


@settings(max_examples=4)  # of 8 to 12 visitors each: a build takes far longer to plan than to run
@given(st.lists(chains, min_size=8, max_size=12), shuffles)
def test_a_redirect_takes_no_visit_and_no_time_away(
    visitors: list[list[tuple[int, bool, str, bool]]], chance: random.Random
):
    records = {str(number): _records(chain) for number, chain in enumerate(visitors)}
    shuffled = {visitor: chance.sample(of_visitor, len(of_visitor)) for visitor, of_visitor in records.items()}
    plain = {
        visitor: [replace(record, redirect=False) for record in of_visitor] for visitor, of_visitor in records.items()
    }
    with engine() as db:
        (views, visits), (views_of_shuffled, _), (views_of_plain, visits_of_plain) = (
            _by_visitor(db, some) for some in (records, shuffled, plain)
        )
    assert views == views_of_shuffled
    assert visits == visits_of_plain
    for visitor in records:
        found, all_of_them = views.get(visitor, []), views_of_plain.get(visitor, [])
        assert len(found) <= len(all_of_them)
        assert (len(found) == 0) == (len(all_of_them) == 0)
        assert sum(row["engagement"] or 0 for row in found) == sum(row["engagement"] or 0 for row in all_of_them)


def _records(chain: list[tuple[int, bool, str, bool]]) -> list[Record]:
    records: list[Record] = []
    for number, (t, redirect, page, left) in enumerate(chain):
        records.append(view(str(number), t, page))
        if left or redirect:
            records.append(leave(str(number), t + 100, 100, redirect=redirect))
    return records


Views = dict[str, list[dict[str, Any]]]
Visits = dict[str, tuple[int, int]]


def _by_visitor(db: Engine, visitors: dict[str, list[Record]]) -> tuple[Views, Visits]:
    """The views of each visitor, in their order, and how many visits and how many ms of them."""
    db.load([hour for visitor, records in visitors.items() for hour in stored(visitor, records)], [])
    db.sessionize()
    views: Views = {}
    for row in _dicts(db, "FROM human_views ORDER BY visitor, t, id"):
        views.setdefault(row["visitor"], []).append(row)
    visits = db.rows("SELECT visitor, count(*), sum(duration) FROM human_visits GROUP BY visitor")
    return views, {visitor: (count, ms) for visitor, count, ms in visits}
