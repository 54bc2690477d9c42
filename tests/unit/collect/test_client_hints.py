"""Client hints: what Chromium says beside the user agent, from the header to the name that an owner sees."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.collect.client_hints import PACKED, ClientHints, read_client_hints, unpack
from chalicelib.collect.event import Event, encode
from chalicelib.collect.hit import Beacon, View
from chalicelib.collect.ingress import accept_hit
from chalicelib.collect.urls import read_location
from chalicelib.enrich import geolocation, worker
from chalicelib.enrich.user_agent import UserAgent, parse_agent
from chalicelib.store.sites import Site
from chalicelib.web import Request

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
PHONE = ANDROID.replace("Safari/", "Mobile Safari/")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
CHROME_UA = '"Google Chrome";v="141", "Not?A_Brand";v="8", "Chromium";v="141"'
BRAVE_UA = '"Brave";v="141", "Not?A_Brand";v="8", "Chromium";v="141"'


@pytest.mark.parametrize(
    ("headers", "packed"),
    [
        ({}, None),
        ({"user-agent": WINDOWS}, None),
        ({"sec-ch-ua": CHROME_UA}, None),
        ({"sec-ch-ua": CHROME_UA, "sec-ch-ua-mobile": "?0", "sec-ch-ua-platform": '"Windows"'}, "|0|Windows|"),
        ({"sec-ch-ua": BRAVE_UA, "sec-ch-ua-mobile": "?1", "sec-ch-ua-platform": '"Android"'}, "Brave/141|1|Android|"),
        ({"sec-ch-ua": CHROME_UA, "sec-ch-ua-platform": '"Windows"', "sec-ch-ua-platform-version": '"15.0.0"'},
         "||Windows|15"),
        ({"sec-ch-ua": '" Not A;Brand";v="99", "Chromium";v="102", "Opera GX";v="88"'}, "Opera GX/88|||"),
        ({"sec-ch-ua": '"(Not(A:Brand";v="8", "Chromium";v="98", "Whale";v="2"'}, "Whale/2|||"),
        ({"sec-ch-ua": '"Brave";v="many", "Whale"'}, "Brave|||"),
        ({"sec-ch-ua": "Brave", "sec-ch-ua-mobile": "yes", "sec-ch-ua-platform": "Windows"}, None),
        ({"sec-ch-ua": '"a|b";v="1", "c,d";v="1", "e\n";v="1", "Brave";v="1"'}, "Brave/1|||"),
        ({"sec-ch-ua": ", ".join(f'"Name {n}";v="1"' for n in range(40))},
         "Name 0/1,Name 1/1,Name 2/1,Name 3/1,Name 4/1|||"),
        ({"sec-ch-ua": f'"{"x" * 400}";v="1"'}, None),
        ({"sec-ch-ua": CHROME_UA, "sec-ch-ua-platform": '"' + "W" * 90 + '"', "sec-ch-ua-mobile": "?1"}, "|1||"),
        ({"sec-ch-ua": CHROME_UA, "sec-ch-ua-platform": '"Windows"', "sec-ch-ua-platform-version": '"٣.0"'},
         "||Windows|"),
    ],
)  # fmt: skip
def test_headers_are_carried_compactly_or_not_at_all(headers: dict[str, str], packed: str | None) -> None:
    assert read_client_hints(headers) == packed


@given(st.dictionaries(
    st.sampled_from(["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-ch-ua-platform-version"]),
    st.text(max_size=80) | st.text('";v=1, ?|.', max_size=80) | st.sampled_from([BRAVE_UA, "?0", "?1", '"Linux"']),
))  # fmt: skip
def test_whatever_headers_say_is_short_and_read_back(headers: dict[str, str]) -> None:
    packed = read_client_hints(headers)
    if packed is not None:
        assert len(packed) <= 300
        assert packed.isascii()
        assert PACKED.fullmatch(packed)
        assert unpack(packed).pack() == packed
        parse_agent(WINDOWS, packed)


@pytest.mark.parametrize("packed", ["", "Brave", "|||x", "|2||", "a\n|||", "a,b,c,d,e,f|||", "||||"])
def test_what_nobody_has_packed_is_refused(packed: str) -> None:
    with pytest.raises(ValueError, match="invalid client hints"):
        unpack(packed)


@pytest.mark.parametrize(
    ("text", "hints", "agent"),
    [
        (WINDOWS, ClientHints(("Brave",), False, "Windows"), UserAgent("Brave", "Windows", "desktop")),
        (WINDOWS, ClientHints(("Microsoft Edge",), False, "Windows"), UserAgent("Edge", "Windows", "desktop")),
        (PHONE, ClientHints(("Microsoft Edge",), True, "Android"), UserAgent("Edge Mobile", "Android", "phone")),
        (PHONE, ClientHints(("Opera",), True, "Android"), UserAgent("Opera Mobile", "Android", "phone")),
        (PHONE, ClientHints(("Brave",), True, "Android"), UserAgent("Brave", "Android", "phone")),
        (WINDOWS, ClientHints(("YaBrowser", "Yowser")), UserAgent("Yandex Browser", "Windows", "desktop")),
        (WINDOWS, ClientHints(("Avast Secure Browser",)), UserAgent("Avast Secure Browser", "Windows", "desktop")),
        (WINDOWS, ClientHints(("Example Browser",)), UserAgent("Example Browser", "Windows", "desktop")),
        # Windows 11 says so only in the version, which a site has to ask for; its user agent is that of 10.
        (WINDOWS, ClientHints((), False, "Windows", 15), UserAgent("Chrome", "Windows 11", "desktop")),
        (WINDOWS, ClientHints(("Brave",), False, "Windows", 13), UserAgent("Brave", "Windows 11", "desktop")),
        (WINDOWS, ClientHints((), False, "Windows", 10), UserAgent("Chrome", "Windows", "desktop")),
        (WINDOWS, ClientHints((), False, "Windows", 0), UserAgent("Chrome", "Windows", "desktop")),
        (WINDOWS, ClientHints((), False, "Windows"), UserAgent("Chrome", "Windows", "desktop")),
        # What is a phone among Androids.
        (ANDROID, ClientHints((), True, "Android"), UserAgent("Chrome", "Android", "phone")),
        (ANDROID, ClientHints((), False, "Android"), UserAgent("Chrome", "Android", "tablet")),
        (PHONE, ClientHints((), False, "Android"), UserAgent("Chrome Mobile", "Android", "tablet")),
        # They refine; they never overrule what the user agent does say.
        (FIREFOX, ClientHints(("Brave",), False, "Windows", 15), UserAgent("Firefox", "Windows", "desktop")),
        (WINDOWS, ClientHints((), False, "macOS", 15), UserAgent("Chrome", "Windows", "desktop")),
        (WINDOWS + " OPR/124.0.0.0", ClientHints(("Brave",)), UserAgent("Opera", "Windows", "desktop")),
        (WINDOWS, ClientHints(("Android WebView",)), UserAgent("Chrome", "Windows", "desktop")),
        ("Googlebot/2.1", ClientHints(("Brave",)), UserAgent("Googlebot", "Other", "robot", "declared")),
        # But who says headless is.
        (WINDOWS, ClientHints(("HeadlessChrome",), False, "Linux"),
         UserAgent("Chrome", "Windows", "robot", "headless")),
        (FIREFOX, ClientHints(("HeadlessChrome",)), UserAgent("Firefox", "Windows", "robot", "headless")),
    ],
)  # fmt: skip
def test_hints_say_more_where_the_user_agent_is_frozen(text: str, hints: ClientHints, agent: UserAgent) -> None:
    read = parse_agent(text, hints.pack())
    assert replace(read, browser_version=None, system_version=None) == agent


@pytest.mark.parametrize(
    ("text", "hints", "browser", "system"),
    [
        (WINDOWS, ClientHints(("Brave/143",), False, "Windows"), "Brave 143", "Windows 10 or 11"),
        (WINDOWS, ClientHints(("Brave",), False, "Windows", 1), "Brave None", "Windows 10"),
        (WINDOWS, ClientHints((), False, "Windows", 13), "Chrome 141", "Windows 11 11"),
        (WINDOWS, ClientHints((), False, "Windows", 0), "Chrome 141", "Windows 10 or 11"),
        (PHONE, ClientHints((), True, "Android"), "Chrome Mobile 141", "Android 10 or later"),
        (PHONE, ClientHints((), True, "Android", 16), "Chrome Mobile 141", "Android 16"),
        (PHONE, ClientHints((), True, "Windows", 15), "Chrome Mobile 141", "Android 10 or later"),
        (FIREFOX, ClientHints(("Brave/143",), False, "Windows", 15), "Firefox 144", "Windows 10 or 11"),
    ],
)  # fmt: skip
def test_hints_tell_versions_that_the_user_agent_does_not(
    text: str, hints: ClientHints, browser: str, system: str
) -> None:
    read = parse_agent(text, hints.pack())
    assert f"{read.browser} {read.browser_version}" == browser
    assert f"{read.system} {read.system_version}" == system


SITE = Site("0b0e3f0e-0000-4000-8000-000000000001", "Example", "example.com", "UTC")


def event(monkeypatch: pytest.MonkeyPatch, **headers: str) -> Event:
    """The event of a view that comes with these headers."""
    monkeypatch.setattr("chalicelib.collect.rate_limit.is_flood", lambda *_: False)
    monkeypatch.setattr("chalicelib.collect.hit.salts.salt", lambda *_: b"s" * 32)
    given = {"user-agent": WINDOWS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    monkeypatch.setattr("chalicelib.days.now_ms", lambda: 1_795_478_400_000)
    view = View("a", read_location("https://example.com/", "location"), "script")
    request = Request("POST", "/", {}, {}, given, b"", "192.0.2.7", "")
    (made,) = accept_hit(request, SITE, lambda: Beacon((view,)))
    return made


def test_an_event_carries_them_and_they_are_no_part_of_the_visitors_key(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = event(monkeypatch)
    brave = event(monkeypatch, sec_ch_ua=BRAVE_UA, sec_ch_ua_mobile="?0", sec_ch_ua_platform='"Windows"')
    assert (plain.client_hints, brave.client_hints) == (None, "Brave/141|0|Windows|")
    assert plain.visitor == brave.visitor


def test_no_event_speaks_for_another_by_its_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    headless = '"HeadlessChrome";v="141"'
    events = [event(monkeypatch), event(monkeypatch, sec_ch_ua=BRAVE_UA), event(monkeypatch, sec_ch_ua=headless)]
    monkeypatch.setattr(geolocation, "locate", lambda _: geolocation.Location())
    assert [len(group) for group in worker._grouped(worker._enriched(events + events, []))] == [2, 2, 2]
    found = [worker._visitor_hour(group).traits for group in worker._grouped(worker._enriched(events, []))]
    assert [(traits.browser, traits.robot_reason) for traits in found] == [
        ("Chrome", None), ("Brave", None), ("Chrome", "headless"),
    ]  # fmt: skip


def test_an_event_carries_the_first_language_alone_and_it_is_no_part_of_the_visitors_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = event(monkeypatch)
    german = event(monkeypatch, accept_language="de-AT,fr;q=0.9,tlh;q=0.1")
    assert (plain.language, german.language) == (None, "de-at")
    assert "tlh" not in encode([german])
    assert plain.visitor == german.visitor
    monkeypatch.setattr(geolocation, "locate", lambda _: geolocation.Location())
    groups = worker._grouped(worker._enriched([plain, german, german], []))
    assert [(len(group), worker._visitor_hour(group).traits.language) for group in groups] == [(1, None), (2, "de")]
