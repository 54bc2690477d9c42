"""Beacons: what the tracker says, as the events that the queue gets."""

from typing import Any

import pytest

from chalicelib.collect import beacons, hit
from chalicelib.collect.event import Event
from chalicelib.errors import BadRequest
from chalicelib.store import salts
from chalicelib.store.sites import Site

SITE = Site("5f1d2a6e-0000-4000-8000-000000000000", "Test", "example.com")
NOON = 1_795_521_600_000  # 2026-11-24T12:00Z
DAY_MS = 24 * 60 * 60 * 1000
MIDNIGHT = NOON + DAY_MS // 2
VIEW = {"idempotency": "0.1", "location": "https://example.com/a", "referrer": "", "age": 0.2}
LEAVE = {
    "idempotency": "0.1",
    "location": "",
    "referrer": "",
    "engagement": 900.4,
    "scroll": 43.47,
    "loadTime": 512.3,
    "age": 1000,
}
KEPT: set[str] = set()


@pytest.fixture(autouse=True)
def kept_salts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The days whose salts live, besides today's."""
    KEPT.clear()
    monkeypatch.setattr(salts, "salt", lambda _site, day: str(day).encode())
    monkeypatch.setattr(salts, "find_salt", lambda _site, day: str(day).encode() if str(day) in KEPT else None)


def read(body: dict[str, Any], t: int = NOON, identifier: str | None = None) -> list[Event]:
    return hit.events(SITE, hit.client("198.51.100.1", "Firefox", identifier), t, beacons.parse(SITE, body))


def test_a_leave_tells_of_time_depth_and_load():
    (leave,) = read(LEAVE)
    assert (leave.kind, leave.id, leave.t) == ("leave", "0.1", NOON)
    assert (leave.engagement, leave.scroll, leave.load_time) == (900, 43, 512)


def test_a_leave_that_carries_its_view_is_both():
    view, leave = read({**LEAVE, "location": "https://example.com/a"})
    assert (view.kind, view.id, view.page, view.load_time) == ("view", "0.1", "/a", 512)
    assert (leave.kind, leave.id, leave.engagement) == ("leave", "0.1", 900)
    assert view.visitor == leave.visitor


def test_an_id_may_be_a_number_as_browsers_make_one_up():
    (view,), (leave,) = read({**VIEW, "idempotency": 0.123456}), read({**LEAVE, "idempotency": 0.123456})
    assert view.id == leave.id == "0.123456"
    assert read({**VIEW, "idempotency": 0})[0].id == "0"
    for wrong in (True, [1], 10**80):
        with pytest.raises(BadRequest) as refused:
            read({**VIEW, "idempotency": wrong})
        assert refused.value.field == "idempotency"


def test_the_page_before_may_be_told_by_its_path():
    (view,) = read({**VIEW, "location": "https://www.example.com:8443/next?x=1#y", "referrer": "/caf%C3%A9"})
    assert view.referrer == "https://www.example.com:8443/café"
    assert view.internal


def test_a_view_keeps_the_host_of_its_page():
    (view,) = read({**VIEW, "location": "https://Shop.Example.COM:8443/a"})
    assert (view.host, view.page) == ("shop.example.com", "/a")
    (leave,) = read(LEAVE)
    assert leave.host is None


@pytest.mark.parametrize(
    ("on", "engagement", "redirect"),
    [
        ("replace", 0, True),
        ("replace", 999, True),
        ("replace", 1000, False),
        ("push", 10, False),
        (True, 10, False),
        (None, 10, False),
        (["replace"], 10, False),
        ({}, 10, False),
    ],
)
def test_a_leave_is_a_redirect_if_the_page_was_replaced_at_once_without_an_act(
    on: object, engagement: int, redirect: bool
):
    assert read({**LEAVE, "on": on, "engagement": engagement})[0].redirect is redirect
    view, leave = read({**LEAVE, "location": "https://example.com/a", "on": on, "engagement": engagement})
    assert (view.redirect, leave.redirect) == (False, redirect)


def test_a_view_is_of_the_moment_at_which_it_began_however_late_it_is_told():
    (view,) = read({**VIEW, "age": 10 * 60 * 1000})
    assert view.t == NOON - 10 * 60 * 1000


def test_a_view_from_before_midnight_is_yesterdays_as_long_as_that_days_salt_lives():
    late = MIDNIGHT + 60_000
    KEPT.add("2026-11-24")
    told_in_time, (told_again, leave) = read(VIEW, MIDNIGHT - 500)[0], read({**LEAVE, **VIEW, "age": 61_000}, late)
    assert told_again.day == leave.day == told_in_time.day == "2026-11-24"
    assert told_again.visitor == leave.visitor == told_in_time.visitor
    assert told_again.t == MIDNIGHT - 1000
    assert leave.t == MIDNIGHT - 1
    KEPT.clear()
    told_again, leave = read({**LEAVE, **VIEW, "age": 61_000}, late)
    assert (told_again.day, told_again.t) == ("2026-11-25", MIDNIGHT)
    assert (leave.day, leave.t) == ("2026-11-25", late)


def test_no_view_is_older_than_its_day_whatever_its_sender_says():
    KEPT.add("2026-11-23")
    (view,) = read({**VIEW, "age": 1e12})
    assert (view.day, view.t) == ("2026-11-24", NOON - DAY_MS // 2)


@pytest.mark.parametrize("body", [VIEW, LEAVE, {**VIEW, "event": "Signup"}])
def test_a_visitor_may_be_named_in_any_of_them(body: dict[str, Any]):
    assert [event.identifier for event in read({**body, "identifier": "user-4711"})] == ["user-4711"]
    assert [event.identifier for event in read({**body, "identifier": "later"}, identifier="in-url")] == ["later"]
    assert [event.identifier for event in read(body, identifier="in-url")] == ["in-url"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"identifier": 7}, "identifier"), ({"identifier": "x" * 129}, "identifier"),
        ({"identifier": "a\nb"}, "identifier"), ({"age": -1}, "age"), ({"age": "1"}, "age"),
        ({"event": ""}, "event"), ({"event": None}, "event"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, Any], field: str):
    with pytest.raises(BadRequest) as refused:
        read({**VIEW, **change})
    assert refused.value.field == field
