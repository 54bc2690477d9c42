"""Shynet's rules, sequence by sequence: the requests that its trackers send, and the sessions they make there.

Each sequence goes in through the API's function, with a clock of its own, and through the worker, twice and out of
order. Where the outcome differs from Shynet's on purpose, the sequence says so.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import app as program
from chalicelib import days
from chalicelib.aggregate.build_day import refresh
from chalicelib.enrich.worker import consume
from chalicelib.report import visits
from chalicelib.report.periods import Period
from chalicelib.store import hit_queue
from chalicelib.store.sites import Site, put_site
from tests.stack.calls import FIREFOX

pytestmark = pytest.mark.usefixtures("local_aws")

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)
IPAD = (
    "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
    "Mobile/15E148 Safari/604.1"
)
TELEVISION = (
    "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/7.0 TV Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HEADLESS = CHROME.replace("Chrome/", "HeadlessChrome/")
MINUTE = 60.0
NOT_SENT = object()


@dataclass(frozen=True, slots=True)
class Request:
    """A request `at` seconds after the first; `status` is the answer's."""

    at: float
    file: str
    body: dict[str, Any] | None = None
    identifier: str = ""
    agent: str = FIREFOX
    address: str = "198.51.100.7"
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 204


def beat(at: float, id_: object = NOT_SENT, page: str = "/", more: dict[str, Any] | None = None, **how: Any) -> Request:
    """What Shynet's script sends, once on load and then every few seconds."""
    body = {"idempotency": id_, "referrer": "", "location": f"https://example.com{page}", "loadTime": 420}
    body = {name: value for name, value in {**body, **(more or {})}.items() if value is not NOT_SENT}
    return Request(at, "script.js", body, **how)


def pixel(at: float, page: str | None = "/", **how: Any) -> Request:
    """The pixel, loaded by a page."""
    headers = {"Referer": f"https://example.com{page}"} if page else {}
    return Request(at, "pixel.gif", headers={**headers, **how.pop("headers", {})}, status=how.pop("status", 200), **how)


@dataclass(frozen=True, slots=True)
class Session:
    """What Shynet makes of them; what is None is not looked at."""

    pages: list[str | None]
    duration: float = 0
    browser: str | None = None
    system: str | None = None
    device_type: str | None = None
    identifier: str | None = ""
    load_times: list[int | None] | None = None
    referrer: str | None = ""

    @property
    def bounce(self) -> bool:
        return len(self.pages) == 1


