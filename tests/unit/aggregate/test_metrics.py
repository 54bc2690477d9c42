"""The metric SQL, held against a model of the same definitions written out in Python."""

import json
import random
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import catalogue, days
from chalicelib.aggregate import compute_rollup, rollup_sums
from chalicelib.aggregate.duckdb_engine import engine, sql
from chalicelib.aggregate.event_rows import EventRow
from chalicelib.catalogue import SUMS, Totals
from chalicelib.config import VISIT_GAP_MS
from chalicelib.store import rollups
from chalicelib.store.field_declarations import fields_of
from chalicelib.store.records import EVENT, LEAVE, VIEW, Record, Traits, VisitorHour
from tests.unit.aggregate.parquet_bytes import parquet_bytes
from tests.unit.aggregate.visit_model import Model

DAY = date(2026, 11, 24)
START = 1_795_478_400_000
MINUTE = 60_000
TRAITS = Traits("Firefox", "Linux", "desktop", "DE", "Example Net")
ROBOT = Traits("Googlebot", "Other", "robot", "US", None, robot=True)


def stored(visitor: str, records: Iterable[Record], traits: Traits = TRAITS) -> list[VisitorHour]:
    """Records as the table would hold them, by hour."""
    hours: dict[int, set[str]] = {}
    for record in records:
        hours.setdefault((record.t - START) // 3_600_000, set()).add(record.pack())
    return [VisitorHour(DAY, hour, visitor, traits, frozenset(packed)) for hour, packed in hours.items()]


def view(name: str, minute: float, page: str = "/", **more: object) -> Record:
    return Record(VIEW, name, START + int(minute * MINUTE), page, **more)  # type: ignore[arg-type]


def leave(name: str, minute: float, engagement: int) -> Record:
    return Record(LEAVE, name, START + int(minute * MINUTE), engagement=engagement)


def computed(hours: Iterable[VisitorHour]) -> rollup_sums.Rollup:
    with engine() as db:
        db.load(hours, [])
        db.sessionize()
        return compute_rollup.compute(db)


def test_a_gap_of_more_than_half_an_hour_begins_a_new_visit() -> None:
    figures = computed(stored("v", [view("a", 0), view("b", 30), view("c", 60.001)]))
    assert (figures.totals.visitors, figures.totals.visits, figures.totals.pageviews) == (1, 2, 3)


def test_a_sign_of_life_keeps_a_visit_going() -> None:
    figures = computed(stored("v", [view("a", 0), leave("a", 25, 5), view("b", 50)]))
    assert figures.totals.visits == 1
    assert figures.totals.duration == 50 * MINUTE


def test_a_bounce_is_a_visit_of_one_view_however_long() -> None:
    figures = computed(stored("v", [view("a", 0), leave("a", 20, 5)]) + stored("w", [view("a", 0), view("b", 1)]))
    assert figures.totals.bounces == 1
    assert figures.totals.duration == 21 * MINUTE


def test_a_repeated_view_is_a_sign_of_life_not_a_second_view() -> None:
    figures = computed(stored("v", [view("a", 0), view("a", 5), view("a", 10)]))
    assert (figures.totals.pageviews, figures.totals.bounces, figures.totals.duration) == (1, 1, 10 * MINUTE)


def test_a_view_repeated_after_a_longer_pause_is_a_view_of_its_own() -> None:
    beats = [view("a", 0), view("a", 25), view("a", 50), view("a", 81), leave("a", 82, 5)]
    figures = computed(stored("v", beats))
    assert (figures.totals.visits, figures.totals.pageviews, figures.totals.bounces) == (2, 2, 2)
    assert figures.totals.duration == 51 * MINUTE
    kept_alive = computed(stored("v", [view("a", 0), view("b", 20), view("a", 40)]))
    assert (kept_alive.totals.visits, kept_alive.totals.pageviews, kept_alive.totals.bounces) == (1, 3, 0)


def test_what_first_names_the_visitor_names_the_visit() -> None:
    named = [
        view("a", 0),
        view("b", 2, identifier="late"),
        view("a", 1, identifier="first"),
        event("e", 3, identifier="x"),
    ]
    unnamed = [view("a", 0), event("e", 1, identifier="by event")]
    with engine() as db:
        db.load(stored("v", named) + stored("w", unnamed), [])
        db.sessionize()
        assert db.rows("SELECT visitor, identifier FROM visits ORDER BY ALL") == [("v", "first"), ("w", "by event")]


def test_the_load_time_is_what_the_first_view_says_else_the_first_leave() -> None:
    beaten = [view("a", 0), view("a", 1, load_time=900)]
    told = [view("a", 0, load_time=500), view("a", 1, load_time=900), replace(leave("a", 2, 5), load_time=700)]
    left = [view("a", 0), view("a", 0, load_time=800), replace(leave("a", 2, 5), load_time=800), leave("a", 1, 5)]
    with engine() as db:
        db.load(stored("u", beaten) + stored("v", told) + stored("w", left), [])
        db.sessionize()
        rows = db.rows("SELECT visitor, load_time FROM views ORDER BY ALL")
    assert rows == [("u", None), ("v", 500), ("w", 800)]


def test_an_interactive_event_makes_a_visit_no_bounce() -> None:
    quiet, done = event("e", 1), event("e", 1, interactive=True)
    late = event("e", 31, interactive=True)
    figures = computed(
        [*stored("u", [view("a", 0), quiet]), *stored("v", [view("a", 0), done]), *stored("w", [view("a", 0), late])]
    )
    assert (figures.totals.visits, figures.totals.pageviews, figures.totals.bounces) == (3, 3, 2)


def test_segments_of_before_a_column_was_added_can_still_be_read() -> None:
    with engine() as db:
        db.load(stored("v", [view("a", 0)]), [])
        old = parquet_bytes(db, "SELECT * EXCLUDE (interactive, scroll) FROM hits")
        for fresh in ([], stored("w", [view("b", 1)])):
            db.load(fresh, [old])
            db.sessionize()
            assert compute_rollup.compute(db).totals.pageviews == 1 + len(fresh)


def test_a_leave_without_its_view_counts_as_nothing() -> None:
    assert computed(stored("v", [leave("lost", 5, 100)])).totals == Totals()


def test_robots_are_in_no_figure() -> None:
    figures = computed(stored("v", [view("a", 0)]) + stored("bot", [view("a", 0), view("b", 1)], ROBOT))
    assert figures.totals.pageviews == 1
    assert figures.tables["devices"] == [("desktop", 1, 1, 1)]


def test_the_referrer_of_a_visit_is_its_first_views_unless_that_is_the_site_itself() -> None:
    figures = computed(
        stored(
            "v",
            [
                view("a", 0, referrer="https://x.example/", source="x.example"),
                view("b", 1, referrer="https://own.example/", source=""),
            ],
        )
        + stored("w", [view("a", 0, referrer="https://own.example/", source="")])
    )
    assert figures.tables["referrers"] == [("https://x.example/", 1, 1, 2)]
    assert figures.tables["sources"] == [("x.example", 1, 1, 2), ("Direct", 1, 1, 1)]


def test_what_does_not_fit_is_summed_into_other() -> None:
    hours = [hour for number in range(600) for hour in stored(f"v{number:03d}", [view("a", 0, f"/{number:03d}")])]
    figures = rollup_sums.unpack(rollup_sums.pack(computed(hours)))
    assert len(figures.tables["pages"]) == 500
    assert figures.others["pages"] == (100, 100, 100)


def test_a_rollup_fits_an_item_whatever_the_names() -> None:
    noise = random.Random(7)
    pages = ["/" + "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=1000)) for _ in range(900)]
    hours = [hour for number, page in enumerate(pages) for hour in stored(f"v{number}", [view("a", 0, page)])]
    packed = rollup_sums.pack(computed(hours))
    assert len(packed) < 380_000
    kept = rollup_sums.unpack(packed)
    assert len(kept.tables["pages"]) + kept.others["pages"][0] == 900


records = st.lists(
    st.builds(
        lambda kind, name, minute, read: view(name, minute) if kind else leave(name, minute, read * MINUTE),
        st.booleans(),
        st.sampled_from("abcdef"),
        st.integers(0, 300),
        st.sampled_from([0, 0, 1, 20, 31, 45, 90, 400]),
    ),
    max_size=12,
)


# A build takes far longer to plan than to run, and visitors do not influence each other: many cases share one build,
# each with visitors of its own, named "<case>/<visitor>". Every case is checked by itself.
Case = dict[str, list[Record]]
shuffles = st.integers(0, 2**32).map(random.Random)  # one draw, however much is shuffled
cases = st.lists(st.dictionaries(st.sampled_from(["u", "v", "w"]), records), min_size=10, max_size=20)


def model_of(case: Case) -> Model:
    model = Model()
    for visitor, of_visitor in case.items():
        model.add(visitor, of_visitor)
    return model


def stored_side_by_side(cases: list[Case]) -> list[VisitorHour]:
    return [
        hour
        for number, case in enumerate(cases)
        for visitor, of_visitor in case.items()
        for hour in stored(f"{number}/{visitor}", of_visitor)
    ]


FIGURES_BY_CASE = """
SELECT
    split_part(visitor, '/', 1)::INTEGER, count(DISTINCT visitor), count(*), sum(pageviews),
    count(*) FILTER (WHERE bounce), sum(duration)
FROM human_visits
GROUP BY ALL
"""


@given(cases, shuffles)
@settings(max_examples=8)  # of 10 to 20 cases each
def test_the_figures_are_those_of_the_model_in_any_order(cases: list[Case], chance: random.Random) -> None:
    hours = stored_side_by_side(cases)
    models = [model_of(case) for case in cases]
    with engine() as db:
        db.load(hours, [])
        db.sessionize()
        figures = compute_rollup.compute(db)
        by_case = {number: counts for number, *counts in db.rows(FIGURES_BY_CASE)}
        everything = [
            db.rows(f"SELECT * EXCLUDE (visitor_number) FROM {table} ORDER BY ALL") for table in ("views", "visits")
        ]
        chance.shuffle(hours)
        db.load(hours, [])
        db.sessionize()
        assert rollup_sums.pack(compute_rollup.compute(db)) == rollup_sums.pack(figures)
        assert [
            db.rows(f"SELECT * EXCLUDE (visitor_number) FROM {table} ORDER BY ALL") for table in ("views", "visits")
        ] == everything
    for number, model in enumerate(models):
        expected = [len(model.visitors), model.visits, model.pageviews, model.bounces, model.duration]
        assert by_case.get(number, [0] * 5) == expected
    totals = figures.totals
    assert (totals.visitors, totals.visits, totals.pageviews, totals.bounces, totals.duration) == (
        sum(len(model.visitors) for model in models),
        sum(model.visits for model in models),
        sum(model.pageviews for model in models),
        sum(model.bounces for model in models),
        sum(model.duration for model in models),
    )
    last_hour = figures.until(25 * 60)
    assert (last_hour.visitors, last_hour.visits, last_hour.duration) == (
        totals.visitors,
        totals.visits,
        totals.duration,
    )


def event(name: str, minute: float, called: str = "signup", **more: object) -> Record:
    return Record(EVENT, name, START + int(minute * MINUTE), event_name=called, **more)  # type: ignore[arg-type]


def test_custom_events_are_counted_once_with_their_visitors_and_revenue() -> None:
    sale = event("s1", 3, "sale", amount=12_500_000, currency="EUR")
    figures = computed(
        stored("v", [view("a", 0), event("e1", 1), event("e1", 1), event("e2", 2), sale])
        + stored("w", [view("a", 0), event("e1", 1), event("s1", 2, "sale", amount=7, currency="USD")])
        + stored("bot", [view("a", 0), event("e1", 1)], ROBOT)
    )
    assert [(row.name, row.events, row.visitors, row.revenue) for row in figures.events] == [
        ("signup", 3, 2, {}),
        ("sale", 2, 2, {"EUR": (12_500_000, 1), "USD": (7, 1)}),
    ]
    doubled = rollup_sums.sum_days([figures, rollup_sums.unpack(rollup_sums.pack(figures))]).events
    assert [(row.events, row.visitors, row.revenue) for row in doubled][1] == (
        4,
        4,
        {"EUR": (25_000_000, 2), "USD": (14, 2)},
    )


def test_an_event_is_a_sign_of_life_but_no_view() -> None:
    figures = computed(stored("v", [view("a", 0), event("e", 20), view("b", 45)]))
    assert (figures.totals.visits, figures.totals.pageviews, figures.totals.bounces) == (1, 2, 0)
    late = computed(stored("v", [view("a", 0), event("e", 31)]))
    assert (late.totals.visits, late.totals.bounces, late.totals.duration) == (1, 1, 0)


def test_an_event_that_overtakes_its_view_belongs_to_its_visit() -> None:
    early = event("e", 4.99, interactive=True, identifier="ada")
    with engine() as db:
        db.load(stored("v", [early, view("a", 5)]) + stored("w", [event("e", 0), view("a", 31)]), [])
        db.sessionize()
        assert db.rows("SELECT visitor, visit FROM custom_events ORDER BY ALL") == [("v", 1), ("w", None)]
        assert db.rows("SELECT visitor, bounce, identifier, duration FROM visits ORDER BY ALL") == [
            ("v", False, "ada", 0),
            ("w", True, None, 0),
        ]


def test_an_event_between_two_visits_belongs_to_the_one_that_it_is_near_to() -> None:
    records = [view("a", 0), event("e1", 20), event("e2", 55), view("b", 61), event("e3", 200), view("c", 300)]
    with engine() as db:
        db.load(stored("v", records), [])
        db.sessionize()
        assert db.rows("SELECT id, visit FROM custom_events ORDER BY ALL") == [("e1", 1), ("e2", 2), ("e3", 2)]


def test_an_event_belongs_to_the_visit_that_is_alive_in_another_tab() -> None:
    tabs = [view("a", 0), leave("a", 34, 5), view("b", 5), event("e", 50, interactive=True), view("c", 85)]
    with engine() as db:
        db.load(stored("v", tabs), [])
        db.sessionize()
        assert db.rows("SELECT id, visit FROM custom_events") == [("e", 1)]
        assert db.rows("SELECT visit, pageviews, bounce, duration FROM visits ORDER BY visit") == [
            (1, 2, False, 50 * MINUTE),
            (2, 1, True, 0),
        ]


def test_events_one_after_the_other_keep_a_visit_going_before_and_after_its_views() -> None:
    after = [view("a", 0), event("e1", 20), event("e2", 45, identifier="bob"), view("b", 70)]
    early = [event("e1", 0), event("e2", 25, interactive=True), view("a", 50)]
    with engine() as db:
        db.load(stored("v", after) + stored("w", early), [])
        db.sessionize()
        assert {visit for (visit,) in db.rows("SELECT visit FROM custom_events")} == {1}
        assert db.rows("SELECT visitor, visit, pageviews, bounce, identifier, duration FROM visits ORDER BY ALL") == [
            ("v", 1, 2, False, "bob", 70 * MINUTE),
            ("w", 1, 1, False, None, 0),
        ]


signs_of_life = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=8)


@given(st.lists(signs_of_life, min_size=10, max_size=20), shuffles)
@settings(max_examples=8)  # of 10 to 20 visitors each
def test_views_and_events_make_one_row_of_signs_whatever_their_order(
    visitors: list[list[tuple[bool, int]]], chance: random.Random
) -> None:
    hours: list[VisitorHour] = []
    records_of: dict[str, list[Record]] = {}
    for place, signs in enumerate(visitors):
        records = [
            (view if viewed else event)(f"{number}", ten * 10.0) for number, (viewed, ten) in enumerate(signs)
        ]  # every ten minutes, so that many are at one time
        records_of[str(place)] = sorted(records, key=lambda record: record.t)
        chance.shuffle(records)
        hours += stored(str(place), records)
    with engine() as db:
        db.load(hours, [])
        db.sessionize()
        counted = dict(db.rows("SELECT visitor, count(*) FROM visits GROUP BY visitor"))
        events: dict[str, set[tuple[str, int]]] = defaultdict(set)  # NULL where an event is of no visit
        for visitor, name, visit in db.rows("SELECT visitor, id, visit FROM custom_events"):
            events[visitor].add((name, visit))
    for visitor, in_order in records_of.items():
        visits, within = visits_by_hand(in_order), events[visitor]
        assert counted.get(visitor, 0) == len(visits)
        assert within >= {
            (record.id, number) for number, visit in enumerate(visits, 1) for record in visit if record.kind == EVENT
        }
        assert len(within) == sum(record.kind == EVENT for record in in_order)


def visits_by_hand(in_order: list[Record]) -> list[list[Record]]:
    """The visits of a visitor's records, which last no time themselves."""
    stretches: list[list[Record]] = []
    for record in in_order:
        if not stretches or record.t - stretches[-1][-1].t > VISIT_GAP_MS:
            stretches.append([])
        stretches[-1].append(record)
    return [stretch for stretch in stretches if any(record.kind == VIEW for record in stretch)]


def test_robots_events_are_told_with_their_views() -> None:
    figures = computed(
        stored("v", [view("a", 0), event("e", 1), event("e", 1)], ROBOT) + stored("w", [event("e", 1)], ROBOT)
    )
    assert [(row.visitors, row.hits) for row in figures.robots] == [(2, 3)]


def test_an_event_without_a_view_makes_no_visit() -> None:
    figures = computed(stored("v", [event("e", 5)]))
    assert figures.totals == Totals()
    assert figures.events[0].visitors == 1


def test_time_read_without_a_views_id_is_added_to_the_latest_view_of_the_page() -> None:
    first, second, other = view("a", 0, "/x"), view("b", 10, "/x"), view("c", 11, "/y")
    leaves = [replace(leave("", minute, 1000), page="/x") for minute in (5, 12, 13)]
    with engine() as db:
        db.load(stored("v", [first, second, other, *leaves]), [])
        db.sessionize()
        assert db.rows("SELECT id, engagement FROM views ORDER BY id") == [("a", 1000), ("b", 2000), ("c", None)]


# ── late leaves ──


def durations(*records: Record) -> list[tuple[int, int]]:
    """The visits of a visitor: when each began, and how long it was, ms."""
    with engine() as db:
        db.load(stored("v", records), [])
        db.sessionize()
        rows = db.rows("SELECT started, duration FROM visits ORDER BY started")
    return [(started - START, duration) for started, duration in rows]


def test_a_late_leave_lengthens_a_visit_by_no_more_than_was_read() -> None:
    assert durations(view("a", 0), leave("a", 8 * 60, 25_000)) == [(0, 25_000)]
    assert durations(view("a", 0), leave("a", 10, 20_000), leave("a", 8 * 60, 25_000)) == [(0, 10 * MINUTE)]
    assert durations(view("a", 0), leave("a", 31, 0)) == [(0, 0)]
    assert durations(view("a", 0), leave("a", 30, 0)) == [(0, 30 * MINUTE)]
    assert durations(view("a", 0), leave("a", 25, 1), leave("a", 50, 2)) == [(0, 50 * MINUTE)]


def test_a_late_leave_still_says_how_long_the_page_was_read() -> None:
    with engine() as db:
        db.load(stored("v", [view("a", 0), replace(leave("a", 8 * 60, 25_000), scroll=80)]), [])
        db.sessionize()
        assert db.rows("SELECT engagement, scroll FROM views") == [(25_000, 80)]


def test_what_was_read_in_one_go_is_one_visit_however_long() -> None:
    hour = 60 * MINUTE
    assert durations(view("a", 0), leave("a", 120, 2 * hour), view("b", 121)) == [(0, 121 * MINUTE)]


def test_a_late_leave_joins_no_visits() -> None:
    assert durations(view("a", 0), leave("a", 8 * 60, 25_000), view("b", 8 * 60 + 1)) == [
        (0, 25_000),
        ((8 * 60 + 1) * MINUTE, 0),
    ]
    assert durations(view("a", 0), leave("a", 60, 0), leave("a", 85, 0), view("b", 110), leave("b", 111, 1)) == [
        (0, 0),
        (110 * MINUTE, MINUTE),
    ]


def test_a_leave_is_late_only_if_nothing_else_kept_the_visit_alive() -> None:
    assert durations(view("a", 0), view("b", 25), leave("a", 50, 10)) == [(0, 50 * MINUTE)]
    assert durations(view("a", 0), event("x", 25), leave("a", 50, 10), view("c", 75)) == [(0, 75 * MINUTE)]
    assert durations(view("a", 0), event("x", 25), leave("a", 56, 10)) == [(0, 25 * MINUTE)]


def test_late_leaves_without_a_views_id_are_late_too() -> None:
    seen = view("a", 0, "/x")
    late = replace(leave("", 8 * 60, 1000), page="/x")
    soon = replace(leave("", 10, 3000), page="/x")
    assert durations(seen, late) == [(0, 1000)]
    assert durations(seen, soon, late) == [(0, 10 * MINUTE)]
    with engine() as db:
        db.load(stored("v", [seen, soon, late]), [])
        db.sessionize()
        assert db.rows("SELECT engagement FROM views") == [(4000,)]


# ── extremes ──

_extremes = st.sampled_from([None, 0, 1, -1, 255, 256, 2**31, 86_400_000, 2**53, 2**63 - 1, 2**63, 10**18, 10**400])
_odd = st.none() | st.text(max_size=5) | st.sampled_from(["", "\x00", "'", '"', "{record}", "$gap", "null", "x" * 5000])
_instants = st.sampled_from([0, -1, START, START + 1, START + 50 * 60 * MINUTE, 2**53, 2**63, None, "x", 1.5])
_flag = st.sampled_from([True, None])
_anything = st.builds(
    Record,
    kind=st.sampled_from([VIEW, LEAVE, EVENT]),
    id=st.sampled_from(["", "a", "b", "~1"]),
    t=_instants,
    **{
        name: _extremes if field.range else _flag if name in ("interactive", "redirect") else _odd
        for name, field in fields_of(Record).items()
        if name not in ("kind", "id", "t", "props", "currency")
    },
    props=st.none() | st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3).map(json.dumps) | _odd,
    currency=st.sampled_from(["EUR", "USD", None]),
)


