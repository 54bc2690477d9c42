"""What filters leave: visits as a whole, page views cut to those that match, events likewise."""

import pytest

from chalicelib.aggregate import compute_rollup, figures
from chalicelib.aggregate.catalogue_sql import with_sums
from chalicelib.aggregate.duckdb_engine import Engine, engine, filled
from chalicelib.report import filters, narrowing
from chalicelib.report.narrowing import LISTED, Needed, Window
from tests.unit.report.visit_records import MINUTE, START, VISITORS, narrowed

# Questions need no ids of views, so they are left out.
VIEWS = "views SEMI JOIN human_views USING (visitor_number, visit, t)"


def left(*texts: str) -> tuple[str, str, str]:
    """The first views of the visits, the views, and the events that filters leave, by the numbers of their ids."""
    with narrowed(texts) as db:
        found = [db.rows(f"SELECT id FROM {rows}") for rows in (LISTED, VIEWS, "custom_events")]
        assert listed(db) == sorted((id_ for (id_,) in found[0]), key=int, reverse=True)  # a later one, a higher number
    visits, views, events = (" ".join(sorted((id_ for (id_,) in rows), key=int)) for rows in found)
    return visits, views, events


def listed(db: Engine) -> list[str]:
    """The first views of the latest visits, newest first."""
    return [visit["id"] for visit in compute_rollup.latest_visits(db, 10, listed=LISTED)]


ALL = ("1 4 5 9", "1 2 4 5 6 9", "3 7 8 10")


def test_without_filters_everything_is_left_except_bots() -> None:
    assert left() == ALL


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        # Visits.
        (["is,country,DE"], ("1", "1 2", "3")),
        (["is,country,DE", "is,country,FR"], ("1 4 5", "1 2 4 5 6", "3 7 8")),
        (["is_not,country,DE", "is_not,country,FR"], ("9", "9", "")),
        (["is,country,"], ("9", "9", "")),
        (["is_not,country,"], ("1 4 5", "1 2 4 5 6", "3 7 8")),
        (["is,country,DE", "is,browser,Chrome"], ("", "", "")),
        (["contains,browser,fox"], ("1", "1 2", "3")),
        (["contains,browser,FOX"], ("", "", "")),
        (["contains_not,browser,fox"], ("4 5 9", "4 5 6 9", "7 8")),
        (["contains,browser,%"], ("", "", "")),
        (["is,source,GOOGLE"], ("1 4", "1 2 4", "3")),
        (["contains,source,OOgl"], ("1 4", "1 2 4", "3")),
        (["is,source,Direct"], ("5 9", "5 6 9", "7 8")),
        (["is,campaign,spring"], ("9", "9", "")),
        (["is,campaign,"], ("1 4 5", "1 2 4 5 6", "3 7 8")),
        (["is,network,Example Net"], ("1", "1 2", "3")),
        (["is_not,network,Example Net"], ("4 5 9", "4 5 6 9", "7 8")),
        (["is,entry_page,/a"], ("1 4", "1 2 4", "3")),
        (["is,exit_page,/a"], ("4 5", "4 5 6", "7 8")),
        (["is,identifier,user-1"], ("1", "1 2", "3")),
        (["is_not,identifier,"], ("1", "1 2", "3")),
        (["contains,identifier,USER"], ("", "", "")),
        (["is,bounce,yes"], ("4 9", "4 9", "")),
        (["is_not,bounce,yes"], ("1 5", "1 2 5 6", "3 7 8")),
        (["is,views,2.."], ("1 5", "1 2 5 6", "3 7 8")),
        (["is,views,1"], ("4 9", "4 9", "")),
        (["is,views,1", "is,views,2"], ("1 4 5 9", "1 2 4 5 6 9", "3 7 8")),
        (["is_not,views,2.."], ("4 9", "4 9", "")),
        (["is,duration,180..180"], ("1", "1 2", "3")),
        (["is,duration,..0"], ("4 9", "4 9", "")),
        (["is,duration,0.001.."], ("1 5", "1 2 5 6", "3 7 8")),
        # Page views: the visit as a whole, of its views those that match.
        (["is,page,/a"], ("1 4 5", "1 4 6", "3 7 8")),
        (["is,page,/a", "is,page,/b"], ("1 4 5 9", "1 2 4 6 9", "3 7 8")),
        (["is,page,/Caf%C3%A9"], ("5", "5", "7 8")),
        (["contains,page,caf"], ("", "", "")),
        (["contains,page,af"], ("5", "5", "7 8")),
        (["is,hostname,bücher.example"], ("1", "2", "3")),
        (["is,hostname,xn--bcher-kva.example"], ("1", "2", "3")),
        (["contains,hostname,ücher"], ("1", "2", "3")),
        (["contains_not,hostname,ücher"], ("4 5 9", "4 5 6 9", "7 8")),
        # One view must meet all conditions on views.
        (["is,page,/a", "is,hostname,blog.example.com"], ("5", "6", "7 8")),
        (["is,page,/b", "is,hostname,blog.example.com"], ("", "", "")),
        # What is excluded, the visit must not have at all.
        (["is_not,page,/a"], ("9", "9", "")),
        (["is_not,page,/b"], ("4 5", "4 5 6", "7 8")),
        (["is,page,/a", "is_not,page,/b"], ("4 5", "4 6", "7 8")),
        (["is_not,hostname,blog.example.com"], ("1 4 9", "1 2 4 9", "3")),
        # The number of views is that of the whole visit.
        (["is,page,/b", "is,views,2"], ("1", "2", "3")),
        # Events.
        (["is,event,Purchase"], ("1 5", "1 2 5 6", "3 7")),
        (["is,event,Download"], ("5", "5 6", "8")),
        (["is_not,event,Purchase"], ("4 9", "4 9", "10")),
        (["is,event,Lone"], ("", "", "10")),
        (["is,event,Lone", "is,country,DE"], ("", "", "")),
        (["contains,event,load"], ("5", "5 6", "8")),
        (["is,prop:plan,pro"], ("1", "1 2", "3")),
        (["is,prop:x*~/,1"], ("1", "1 2", "3")),
        (["is,prop:*,1"], ("", "", "")),
        (["is,prop:plan,"], ("5", "5 6", "8 10")),
        # One event must meet all conditions on events.
        (["is,event,Download", "is,prop:plan,basic"], ("", "", "")),
        (["is,event,Purchase", "is,prop:plan,basic"], ("5", "5 6", "7")),
        (["is,event,Purchase", "is_not,event,Download"], ("1", "1 2", "3")),
        # Page views and events of one visit.
        (["is,event,Purchase", "is,page,/b"], ("1", "2", "3")),
    ],
    ids=" ".join,
)
def test_a_filter_leaves_what_it_says(texts: list[str], expected: tuple[str, str, str]) -> None:
    assert left(*texts) == expected