SEQUENCES: dict[str, tuple[list[Request], list[Session]]] = {
    # ── hits and heartbeats ──
    "one load is a bounce": ([beat(0, "a")], [Session(["/"])]),
    "the same id again is a heartbeat": (
        [beat(0, "a"), beat(5, "a"), beat(10, "a"), beat(15, "a")],
        [Session(["/"], 15)],
    ),
    "another id is another hit": ([beat(0, "a"), beat(7, "b", "/b")], [Session(["/", "/b"], 7)]),
    "no id is always a new hit": ([beat(0), beat(5), beat(10)], [Session(["/", "/", "/"], 10)]),
    "null is no id": ([beat(0, None), beat(5, None)], [Session(["/", "/"], 5)]),
    "a heartbeat does not move its hit": (
        [beat(0, "a", "/first"), beat(5, "a", "/moved"), beat(9, "b", "/second")],
        [Session(["/first", "/second"], 9)],
    ),
    "heartbeats of two tabs": (
        [beat(0, "a", "/a"), beat(2, "b", "/b"), beat(5, "a"), beat(7, "b"), beat(10, "a"), beat(12, "b")],
        [Session(["/a", "/b"], 12)],
    ),
    "the same page twice is two hits": ([beat(0, "a"), beat(9, "b")], [Session(["/", "/"], 9)]),
    # ── the end of a session ──
    "29:59 later it is the same session": ([beat(0, "a"), beat(1799, "b")], [Session(["/", "/"], 1799)]),
    "30:01 later it is another": ([beat(0, "a"), beat(1801, "b", "/b")], [Session(["/"]), Session(["/b"])]),
    "the half hour slides with every hit": (
        [beat(0, "a"), beat(25 * MINUTE, "b"), beat(50 * MINUTE, "c")],
        [Session(["/", "/", "/"], 50 * MINUTE)],
    ),
    "the half hour slides with every heartbeat": (
        [beat(0, "a"), beat(25 * MINUTE, "a"), beat(50 * MINUTE, "b")],
        [Session(["/", "/"], 50 * MINUTE)],
    ),
    "a heartbeat at 29 minutes is one": (
        [beat(0, "a"), beat(29 * MINUTE, "a"), beat(58 * MINUTE, "a")],
        [Session(["/"], 58 * MINUTE)],
    ),
    "a tab that sleeps for longer begins a session": (
        [beat(0, "a"), beat(5, "a"), beat(40 * MINUTE, "a"), beat(40 * MINUTE + 5, "a")],
        [Session(["/"], 5), Session(["/"], 5)],
    ),
    "a tab that sleeps while another is used makes a new hit": (
        [beat(0, "a", "/a"), beat(20 * MINUTE, "b", "/b"), beat(40 * MINUTE, "a", "/a")],
        [Session(["/a", "/b", "/a"], 40 * MINUTE)],
    ),
    "three visits of a day": (
        [beat(0, "a"), beat(3600, "b"), beat(3605, "b"), beat(3 * 3600, "c"), beat(3 * 3600 + 60, "d")],
        [Session(["/"]), Session(["/"], 5), Session(["/", "/"], 60)],
    ),
    # ── whose session ──
    "another browser is another session": (
        [beat(0, "a"), beat(1, "b", agent=CHROME)],
        [Session(["/"], browser="Firefox"), Session(["/"], browser="Chrome")],
    ),
    "another address is another session": (
        [beat(0, "a"), beat(1, "b", address="203.0.113.5"), beat(2, "c", address="2001:db8::5")],
        [Session(["/"]), Session(["/"]), Session(["/"])],
    ),
    "an id belongs to the session": (
        [beat(0, "a", "/one"), beat(1, "a", "/other", agent=CHROME)],
        [Session(["/one"]), Session(["/other"])],
    ),
    "the identifier makes no session": (
        [beat(0, "a", identifier="ada"), beat(3, "b", identifier="bob")],
        [Session(["/", "/"], 3, identifier="ada")],
    ),
    # ── the identifier ──
    "it is filled when it is first seen": (
        [beat(0, "a"), beat(3, "b", identifier="ada")],
        [Session(["/", "/"], 3, identifier="ada")],
    ),
    "a heartbeat may fill it": ([beat(0, "a"), beat(5, "a", identifier="ada")], [Session(["/"], 5, identifier="ada")]),
    "it is never overwritten": (
        [beat(0, "a", identifier="ada"), beat(3, "b", identifier="bob"), beat(5, "a", identifier="eve")],
        [Session(["/", "/"], 5, identifier="ada")],
    ),
    "the first to say it counts, not the first hit": (
        [beat(0, "a"), beat(3, "b", identifier="bob"), beat(5, "a", identifier="ada")],
        [Session(["/", "/"], 5, identifier="bob")],
    ),
    "each session has its own": (
        [beat(0, "a", identifier="ada"), beat(40 * MINUTE, "b")],
        [Session(["/"], identifier="ada"), Session(["/"], identifier=None)],
    ),
    "space around it is not kept": ([beat(0, "a", identifier="%20ada%20")], [Session(["/"], identifier="ada")]),
    "space is none": ([beat(0, "a", identifier="%20")], [Session(["/"], identifier=None)]),
    "the pixel has it too": ([pixel(0, identifier="ada")], [Session(["/"], identifier="ada")]),
    # ── what a hit holds ──
    "a load time of 0 and less is none": (
        [beat(0, "a", more={"loadTime": 0}), beat(1, "b", more={"loadTime": -3}), beat(2, "c", more={"loadTime": 812})],
        [Session(["/"] * 3, 2, load_times=[None, None, 812])],
    ),
    "a load time may be missing or null": (
        [beat(0, "a", more={"loadTime": NOT_SENT}), beat(1, "b", more={"loadTime": None})],
        [Session(["/"] * 2, 1, load_times=[None, None])],
    ),
    "the load time is the first beat's": (
        [beat(0, "a", more={"loadTime": 300}), beat(5, "a", more={"loadTime": 900})],
        [Session(["/"], 5, load_times=[300])],
    ),
    "the referrer of a session is its first hit's": (
        [
            beat(0, "a", more={"referrer": "https://www.google.com/"}),
            beat(3, "b", more={"referrer": "https://x.example/"}),
        ],
        [Session(["/", "/"], 3, referrer="https://www.google.com/")],
    ),
    "a referrer may be missing or null": (
        [beat(0, "a", more={"referrer": NOT_SENT}), beat(1, "b", more={"referrer": None})],
        [Session(["/"] * 2, 1, referrer=None)],
    ),
    "a location that is missing is the Referer": (
        [beat(0, "a", more={"location": NOT_SENT}, headers={"Referer": "https://example.com/from"})],
        [Session(["/from"])],
    ),
    "unknown fields are not looked at": ([beat(0, "a", more={"tracker": "JS", "x": [1]})], [Session(["/"])]),
    # ── the pixel ──
    "each load of the pixel is a hit": (
        [pixel(0, "/a"), pixel(1, "/a"), pixel(2, "/b")],
        [Session(["/a", "/a", "/b"], 2)],
    ),
    "the pixel without a Referer is a hit": ([pixel(0, None)], [Session([None])]),
    "pixel and script are one session": ([pixel(0, "/a"), beat(4, "a", "/b")], [Session(["/a", "/b"], 4)]),
    # ── what is not taken ──
    "who asks not to be tracked is not": (
        [
            beat(0, "a", headers={"DNT": "1"}),
            pixel(1, headers={"Sec-GPC": "1"}),
            beat(2, "b", "/seen", headers={"DNT": "0"}),
        ],
        [Session(["/seen"])],
    ),
    "what is not taken keeps no session alive": (
        [beat(0, "a"), beat(20 * MINUTE, "b", headers={"DNT": "1"}), beat(40 * MINUTE, "c", "/c")],
        [Session(["/"]), Session(["/c"])],
    ),
    "ignored networks are ignored, of their own version": (
        [
            beat(0, "a", address="192.0.2.77"),
            beat(1, "b", address="2001:db8:1::9"),
            pixel(2, address="::ffff:192.0.2.1"),
            beat(3, "c", "/seen", address="192.0.3.1"),
        ],
        [Session(["/seen"])],
    ),
    # ── browsers and devices ──
    "phones, tablets and desktops": (
        [
            beat(0, "a", agent=IPHONE),
            beat(1, "a", agent=IPAD),
            beat(2, "a", agent=CHROME),
            beat(3, "a", agent=TELEVISION),
        ],
        [
            Session(["/"], browser="Mobile Safari", system="iOS", device_type="phone"),
            Session(["/"], browser="Mobile Safari", system="iOS", device_type="tablet"),
            Session(["/"], browser="Chrome", system="Windows", device_type="desktop"),
            Session(["/"], device_type="tv"),  # there: other, which it keeps for what it does not know
        ],
    ),
    # ── otherwise than Shynet, on purpose ──
    "robots are told apart (there: counted among the rest)": (
        [beat(0, "a", agent=GOOGLEBOT), pixel(1, agent=GOOGLEBOT), beat(2, "b", "/person")],
        [Session(["/person"])],
    ),
    "headless Chromium is a robot (there: a desktop)": (
        [beat(0, "a", agent=HEADLESS), beat(2, "b", "/person")],
        [Session(["/person"])],
    ),
    "bad input is refused (there: an orphan session, or nothing said)": (
        [
            beat(0, "a", more={"location": None}, status=400),
            beat(1, "b", more={"loadTime": "420"}, status=400),
            beat(2, "c", more={"location": NOT_SENT}, status=400),
            beat(40 * MINUTE, "d", "/good"),
        ],
        [Session(["/good"])],
    ),
}