@given(
    st.lists(
        st.tuples(st.lists(_anything, max_size=30), st.sampled_from([TRAITS, ROBOT, Traits()])), min_size=8, max_size=12
    )
)
@settings(max_examples=6)  # of 8 to 12 cases each, see `cases`
def test_no_stored_record_can_break_a_build(cases: list[tuple[list[Record], Traits]]) -> None:
    hours = [
        VisitorHour(DAY, 3, f"{number}/{visitor}", traits, frozenset(record.pack() for record in records))
        for number, (records, traits) in enumerate(cases)
        for visitor in "vw"
    ]
    with engine() as db:
        db.load(hours, [])
        db.sessionize()
        figures = compute_rollup.compute(db)
        segment = parquet_bytes(db, "FROM hits")
        db.load(hours, [segment])
        db.sessionize()
        compute_rollup.compute(db)
        for query in ("event_properties", "event_property_names"):
            asked = {"event": "x", "property": "/a", "most": 10, "first": 0}
            db.rows(sql(query), {name: value for name, value in asked.items() if f"${name}" in sql(query)})
    read = rollup_sums.unpack(rollup_sums.pack(figures))
    assert read.totals.pageviews == sum(hour.sums.pageviews for hour in read.hours)
    for visit in read.latest:
        days.local(visit["started"], ZoneInfo("Pacific/Kiritimati"))


