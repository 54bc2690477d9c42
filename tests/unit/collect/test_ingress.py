"""The way of a hit through the collector: its steps, in their order, and what ends it early."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import FrameType

import pytest

from chalicelib.collect import ingress, rate_limit
from chalicelib.collect.hit import Beacon, View
from chalicelib.collect.urls import Location
from chalicelib.errors import BadRequest, Forbidden, NotFound, ShylightError, TooManyRequests
from chalicelib.store import exclusions, hit_queue, salts
from chalicelib.store.sites import Site
from chalicelib.web import Request

SITE = Site(
    "5f1d2a6e-0000-4000-8000-000000000000", "Test", "example.com", origins="https://example.com",
    ignored_ips="192.0.2.66", proxies="1",
)  # fmt: skip
GOOD = {"origin": "https://example.com", "x-forwarded-for": "203.0.113.7"}
VIEW = b'{"location": "https://example.com/"}'


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(hit_queue, "send", messages.append)
    monkeypatch.setattr(salts, "salt", lambda *_: b"s" * 32)
    monkeypatch.setattr("chalicelib.collect.site_rules.cached_site", {SITE.id: SITE}.get)
    rate_limit._buckets.clear()
    return messages


@pytest.fixture(autouse=True)
def ledger(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    reasons: list[str] = []
    monkeypatch.setattr(exclusions, "count_dropped", lambda _site, _day, reason, *_: reasons.append(reason))
    return reasons


def request(body: bytes = VIEW, source_ip: str = "192.0.2.1", **headers: str) -> Request:
    given = GOOD | {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", "/ingress/x/script.js", {}, {}, given, body, source_ip, "")


def test_a_hit_that_is_taken_is_queued_once(queued: list[str], ledger: list[str]) -> None:
    assert ingress.beacon(request(), SITE.id, "someone").status_code == 204
    (message,) = queued
    assert '"identifier":"someone"' in message
    assert '"address":"203.0.113.0"' in message  # the declared proxy's word, truncated
    assert ledger == []


def test_head_of_a_pixel_has_the_headers_of_a_view_and_is_none(queued: list[str], ledger: list[str]) -> None:
    asked = replace(request(b"", referer="https://example.com/"), method="HEAD")
    answer = ingress.pixel_headers(asked, SITE.id)
    assert queued == []
    viewed = ingress.pixel(replace(asked, method="GET"), SITE.id)
    assert (answer.status_code, answer.headers) == (viewed.status_code, viewed.headers)
    assert (len(queued), ledger) == (1, [])
    with pytest.raises(NotFound):
        ingress.pixel_headers(asked, "5f1d2a6e-0000-4000-8000-000000000001")


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"origin": "https://elsewhere.example"}, 403, "origin"),
        ({"dnt": "1"}, 204, "dnt"),
        ({"sec_gpc": "1"}, 204, "dnt"),
        ({"x_forwarded_for": "192.0.2.66"}, 204, "ignored_address"),
    ],
)
def test_a_hit_that_a_rule_drops_is_counted_and_not_read(
    headers: dict[str, str], status: int, reason: str, queued: list[str], ledger: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    site = replace(SITE, respect_dnt=True)
    monkeypatch.setattr("chalicelib.collect.site_rules.cached_site", {SITE.id: site}.get)
    try:
        found = ingress.beacon(request(b"no JSON", **headers), SITE.id, "x" * 200).status_code
    except ShylightError as error:
        found = int(error.status)
    assert (found, ledger, queued) == (status, [reason], [])
    assert rate_limit._buckets == {}


def test_the_rules_come_before_the_rate_limit_and_the_limit_before_the_body(
    ledger: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "is_flood", lambda *_: True)
    with pytest.raises(Forbidden):
        ingress.beacon(request(origin="https://elsewhere.example"), SITE.id)
    with pytest.raises(TooManyRequests) as told:
        ingress.beacon(request(b"no JSON"), SITE.id)
    assert told.value.retry_after == 60
    assert ledger == ["origin", "flood_address"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"location": 5}', b'{"engagement": 1}'])
def test_nothing_is_queued_of_a_body_that_is_wrong(body: bytes, queued: list[str]) -> None:
    with pytest.raises(BadRequest):
        ingress.beacon(request(body), SITE.id)
    assert queued == []


def test_a_site_that_is_not_there_ends_the_way_first(ledger: list[str]) -> None:
    for site_id in ("nowhere", SITE.id[:-1] + "1"):
        with pytest.raises(NotFound):
            ingress.beacon(request(b"no JSON", origin="https://elsewhere.example"), site_id)
    assert ledger == []


def test_all_hits_of_a_request_are_of_one_visitor() -> None:
    views = (View("a", Location("example.com", "/a"), "script"), View("b", None, "script"))
    first, second = ingress.accept_hit(request(), SITE, lambda: Beacon(views, "by the body"), "by the URL")
    assert first.visitor == second.visitor
    assert first.identifier == second.identifier == "by the body"


def test_the_way_of_a_hit_enters_each_module_once_or_twice() -> None:
    entered: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _arg: object) -> None:
        caller, name = frame.f_back, frame.f_code.co_filename
        if event == "call" and caller is not None and caller.f_code.co_filename == ingress.__file__ != name:
            entered[name] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        ingress.beacon(request(), SITE.id)
    finally:
        sys.setprofile(before)
    of_collect = {Path(name).stem: times for name, times in entered.items() if "collect" in Path(name).parts}
    assert {"site_rules", "client_ip", "rate_limit", "beacons", "hit", "event"} <= of_collect.keys()
    assert max(of_collect.values()) <= 2
