"""Shynet's API: its clients get the fields, formats and errors that they know, with figures worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib.accounts.access import api_tokens
from chalicelib.accounts.people import people
from chalicelib.enrich.worker import consume
from chalicelib.store import hit_queue
from infra.http_client import Answer
from tests.conftest import Deployed
from tests.stack.calls import FIREFOX, Caller

# A day within the retention, and those before it.
DAY = datetime.now(UTC).date() - timedelta(days=5)
BEFORE, WEEK_BEFORE = DAY - timedelta(days=1), DAY - timedelta(days=7)
ONE_DAY = f"startDate={DAY}&endDate={DAY}"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
FIELDS = [
    "currently_online", "session_count", "hit_count", "has_hits", "bounce_rate_pct", "avg_session_duration",
    "avg_load_time", "avg_hits_per_session", "locations", "referrers", "countries", "operating_systems", "browsers",
    "devices", "device_types", "chart_data", "chart_tooltip_format", "chart_granularity", "online",
]  # fmt: skip


@pytest.fixture(scope="module")
def stack(in_process: Deployed) -> Deployed:
    return in_process


@pytest.fixture(scope="module")
def caller(stack: Deployed) -> Caller:
    """Somebody who has the sites of these tests, and none of others."""
    person = people.create_administrator("shynet@example.com", "the password of a client")
    return Caller(stack.base_url, api_tokens.issue(person, "client"))


def ask(caller: Caller, query: str = "", scheme: str = "Token", token: str | None = None) -> Answer:
    headers = {} if token == "" else {"Authorization": f"{scheme} {token or caller._token}"}
    return caller.call("GET", f"/api/v1/dashboard/{query}", headers=headers)


def service(caller: Caller, site: str, query: str) -> dict[str, Any]:
    answer = ask(caller, f"?uuid={site}&{query}")
    assert answer.status == 200, answer.text
    (one,) = answer.json()["services"]
    return dict(one)


@pytest.fixture(scope="module")
def site(caller: Caller) -> str:
    """A site with two visits of a reader on one day, and one of a phone the day before.

    The reader comes from a search, reads two pages for five minutes altogether, and comes back directly for one page.
    """
    made = caller.new_site("shynet.example")
    reader = {"user_agent": FIREFOX, "ip": "192.0.2.7"}
    hits = [
        {**reader, "id": "a", "t": f"{DAY}T10:00:00Z", "url": "https://shynet.example/", "load_time": 400,
         "referrer": "https://www.google.com/"},
        {**reader, "id": "b", "t": f"{DAY}T10:04:00Z", "url": "https://shynet.example/café", "load_time": 600,
         "engagement": 60_500},
        {**reader, "id": "c", "t": f"{DAY}T12:30:00Z", "url": "https://shynet.example/"},
        {"user_agent": PHONE, "ip": "192.0.2.8", "id": "d", "t": f"{BEFORE}T08:00:00Z",
         "url": "https://shynet.example/"},
    ]  # fmt: skip
    with patch.object(hit_queue, "send_all", consume):  # there is no worker
        answer = caller.api("POST", f"/sites/{made}/hits", {"hits": hits})
    assert answer.status == 202, answer.text
    return made


def test_a_day_has_the_figures_under_shynets_names(caller: Caller, site: str) -> None:
    one = service(caller, site, ONE_DAY)
    assert list(one) == ["name", "uuid", "link", "stats"]
    assert (one["uuid"], one["link"]) == (site, "https://shynet.example")
    stats = one["stats"]
    assert list(stats) == [*FIELDS, "compare"]
    assert list(stats["compare"]) == FIELDS
    assert {name: stats[name] for name in FIELDS[:15]} == {
        "currently_online": 0, "session_count": 2, "hit_count": 3, "has_hits": True, "bounce_rate_pct": 50.0,
        "avg_session_duration": "P0DT00H02M30.250000S",  # (300.5 s + 0 s) / 2
        "avg_load_time": 500.0, "avg_hits_per_session": 1.5,
        "locations": [
            {"location": "https://shynet.example/", "count": 2},
            {"location": "https://shynet.example/caf%C3%A9", "count": 1},
        ],
        "referrers": [{"referrer": "", "count": 1}, {"referrer": "https://www.google.com/", "count": 1}],
        "countries": [{"country": "", "count": 2}], "operating_systems": [{"os": "Linux", "count": 2}],
        "browsers": [{"browser": "Firefox", "count": 2}], "devices": [],
        "device_types": [{"device_type": "DESKTOP", "count": 2}],
    }  # fmt: skip
    chart = stats["chart_data"]
    assert (stats["chart_granularity"], stats["chart_tooltip_format"], stats["online"]) == (
        "hourly", "MM/dd HH:mm", True,
    )  # fmt: skip
    assert chart["labels"][:2] == [f"{DAY} 00:00:00+00:00", f"{DAY} 01:00:00+00:00"]
    assert [len(chart[name]) for name in ("labels", "sessions", "hits")] == [24, 24, 24]
    assert {hour: count for hour, count in enumerate(chart["sessions"]) if count} == {10: 1, 12: 1}
    assert {hour: count for hour, count in enumerate(chart["hits"]) if count} == {10: 2, 12: 1}


def test_the_period_before_is_compared_with_all_its_tables(caller: Caller, site: str) -> None:
    before = service(caller, site, ONE_DAY)["stats"]["compare"]
    assert (before["session_count"], before["hit_count"], before["bounce_rate_pct"]) == (1, 1, 100.0)
    assert before["device_types"] == [{"device_type": "PHONE", "count": 1}]
    assert before["chart_data"]["sessions"][8] == 1


def test_more_than_three_days_are_shown_by_day(caller: Caller, site: str) -> None:
    stats = service(caller, site, f"startDate={DAY - timedelta(days=3)}&endDate={DAY}")["stats"]
    assert (stats["chart_granularity"], stats["chart_tooltip_format"]) == ("daily", "MMM d")
    assert stats["chart_data"] == {
        "sessions": [0, 0, 1, 2],
        "hits": [0, 0, 1, 3],
        "labels": [str(DAY - timedelta(days=ago)) for ago in (3, 2, 1, 0)],
    }


def test_where_there_is_nothing_there_is_null(caller: Caller, site: str) -> None:
    for query in (f"startDate={WEEK_BEFORE}&endDate={WEEK_BEFORE}", f"startDate={DAY}&endDate={BEFORE}"):
        stats = service(caller, site, query)["stats"]
        assert (stats["session_count"], stats["hit_count"], stats["has_hits"]) == (0, 0, True)
        rates = ("bounce_rate_pct", "avg_session_duration", "avg_load_time", "avg_hits_per_session")
        assert [stats[name] for name in rates] == [None] * 4
        assert (stats["locations"], stats["referrers"], sum(stats["chart_data"]["hits"])) == ([], [], 0)


def test_hidden_referrers_are_left_out_and_are_not_direct(caller: Caller, site: str) -> None:
    for pattern, shown in (("google", [{"referrer": "", "count": 1}]), ("", None)):
        assert caller.api("PATCH", f"/sites/{site}", {"hide_referrer_regex": pattern}).status == 200
        stats = service(caller, site, ONE_DAY)["stats"]
        assert shown in (None, stats["referrers"])


def test_the_default_is_the_last_thirty_days(caller: Caller, site: str) -> None:
    chart = service(caller, site, "")["stats"]["chart_data"]
    assert len(chart["labels"]) == 31


def test_without_an_id_all_sites_of_the_person_are_given(caller: Caller, site: str) -> None:
    other = caller.new_site("another.example")
    for query in (f"?{ONE_DAY}", f"?uuid=none&{ONE_DAY}"):
        services = ask(caller, query).json()["services"]
        assert {site, other} == {one["uuid"] for one in services}
        assert [one["name"] for one in services] == sorted((one["name"] for one in services), key=str.lower)
    unknown = "00000000-0000-4000-8000-000000000000"
    assert ask(caller, f"?uuid={unknown}").json() == {"services": []}


@pytest.mark.parametrize(("scheme", "token"), [("Token", ""), ("Token", "shy_wrong"), ("Basic", None), ("Token", " ")])
def test_without_a_valid_token_the_answer_is_403_and_empty(caller: Caller, scheme: str, token: str | None) -> None:
    answer = ask(caller, scheme=scheme, token=token)
    assert (answer.status, answer.json()) == (403, {})


@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer"])
def test_both_schemes_are_accepted_with_and_without_the_slash(caller: Caller, site: str, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {caller._token}"}
    for path in ("/api/v1/dashboard/", "/api/v1/dashboard"):
        assert caller.call("GET", f"{path}?uuid={site}", headers=headers).status == 200


def test_other_routes_take_no_other_scheme(caller: Caller) -> None:
    assert caller.call("GET", "/api/v1/sites", headers={"Authorization": f"Token {caller._token}"}).status == 401


@pytest.mark.parametrize("query", ["startDate=01/01/2000", "endDate=", "startDate=2026-02-30"])
def test_an_invalid_date_is_told_in_shynets_words(caller: Caller, query: str) -> None:
    answer = ask(caller, f"?{query}")
    assert (answer.status, answer.json()) == (400, {"error": "Invalid date format. Use YYYY-MM-DD."})


def test_a_token_needs_the_scope_and_keeps_to_its_sites(caller: Caller, site: str) -> None:
    def token(**access: Any) -> str:
        made = caller.api("POST", "/tokens", {"name": "shynet", **access})
        assert made.status == 201, made.text
        return str(made.json()["token"])

    refused = ask(caller, token=token(scopes=["sites:read"]))
    assert (refused.status, "stats:read" in refused.json()["error"]) == (403, True)
    limited = ask(caller, token=token(scopes=["stats:read"], sites=[site]))
    assert [one["uuid"] for one in limited.json()["services"]] == [site]


def test_it_counts_towards_the_limit_of_requests(caller: Caller, site: str) -> None:
    assert "ratelimit" in {name.lower() for name in ask(caller, f"?uuid={site}").headers}


def test_another_method_is_not_allowed(caller: Caller) -> None:
    for path in ("/api/v1/dashboard/", "/api/v1/dashboard"):
        answer = caller.call("POST", path, json.dumps({}).encode())
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_deployment_takes_the_slash_at_the_end(deployed: Deployed) -> None:
    """API Gateway gives such a path to another route than the one without a slash."""
    caller = Caller(deployed.base_url, deployed.api_token)
    made = caller.new_site("shynet-deployed.example")
    assert ask(caller, f"?uuid={made}").json()["services"][0]["uuid"] == made
    assert ask(caller, token="shy_wrong").status == 403