class Context:
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:shylight-local"


@pytest.fixture
def site() -> Site:
    made = Site(str(uuid.uuid4()), "Test", "example.com", ignored_ips="192.0.2.0/24 2001:db8:1::/48")
    put_site(made)
    return made


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the collector would put on the queue."""
    messages: list[str] = []
    monkeypatch.setattr(hit_queue, "send", messages.append)
    return messages


START = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=1)


def answer(site: Site, request: Request, method: str = "") -> dict[str, Any]:
    """What the API's function answers, when the gateway hands it this request."""
    middle = "/{identifier}" if request.identifier else ""
    resource = f"/ingress/{{site}}{middle}/{request.file}"
    parameters = {"site": site.id, **({"identifier": request.identifier} if middle else {})}
    event = {
        "resource": resource,
        "path": resource.format(**parameters),
        "httpMethod": method or ("POST" if request.body is not None else "GET"),
        "headers": {
            "Content-Type": "application/json",
            "User-Agent": request.agent,
            "Accept": "*/*",
            **request.headers,
        },
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method or ("POST" if request.body is not None else "GET"),
            "identity": {"sourceIp": request.address},
        },
        "body": None if request.body is None else json.dumps(request.body),
        "isBase64Encoded": False,
    }
    result: dict[str, Any] = program.app(event, Context())
    return result


