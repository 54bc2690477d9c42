"""The demo's own counting, tried on visits small enough to count by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from demo.traffic import expected
from demo.traffic.audience import Person, UserAgent
from demo.traffic.visits import View

ZONE = ZoneInfo("Europe/Berlin")
NOON = round(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp() * 1000)
MINUTE = 60_000
ANNA = Person("79.192.0.1", UserAgent("a", "Firefox", "Windows", "desktop"), "DE")
BELA = Person("90.0.0.1", UserAgent("b", "Mobile Safari", "iOS", "phone"), "FR")
CRAWLER = Person("73.0.0.1", UserAgent("c", "", "", "robot"), "US")


def view(
    who: Person, minutes: float, path: str = "/", source: str = "Direct", shown: str | None = None,
    load_time: int | None = None, engagement: int | None = None, scroll: int | None = None,
) -> View:  # fmt: skip
    t = NOON + round(minutes * MINUTE)
    return View(
        f"{who.address}-{t}", t, who, f"https://example.com{path}", path, None, load_time, engagement, source, shown,
        scroll=scroll,
    )  # fmt: skip


def test_a_gap_of_thirty_minutes_is_one_visit_and_more_is_two():
    together = [view(ANNA, 0, engagement=10_000), view(ANNA, 30 + 10 / 60)]
    apart = [view(ANNA, 0, engagement=10_000), view(ANNA, 30 + 10.1 / 60)]
    assert len(expected.count_visits(together, ZONE)) == 1
    assert len(expected.count_visits(apart, ZONE)) == 2


def test_a_day_ends_at_the_sites_midnight():
    visits = expected.count_visits([view(ANNA, 10 * 60 + 59), view(ANNA, 11 * 60 + 1)], ZONE)
    assert [visit.day for visit in visits] == [date(2026, 11, 20), date(2026, 11, 21)]
    assert expected.metrics(visits)["visitors"] == 2


def test_the_metrics():
    views = [
        view(ANNA, 0, "/", "Google", "https://www.google.com/", load_time=1000, engagement=20_000, scroll=80),
        view(ANNA, 1, "/a", load_time=500, engagement=60_000, scroll=25),
        view(ANNA, 100, "/a"),
        view(BELA, 5, "/a", engagement=30_000),
        view(CRAWLER, 5, "/a"),
    ]
    assert expected.metrics(expected.count_visits(views, ZONE)) == {
        "visitors": 2,
        "visits": 3,
        "pageviews": 4,
        "views_per_visit": 4 / 3,
        "bounce_rate": 2 / 3,
        "visit_duration": (120 + 0 + 30) / 3,
        "load_time": 750,
        "scroll_depth": 52.5,
        "engagement_time": (20 + 60 + 30) / 3,
    }


def test_the_tables():
    views = [
        view(ANNA, 0, "/", "Google", "https://www.google.com/"),
        view(ANNA, 1, "/a"),
        view(ANNA, 2, "/"),
        view(BELA, 5, "/a"),
        view(BELA, 90, "/a", "Google", "https://www.google.com/"),
    ]
    tables = expected.tables(expected.count_visits(views, ZONE))
    assert tables["pages"] == {"/": (1, 1, 2), "/a": (2, 3, 3)}
    assert tables["sources"] == {"Google": (2, 2, 4), "Direct": (1, 1, 1)}
    assert tables["referrers"] == {"https://www.google.com/": (2, 2, 4)}
    assert tables["countries"] == {"DE": (1, 1, 3), "FR": (1, 2, 2)}
    assert tables["devices"] == {"desktop": (1, 1, 3), "phone": (1, 2, 2)}
    assert tables["entry_pages"] == {"/": (1, 1, 3), "/a": (1, 2, 2)}
    assert tables["exit_pages"] == {"/": (1, 1, 3), "/a": (1, 2, 2)}
    assert tables["hostnames"] == {"example.com": (2, 3, 5)}


def test_nothing_is_null_not_zero():
    assert expected.metrics([])["bounce_rate"] is None
    assert expected.metrics([])["load_time"] is None
    assert expected.metrics([])["pageviews"] == 0