@pytest.mark.parametrize("name", ["country", "page", "event", "prop:plan", "prop:'$p1"])
@pytest.mark.parametrize("operator", filters.OPERATORS)
def test_a_value_is_never_taken_for_sql(operator: str, name: str) -> None:
    values = ["'", "'; DROP TABLE visits; --", "$p0", "{keys}", "\\", "%", "\x00"]
    kept = left(*(f"{operator},{name},{value}" for value in values))
    assert kept[:2] == (ALL[:2] if operator.endswith("_not") else ("", ""))


@pytest.mark.parametrize("text", ["page,/a", "hostname,example.com", "event,Purchase", "prop:plan,pro", "prop:plan,"])
def test_a_filter_and_its_opposite_are_all_visits(text: str) -> None:
    matching, others = left(f"is,{text}")[0].split(), left(f"is_not,{text}")[0].split()
    assert sorted(matching + others, key=int) == ALL[0].split()


def test_a_visitor_counts_once_if_the_first_visit_does_not_match() -> None:
    with narrowed(["is,page,/Café"]) as db:
        figures.compute(db, [figures.HOUR])
        (hour,) = compute_rollup.of_figures(db).hours
        assert (hour.sums.visitors, hour.sums.visits, hour.sums.pageviews, hour.sums.bounces) == (1, 1, 1, 0)
        assert db.rows("SELECT pageviews, duration FROM human_visits") == [(1, 150_000)]


@pytest.mark.parametrize(
    "text", ["is,country,FR", "is,page,/a", "is_not,page,/b", "is,event,Purchase", "is,hostname,example.com"]
)
def test_sums_need_fewer_columns(text: str) -> None:
    places = {
        "{place_of_view}": "hour",
        "{place_of_visit}": "hour",
        "{views_before}": "true",
        "{visits_before}": "true",
    }
    sums = filled(with_sums("sums_by_place"), places)
    with narrowed([text]) as db:
        expected = db.rows(sums)
    with narrowed([text], needed=Needed(tables=False, times=False)) as db:
        assert db.rows(sums) == expected
        columns = {name for name, *_ in db.rows("DESCRIBE human_visits")} | {
            name for name, *_ in db.rows("DESCRIBE human_views")
        }
    assert not columns & {"country", "page", "t", "id", "visitor"}


def test_a_window_is_a_condition_on_views() -> None:
    with narrowed(["is,country,FR"], Window(START + 101 * MINUTE, START + 102 * MINUTE)) as db:
        assert db.rows(f"SELECT id, pageviews FROM {LISTED}") == [("5", 1)]
        assert db.rows(f"SELECT id FROM {VIEWS}") == [("6",)]


def test_what_happened_after_an_instant_can_be_left_out() -> None:
    with narrowed() as db:
        narrowing.cut_at(db, START + 100 * MINUTE)
        assert sorted(db.rows("SELECT id, pageviews FROM human_visits")) == [("1", 2), ("4", 1), ("5", 1)]
        assert db.rows("SELECT id FROM custom_events") == [("3",)]
        assert narrowing.latest(db) == START + 100 * MINUTE
        narrowing.narrow(db, filters.parse(["is,page,/a"]))
        assert listed(db) == ["4", "1"]


def test_the_engine_can_be_used_again_after_a_filter() -> None:
    for _ in range(2):
        assert left("is,page,/a") == ("1 4 5", "1 4 6", "3 7 8")
    with engine() as db:
        db.load(VISITORS, [])
        db.sessionize()
        assert compute_rollup.compute(db).totals.visits == 4
