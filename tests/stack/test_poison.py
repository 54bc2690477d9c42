"""Whatever anybody sends, it costs nobody else a hit: the whole way from a request to the figures, in one batch."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import app
from chalicelib import days
from chalicelib.aggregate import rollup_sums
from chalicelib.api import stats as api_stats
from chalicelib.collect.event import Event, decode, encode
from chalicelib.enrich import worker
from chalicelib.enrich.user_agent import parse_agent
from chalicelib.report import periods, site_stats
from chalicelib.store import exclusions, hit_queue, hits
from chalicelib.store.records import Record
from chalicelib.store.sites import Site
from harness.lambda_requests import Context, event
from tests.stack.counting import built, forget_marks_left, messages, mirrored, new_site, traffic, yesterday

pytestmark = pytest.mark.usefixtures("local_aws")

# What has broken readers of URLs and user agents before, and what they are made of.
_PIECES = (
    "http://", "https://", "android-app://", "//", "[", "]", "[v1.[]", "[::1]", ":", "@", "%", "%2", "%00", "%ff", "²",
    "①", "é", "日本", "\u202e", "\u200b", "\x00", "\ud800", "😀", ".", "..", "/", "?", "#", "=", "&", "utm_source",
    "utm_campaign", "xn--", "xn--a", "example.com", "google.com", "1" * 30, "a" * 300, " ", "\t", "\\",
    "'", '"', "<", "{", "(", "*",
)  # fmt: skip
_AGENT_PIECES = (
    *_PIECES, "Mozilla/5.0 ", "(iPhone; CPU iPhone OS ²_1 like Mac OS X) ", "(Linux; Android ①; ", "Liferea/².1",
    "Chrome/", "Safari/", "Firefox/٣", "Version/", "Opera/9.80 (Windows NT 6.1; U; en) Presto/2.10 Version/", "bot/",
)  # fmt: skip


def _pieced(pieces: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces) | st.text(max_size=4), max_size=8).map("".join)


_urls = _pieced(_PIECES)
_pages = _urls.map("https://example.com/{}".format) | _urls
_numbers = st.sampled_from([0, 1, -1, 1e12, 86_400_000, 1e300, 2**53, 10**30, 0.5]) | st.floats(allow_nan=False)
_beacons = st.fixed_dictionaries(
    {"location": _pages},
    optional={
        "referrer": _urls, "idempotency": st.sampled_from(["a", "b", "c"]), "loadTime": _numbers,
        "engagement": _numbers, "age": _numbers, "scroll": _numbers, "identifier": _pieced(_PIECES),
        "event": _pieced(_PIECES),
        "props": st.dictionaries(_pieced(_PIECES), _pieced(_PIECES) | _numbers | st.booleans() | st.none(), max_size=4),
        "revenue": st.fixed_dictionaries({"amount": _numbers, "currency": st.sampled_from(["EUR", "xxx", "²²²"])}),
        "interactive": st.booleans(),
    },
)  # fmt: skip
_requests = st.tuples(_beacons, _pieced(_AGENT_PIECES), st.sampled_from(["192.0.2.1", "2001:db8::1", "", "²"]))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the collector has put on the queue."""
    found: list[str] = []
    monkeypatch.setattr(hit_queue, "send", found.append)
    return found


@pytest.fixture
def buried(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the worker has put on the dead-letter queue: bodies and reasons."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(hit_queue, "send_to_dead_letters", lambda body, reason, detail="": found.append((body, reason)))
    return found


def beacon(site: Site, body: dict[str, Any], agent: str, address: str) -> int:
    """The status of the answer to a beacon, as API Gateway hands it to the program."""
    text = json.dumps({name: value for name, value in body.items() if value == value and value != math.inf})
    headers = {"User-Agent": agent, "Content-Type": "text/plain"}
    request = event("POST", "/ingress/{site}/script.js", {"site": site.id}, body=text, headers=headers, address=address)
    return int(app.app(request, Context())["statusCode"])


def stored(site: Site) -> list[Record]:
    today = days.day_of(days.now_ms(), site.zone)
    found = [hour for day in (yesterday(site), today) for at in range(25) for _, hour in hits.read(site.id, day, at)]
    return [Record.unpack(packed) for hour in found for packed in hour.records]


def shown(site: Site) -> dict[str, Any]:
    """The figures of a week, as the API answers."""
    now = datetime.now(UTC)
    period = periods.parse({"period": "7d"}, site, now)
    found: dict[str, Any] = json.loads(json.dumps(api_stats.as_json(site_stats.stats(site, period, now))))
    return found


def events_in(bodies: list[str]) -> set[Event]:
    return {event for body in bodies for event in decode(body)[0]}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=st.lists(_requests, min_size=4, max_size=12), seed=st.integers(0, 1000))
