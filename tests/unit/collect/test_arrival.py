"""Ingress: when a hit arrived."""

import pytest

from chalicelib import days
from chalicelib.collect.ingress import arrival
from chalicelib.web import Request

NOW = 1_795_478_400_000


@pytest.mark.parametrize(
    ("by_the_gateway", "arrived"),
    [
        (NOW - 4_000, NOW - 4_000),  # the function had to start first
        (0, NOW),  # it does not tell
        (NOW + 5_000, NOW),
        (NOW - 3_600_000, NOW),
    ],
)
def test_a_hit_arrives_when_the_gateway_gets_it(
    monkeypatch: pytest.MonkeyPatch, by_the_gateway: int, arrived: int
) -> None:
    monkeypatch.setattr(days, "now_ms", lambda: NOW)
    assert arrival(Request("GET", "/", {}, {}, {}, b"", "", "", received_at=by_the_gateway)) == arrived