def sessions_of(site: Site, requests: list[Request], queued: list[str], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The visits that some requests make, oldest first."""
    start = round(START.timestamp() * 1000)
    for request in requests:
        now = start + round(request.at * 1000)
        with monkeypatch.context() as patch:
            patch.setattr(days, "now_ms", lambda now=now: now)
            result = answer(site, request)
        assert result["statusCode"] == request.status, result["body"]
    twice = [*queued, *queued]
    random.Random(3).shuffle(twice)
    consume(twice[1:])
    consume(twice[:1])
    day = START.date()
    refresh(site, day)
    found: list[Any] = visits.list_visits(site, Period("custom", day, day), 100, None)["visits"]
    return found[::-1]


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_makes_the_sessions_it_makes_in_shynet(
    name: str, site: Site, queued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests, expected = SEQUENCES[name]
    found = sessions_of(site, requests, queued, monkeypatch)
    assert [[hit["page"] for hit in visit["hits"]] for visit in found] == [session.pages for session in expected]
    for visit, session in zip(found, expected, strict=True):
        assert (visit["duration"], visit["bounce"]) == (session.duration, session.bounce)
        for name in ("browser", "system", "device_type"):
            wanted = getattr(session, name)
            assert wanted in (None, visit[name])
        assert session.identifier in ("", visit["identifier"])
        assert session.referrer in ("", visit["referrer"])
        assert session.load_times in (None, [hit["load_time"] for hit in visit["hits"]])


def test_there_are_as_many_sequences_as_rules() -> None:
    assert len(SEQUENCES) >= 40


def test_an_archived_site_answers_404_before_anything_else(
    site: Site, queued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_site(replace(site, active=False))
    requests = [
        beat(0, "a", status=404), beat(1, "a", headers={"DNT": "1"}, status=404), pixel(2, status=404),
        beat(3, "a", more={"location": None}, status=404),
    ]  # fmt: skip
    assert sessions_of(site, requests, queued, monkeypatch) == []
    assert answer(site, Request(0, "script.js"))["statusCode"] == 404


def test_where_do_not_track_is_not_respected_it_is_not(
    site: Site, queued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_site(replace(site, respect_dnt=False))
    (visit,) = sessions_of(site, [beat(0, "a", headers={"DNT": "1"})], queued, monkeypatch)
    assert visit["bounce"]


def test_origins_are_compared_without_regard_to_case(
    site: Site, queued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_site(replace(site, origins="https://example.com"))
    requests = [
        beat(0, "a", headers={"Origin": "https://other.example"}, status=403),
        beat(1, "b", status=403),
        beat(2, "c", "/origin", headers={"Origin": "https://EXAMPLE.com"}),
        pixel(3, "/referer"),
        pixel(4, None, headers={"Referer": "https://other.example/x"}, status=403),
    ]
    (visit,) = sessions_of(site, requests, queued, monkeypatch)
    assert [hit["page"] for hit in visit["hits"]] == ["/origin", "/referer"]


def test_the_same_visitor_of_two_sites_has_a_session_on_each(
    site: Site, queued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(site, id=str(uuid.uuid4()))
    put_site(other)
    for each in (site, other):
        queued.clear()
        (visit,) = sessions_of(each, [beat(0, "a"), beat(5, "a")], queued, monkeypatch)
        assert (visit["duration"], visit["bounce"]) == (5, True)


def test_a_browser_asks_before_it_sends_json_and_may(site: Site) -> None:
    for identifier in ("", "ada"):
        result = answer(site, Request(0, "script.js", identifier=identifier), "OPTIONS")
        assert result["statusCode"] == 204
        assert result["headers"]["Access-Control-Allow-Origin"] == "*"
        assert "Content-Type" in result["headers"]["Access-Control-Allow-Headers"]
