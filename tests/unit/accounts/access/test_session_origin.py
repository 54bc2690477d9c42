"""What the list of sessions says of a browser."""

from __future__ import annotations

import threading
import time

import pytest

from chalicelib.accounts.access import session_origin
from chalicelib.enrich import geoip_database
from chalicelib.web import Request

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoip_database, "record", lambda name, address: {"country_code": "DE"} if address else {})


def request(agent: str, address: str = "192.0.2.1", **headers: str) -> Request:
    return Request("POST", "/sign-in", {}, {}, {"user-agent": agent, **headers}, b"", address, "https://stats.example")


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0.0.0 Safari/537.36", "Chrome", "Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
         "Edge", "Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/141.0.0.0 Mobile Safari/537.36", "Chrome", "Android"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-S921B) {WEBKIT} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile",
         "Samsung Internet", "Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/141.0.0.0 Safari/537.36", "Chrome", "ChromeOS"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.4 Safari/605.1.15", "Safari", "macOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) {WEBKIT} FxiOS/140.0 Mobile/15E148 Safari/605.1.15",
         "Firefox", "iOS"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0.0.0 Safari/537.36 OPR/125.0.0.0",
         "Opera", "Windows"),
        ("curl/8.5.0", "", ""),
        ("", "", ""),
        ("\ud800" * 5000, "", ""),
    ],
)  # fmt: skip
def test_browser_and_system_have_their_usual_names(agent: str, browser: str, system: str) -> None:
    origin = session_origin.origin_of(request(agent))
    assert (origin.browser, origin.system, origin.country) == (browser, system, "DE")


def test_brave_is_known_by_its_client_hint() -> None:
    agent = f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/141.0.0.0 Safari/537.36"
    hint = {"sec-ch-ua": '"Brave";v="141", "Not?A_Brand";v="8", "Chromium";v="141"'}
    assert session_origin.origin_of(request(agent, **hint)).browser == "Brave"


def test_no_address_has_no_country() -> None:
    assert session_origin.origin_of(request("", address="")).country == ""


def test_signing_in_does_not_wait_for_a_slow_database(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def record(*_: str) -> dict[str, str]:
        answered.wait(60)
        return {}

    monkeypatch.setattr(geoip_database, "record", record)
    monkeypatch.setattr(session_origin, "SESSION_COUNTRY_WAIT_S", 0.01)
    began = time.monotonic()
    assert session_origin.origin_of(request("")).country == ""
    assert time.monotonic() - began < 30
    answered.set()