def test_25_days_of_reading_and_ten_of_the_largest_amounts_are_counted() -> None:
    seen = view("a", 0, "/x")
    leaves = [replace(leave("", minute, 86_400_000), page="/x") for minute in range(1, 26)]
    paid = [event(f"e{number}", 1, amount=10**18, currency="EUR") for number in range(20)]
    figures = computed(stored("v", [seen, *leaves, *paid]))
    assert figures.events[0].revenue == {"EUR": (20 * 10**18, 20)}
    assert figures.totals.duration == 25 * MINUTE


# ── what a rollup holds at most ──


def crowded(rows: int, letters: int) -> rollup_sums.Rollup:
    """A rollup with as many rows of everything as one may be asked to hold, of names that compress badly."""
    noise = random.Random(5)
    alphabet = ("abcdefghijklmnopqrstuvwxyz0123456789😀ü" * 7)[:256]  # what each random byte stands for

    def name() -> str:
        return noise.randbytes(letters).decode("latin-1").translate(alphabet)

    def revenue() -> dict[str, tuple[int, int]]:
        return {f"{noise.randrange(26**3):05d}": (noise.randrange(10**30), 3) for _ in range(20)}

    full = rollup_sums.Rollup(
        hours=[rollup_sums.Hour(hour, 9, Totals(*(noise.randrange(10**18) for _ in SUMS))) for hour in range(51)],
        seen={10**9 + minute: noise.randrange(10**9) for minute in range(30)},
        latest=[{"entry_page": name(), "referrer": name() * 8, "identifier": name()} for _ in range(min(rows, 10))],
        events=[EventRow(name(), 9, 9, revenue()) for _ in range(rows)],
        robots=[rollup_sums.RobotRow("declared", name(), 5, 7) for _ in range(rows)],
        beyond={hour: noise.randrange(10**9) for hour in range(51)},
    )
    for table in catalogue.DIMENSIONS:
        rollup_sums.fill(full, table, [(name(), 3, 4, 5) for _ in range(rows)], None)
    return full