def test_whatever_is_sent_to_one_site_another_loses_no_hit_by_it(
    sent: list[str], buried: list[tuple[str, str]], requests: list[tuple[dict[str, Any], str, str]], seed: int
) -> None:
    sent.clear()
    buried.clear()
    forget_marks_left()
    attacked, other = new_site(), new_site()
    answers = [beacon(attacked, *request) for request in requests]
    assert set(answers) <= {204, 400, 413}
    good = traffic(other, yesterday(other), visitors=3, seed=seed)
    worker.consume([*sent[::2], *messages(good), *sent[1::2]])
    assert built(other, yesterday(other)) == mirrored(other, yesterday(other), good)
    expected = events_in(sent)
    aside = events_in([body for body, _ in buried])
    assert {record.id for record in stored(attacked)} == {event.id for event in expected - aside}
    assert shown(attacked)["metrics"]["pageviews"] >= 0


@pytest.fixture
def site() -> Site:
    return new_site()


@pytest.mark.parametrize(
    "change",
    [
        {"referrer": "http://[v1.[]/"}, {"agent": "Liferea/².1"}, {"address": "²"}, {"page": "/" + "x" * 500_000},
        {"props": '{"a": "' + "x" * 500_000 + '"}'}, {"event_name": "\x00"}, {"currency": "x" * 1000}, {"page": "\x00"},
        {"tracker": "\x00" * 100}, {"identifier": "x" * 5000}, {"hint": "#" * 2000}, {"utm_campaign": "\x00\x01"},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_forged_event_is_stored_or_put_aside_and_never_fails_its_batch_or_a_build(
    site: Site, buried: list[tuple[str, str]], change: dict[str, Any]
) -> None:
    day = yesterday(site)
    good = traffic(site, day, visitors=3)
    first = good[0]
    forged = replace(first, id="forged", visitor="forged", **change)
    worker.consume([*messages(good[:5]), encode([forged]), *messages(good[5:])])
    figures = rollup_sums.unpack(built(site, day)).totals
    views = len({event.id for event in good if event.kind == "view"})
    assert figures.pageviews + len(buried) in (views, views + 1, views + 2)
    assert shown(site)["metrics"]["pageviews"] in (views, views + 1)


def test_what_cannot_be_read_is_put_aside_together_and_its_site_told(
    site: Site, buried: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = parse_agent

    def parse(agent: str, client_hints: str | None = None) -> Any:
        if "broken" in agent:
            raise AssertionError(f"{agent}\x00")
        return read(agent, client_hints)

    monkeypatch.setattr(worker, "parse_agent", parse)
    day = yesterday(site)
    good = traffic(site, day, visitors=3)
    bad = [replace(event, agent="broken", visitor="x") for event in good]
    worker.consume(messages([*good, *bad]))
    exclusions.flush()
    (entry,) = exclusions.between(site.id, day, day)
    assert (entry.reason, entry.name, entry.dropped) == (exclusions.PUT_ASIDE, "unreadable", len(bad))
    assert events_in([body for body, _ in buried]) == set(bad)
    assert len(buried) <= math.ceil(len(bad) / 20)
    assert built(site, day) == mirrored(site, day, good)


def test_what_may_pass_fails_the_batch_so_that_it_comes_again(
    site: Site, buried: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_event: Event) -> Record:
        raise OSError("the disk is full")

    monkeypatch.setattr(worker, "record", fail)
    with pytest.raises(OSError, match="full"):
        worker.consume(messages(traffic(site, yesterday(site), visitors=1)))
    assert not buried


def test_a_message_of_thousands_of_things_that_are_no_events_makes_few_dead_letters(
    site: Site, buried: list[tuple[str, str]]
) -> None:
    good = traffic(site, yesterday(site), visitors=1)
    worker.consume([json.dumps({"v": 1, "events": [1] * 4000})])
    assert len(buried) == 1
    buried.clear()
    mixed = json.loads(encode(good))
    mixed["events"] += [{"v": number} for number in range(4000)]
    worker.consume([json.dumps(mixed)])
    assert sum(len(body) for body, _ in buried) < 2 * len(json.dumps(mixed))
    assert len(buried) <= 200
    assert {record.id for record in stored(site)} == {event.id for event in good}


def test_the_dead_letter_queue_takes_whatever_the_reason_is() -> None:
    hit_queue.send_to_dead_letters("{}", "unreadable", "\x00\ud800\u202eü" * 200)
