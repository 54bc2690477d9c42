"""The report API over HTTP: its shapes, its errors."""

import uuid
from datetime import datetime

import pytest

from tests.stack.calls import Caller, wait_for


@pytest.fixture(scope="module")
def site(caller: Caller) -> str:
    made = caller.new_site(timezone="Asia/Kathmandu")
    assert caller.beacon(made, {"idempotency": "a", "location": "https://example.com/"}).status == 204
    wait_for(lambda: caller.stats(made), lambda found: found["metrics"]["pageviews"] == 1)
    return made


def test_an_empty_site_has_no_data_not_zeroes(caller: Caller) -> None:
    stats = caller.stats(caller.new_site(), period="30d")
    assert stats["metrics"] == {
        "visitors": 0, "visits": 0, "pageviews": 0, "views_per_visit": None, "bounce_rate": None,
        "visit_duration": None, "engagement_time": None, "scroll_depth": None, "load_time": None,
    }  # fmt: skip
    assert stats["compare"] == stats["metrics"]
    assert len(stats["series"]) == 30
    assert all(rows == [] for rows in stats["tables"].values())
    assert (stats["online"], stats["built_at"]) == (0, None)


def test_stats_have_the_documented_shape(caller: Caller, site: str) -> None:
    stats = caller.stats(site, period="today")
    assert stats["site"] == site
    assert stats["from"] == stats["to"]
    assert stats["timezone"] == "Asia/Kathmandu"
    assert set(stats["tables"]) == {
        "pages", "entry_pages", "exit_pages", "hostnames", "referrers", "sources", "channels", "campaigns",
        "utm_sources", "utm_mediums", "utm_terms", "utm_contents", "countries", "regions", "cities", "networks",
        "browsers", "systems", "devices", "screens", "languages", "browser_versions", "system_versions", "hours",
        "weekdays",
    }  # fmt: skip
    assert stats["tables"]["pages"] == [{"name": "/", "visitors": 1, "visits": 1, "pageviews": 1}]
    assert stats["tables"]["entry_pages"] == stats["tables"]["exit_pages"] == stats["tables"]["pages"]
    assert stats["tables"]["hostnames"] == [{"name": "example.com", "visitors": 1, "visits": 1, "pageviews": 1}]
    assert stats["tables"]["sources"] == [{"name": "Direct", "visitors": 1, "visits": 1, "pageviews": 1}]
    assert len(stats["series"]) == 24
    assert all(point["t"].endswith("+05:45") for point in stats["series"])
    assert datetime.fromisoformat(stats["built_at"]).utcoffset() is not None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"period": "fortnight"}, "period"),
        ({"from": "x"}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "to"),
        ({"to": "2026-11-01"}, "from"),
    ],
)
@pytest.mark.parametrize("what", ["stats", "visits"])
def test_a_wrong_period_is_refused_by_name(
    caller: Caller, site: str, what: str, query: dict[str, str], field: str
) -> None:
    answer = caller.api("GET", f"/sites/{site}/{what}", **query)
    assert (answer.status, answer.json()["error"]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("query", "field"),
    [({"limit": "0"}, "limit"), ({"limit": "many"}, "limit"), ({"limit": "9999"}, "limit"),
     ({"limit": "0000000019999"}, "limit"), ({"next": "x"}, "next"), ({"cursor": "x"}, "cursor"),
     ({"next": "é"}, "next"),
     ({"next": "WzEsMiwzXQ"}, "next")],
)  # fmt: skip
def test_a_wrong_page_of_visits_is_refused_by_name(
    caller: Caller, site: str, query: dict[str, str], field: str
) -> None:
    answer = caller.api("GET", f"/sites/{site}/visits", **query)
    assert (answer.status, answer.json()["error"]["field"]) == (400, field)


def test_a_site_that_is_not_there_is_not_found(caller: Caller) -> None:
    for wrong in (str(uuid.uuid4()), "x", "%F0%9F%98%80"):
        assert caller.api("GET", f"/sites/{wrong}/stats").status == 404


def test_health_tells_of_queue_tables_and_bucket(caller: Caller) -> None:
    answer = caller.call("GET", "/healthz")
    told = answer.json()
    assert len(told.pop("deployment")) == 16
    assert told == {"status": "ok", "checks": {"queue": "ok", "tables": "ok", "bucket": "ok"}}


def test_a_deployment_answers_questions_with_filters(caller: Caller, site: str) -> None:
    """Repeated parameters and the paths of files arrive through API Gateway."""
    texts = [("period", "today"), ("f", "is,page,/"), ("f", "is,page,/none"), ("f", "is_not,event,None")]
    assert caller.api_pairs("GET", f"/sites/{site}/stats", texts).json()["metrics"]["pageviews"] == 1
    rows = caller.api_pairs("GET", f"/sites/{site}/breakdown", [*texts, ("dimension", "page,hostname")]).json()["rows"]
    assert [(row["page"], row["hostname"], row["visits"]) for row in rows] == [("/", "example.com", 1)]
    file = caller.api_pairs(
        "GET", f"/sites/{site}/breakdown.csv", [*texts, ("dimension", "page"), ("metrics", "visits")]
    )
    assert (file.status, file.body) == (200, b"page,visits\r\n/,1\r\n")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(caller.api("GET", f"/sites/{site}/realtime").json()["series"]) == 30