@pytest.mark.parametrize(("rows", "letters"), [(500, 20), (500, 120), (500, 1024), (30, 40_000), (1, 400_000)])
def test_the_largest_rollups_fit_an_item_and_leave_nothing_uncounted(
    rows: int, letters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Halving a number of rows that is beyond what there is cuts nothing; the same text need not be compressed again.
    monkeypatch.setattr(zlib, "compress", lru_cache(2)(zlib.compress))
    full = crowded(rows, letters)
    amounts = sum(row.amounts for row in full.events)
    packed = rollup_sums.pack(full)
    assert len(packed) <= rollups.MAX_PACKED_BYTES
    read = rollup_sums.unpack(packed)
    for table in catalogue.DIMENSIONS:
        assert sum(row[1] for row in read.tables[table]) + read.others.get(table, (0, 0, 0))[0] == 3 * rows
    other = read.other_events or EventRow("", 0, 0, {})
    assert sum(row.events for row in read.events) + other.events == 9 * rows
    assert sum(row.amounts for row in read.events) + other.amounts == amounts
    assert sum(robot.hits for robot in read.robots) == 7 * rows
    assert len(read.hours) == 51


def test_events_of_many_names_and_currencies_are_told_in_part_with_an_honest_remainder() -> None:
    codes = [a + b + c for a in "ABC" for b in "DEF" for c in "GHI"]
    paid = [
        event(f"{name}-{code}", 1, name, amount=1_000_000, currency=code) for name in ("a", "b") for code in codes[:25]
    ] + [event("often", 2, "a", amount=1, currency=codes[24])]
    many = [event(f"x{number}", 3, f"x{number:04d}") for number in range(600)]
    figures = computed(stored("v", [view("p", 0), *paid, *many]))
    first = figures.events[0]
    assert (first.name, first.events, len(first.revenue), first.left_out) == ("a", 26, 20, 5)
    assert first.revenue[codes[24]] == (1_000_001, 2)
    assert len(figures.events) == 500
    assert figures.other_events is not None
    assert sum(row.events for row in figures.events) + figures.other_events.events == 651
    twice = rollup_sums.sum_days([figures, figures], most=10)
    assert twice.other_events is not None
    assert sum(row.events for row in twice.events) + twice.other_events.events == 2 * 651
    assert sum(row.amounts for row in twice.events) + twice.other_events.amounts == 2 * 51
