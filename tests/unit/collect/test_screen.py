"""The class of a screen, and that nothing else of the width leaves the collector."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import config
from chalicelib.collect import beacons, bulk_import, hit, plausible
from chalicelib.collect.event import encode
from chalicelib.collect.screen import read_screen
from chalicelib.errors import BadRequest
from chalicelib.store import salts
from chalicelib.store.sites import Site

SITE = Site("0b0e3f0e-0000-4000-8000-000000000001", "Example", "example.com", "UTC")


@pytest.mark.parametrize(
    ("width", "screen"),
    [
        (1, "mobile"), (390, "mobile"), (575.9, "mobile"), (576, "tablet"), (991, "tablet"), (992, "laptop"),
        (1439, "laptop"), (1440, "desktop"), (1e300, "desktop"), (0, None), (-390, None), (None, None),
    ],
)  # fmt: skip
def test_a_width_has_a_class(width: float | None, screen: str | None) -> None:
    assert read_screen(width, "innerWidth") == screen
    assert screen is None or screen in config.SCREEN_WIDTHS


@pytest.mark.parametrize("width", ["390", True, [390], float("nan")])
def test_a_width_that_is_no_number_is_rejected(width: Any) -> None:
    with pytest.raises(BadRequest, match="innerWidth"):
        beacons.parse(SITE, {"location": "https://example.com/", "innerWidth": width})


@pytest.mark.parametrize(
    ("field", "width", "screen"),
    [("w", 1366, "laptop"), ("screen_width", 800, "tablet"), ("screen_width", "wide", None), ("w", None, None)],
)
def test_the_plausible_api_takes_a_width_as_its_trackers_send_it(field: str, width: Any, screen: str | None) -> None:
    body = {"name": "pageview", "url": "https://example.com/", plausible._SHORT.get(field, field): width}
    (view,) = plausible.parse(SITE, body).hits
    assert isinstance(view, hit.View)
    assert view.screen == screen


def test_an_import_may_tell_width_and_language() -> None:
    given = {"url": "https://example.com/", "screen_width": 1200, "language": "fr-CA,fr;q=0.8"}
    read = bulk_import.parse(SITE, given)
    assert isinstance(read.hit, hit.View)
    assert (read.hit.screen, read.who.language) == ("laptop", "fr-ca")


def test_the_width_itself_is_not_on_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salts, "salt", lambda *_: b"0" * 32)
    view = {"location": "https://example.com/", "idempotency": "a", "innerWidth": 1234}
    (event,) = hit.events(SITE, hit.client("198.51.100.1", "Firefox"), 1_795_521_600_000, beacons.parse(SITE, view))
    assert event.screen == "laptop"
    assert "1234" not in encode([event])
