"""The metric SQL, held against a model of the same definitions written out in Python."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.aggregate import metrics, rollup
from chalicelib.aggregate.engine import engine
from chalicelib.config import VISIT_GAP_MS
from chalicelib.store.records import EVENT, LEAVE, VIEW, Record, Traits, VisitorHour

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


def computed(hours: Iterable[VisitorHour]) -> rollup.Rollup:
    with engine() as db:
        db.load(hours, [])
        db.sessionize()
        return metrics.compute(db)


def test_a_gap_of_more_than_half_an_hour_begins_a_new_visit() -> None:
    figures = computed(stored("v", [view("a", 0), view("b", 30), view("c", 60.001)]))
    assert (figures.totals.visitors, figures.totals.visits, figures.totals.pageviews) == (1, 2, 3)


def test_a_sign_of_life_keeps_a_visit_going() -> None:
    figures = computed(stored("v", [view("a", 0), leave("a", 45, 5), view("b", 70)]))
    assert figures.totals.visits == 1
    assert figures.totals.duration == 70 * MINUTE


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
        old = db.parquet("SELECT * EXCLUDE (interactive, scroll) FROM hits")
        for fresh in ([], stored("w", [view("b", 1)])):
            db.load(fresh, [old])
            db.sessionize()
            assert metrics.compute(db).totals.pageviews == 1 + len(fresh)


def test_a_leave_without_its_view_counts_as_nothing() -> None:
    assert computed(stored("v", [leave("lost", 5, 100)])).totals == rollup.Totals()


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
    figures = rollup.unpack(rollup.pack(computed(hours)))
    assert len(figures.tables["pages"]) == 500
    assert figures.others["pages"] == (100, 100, 100)


def test_a_rollup_fits_an_item_whatever_the_names() -> None:
    noise = random.Random(7)
    pages = ["/" + "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=1000)) for _ in range(900)]
    hours = [hour for number, page in enumerate(pages) for hour in stored(f"v{number}", [view("a", 0, page)])]
    packed = rollup.pack(computed(hours))
    assert len(packed) < 380_000
    kept = rollup.unpack(packed)
    assert len(kept.tables["pages"]) + kept.others["pages"][0] == 900


@dataclass
class Model:
    """The definitions again, as a person would count."""

    visits: int = 0
    pageviews: int = 0
    bounces: int = 0
    duration: int = 0
    visitors: set[str] = field(default_factory=set)

    def add(self, visitor: str, records: list[Record]) -> None:
        views: dict[str, list[list[int]]] = {}  # of each id: [first, last repetition, last sign of life]
        for record in sorted(records, key=lambda record: (record.t, record.kind != VIEW)):
            seen = views.setdefault(record.id, [])
            if record.kind == VIEW and (not seen or record.t - seen[-1][1] > VISIT_GAP_MS):
                seen.append([record.t, record.t, record.t])
            elif record.kind == VIEW:
                seen[-1][1:] = [record.t, max(seen[-1][2], record.t)]
            elif seen:  # a leave that overtook its view tells nothing of how long that lasted
                seen[-1][2] = record.t
        runs: list[list[int]] = []  # [start, last sign of life, views]
        told = sorted((first, name, last) for name, seen in views.items() for first, _, last in seen)
        for first, _, last in told:
            if runs and first - runs[-1][1] <= VISIT_GAP_MS:
                runs[-1][1] = max(runs[-1][1], last)
                runs[-1][2] += 1
            else:
                runs.append([first, last, 1])
        if runs:
            self.visitors.add(visitor)
        self.visits += len(runs)
        self.pageviews += sum(run[2] for run in runs)
        self.bounces += sum(run[2] == 1 for run in runs)
        self.duration += sum(run[1] - run[0] for run in runs)


records = st.lists(
    st.builds(
        lambda kind, name, minute: view(name, minute) if kind else leave(name, minute, int(minute)),
        st.booleans(),
        st.sampled_from("abcdef"),
        st.integers(0, 300),
    ),
    max_size=12,
)


@given(st.dictionaries(st.sampled_from(["u", "v", "w"]), records), st.randoms())
@settings(max_examples=60)
def test_the_figures_are_those_of_the_model_in_any_order(
    visitors: dict[str, list[Record]], chance: random.Random
) -> None:
    model = Model()
    hours: list[VisitorHour] = []
    for visitor, of_visitor in visitors.items():
        model.add(visitor, of_visitor)
        hours += stored(visitor, of_visitor)
    figures = computed(hours)
    chance.shuffle(hours)
    assert rollup.pack(computed(hours)) == rollup.pack(figures)
    totals = figures.totals
    assert (totals.visitors, totals.visits, totals.pageviews, totals.bounces, totals.duration) == (
        len(model.visitors), model.visits, model.pageviews, model.bounces, model.duration,
    )  # fmt: skip
    last_hour = figures.up_to(25)
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
        ("sale", 2, 2, {"EUR": 12_500_000, "USD": 7}),
    ]
    doubled = rollup.sum_days([figures, rollup.unpack(rollup.pack(figures))]).events
    assert [(row.events, row.visitors, row.revenue) for row in doubled][1] == (4, 4, {"EUR": 25_000_000, "USD": 14})


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
    tabs = [view("a", 0), leave("a", 40, 5), view("b", 5), event("e", 50, interactive=True), view("c", 85)]
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


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=8), st.randoms())
@settings(max_examples=60)
def test_views_and_events_make_one_row_of_signs_whatever_their_order(
    signs: list[tuple[bool, int]], chance: random.Random
) -> None:
    records = [
        (view if viewed else event)(f"{number}", ten * 10.0) for number, (viewed, ten) in enumerate(signs)
    ]  # every ten minutes, so that many are at one time
    stretches: list[list[Record]] = []
    for record in sorted(records, key=lambda record: record.t):
        if not stretches or record.t - stretches[-1][-1].t > VISIT_GAP_MS:
            stretches.append([])
        stretches[-1].append(record)
    visits = [stretch for stretch in stretches if any(record.kind == VIEW for record in stretch)]
    expected = {
        (record.id, number) for number, of_visit in enumerate(visits, 1) for record in of_visit if record.kind == EVENT
    }
    chance.shuffle(records)
    with engine() as db:
        db.load(stored("v", records), [])
        db.sessionize()
        assert db.rows("SELECT count(*) FROM visits") == [(len(visits),)]
        within = set(db.rows("SELECT id, visit FROM custom_events"))
    assert expected <= within
    assert len(within) == sum(record.kind == EVENT for record in records)


def test_robots_events_are_told_with_their_views() -> None:
    figures = computed(
        stored("v", [view("a", 0), event("e", 1), event("e", 1)], ROBOT) + stored("w", [event("e", 1)], ROBOT)
    )
    assert [(row.visitors, row.hits) for row in figures.robots] == [(2, 3)]


def test_an_event_without_a_view_makes_no_visit() -> None:
    figures = computed(stored("v", [event("e", 5)]))
    assert figures.totals == rollup.Totals()
    assert figures.events[0].visitors == 1


def test_time_read_without_a_views_id_is_added_to_the_latest_view_of_the_page() -> None:
    first, second, other = view("a", 0, "/x"), view("b", 10, "/x"), view("c", 11, "/y")
    leaves = [replace(leave("", minute, 1000), page="/x") for minute in (5, 12, 13)]
    with engine() as db:
        db.load(stored("v", [first, second, other, *leaves]), [])
        db.sessionize()
        assert db.rows("SELECT id, engagement FROM views ORDER BY id") == [("a", 1000), ("b", 2000), ("c", None)]
