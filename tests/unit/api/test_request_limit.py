"""The limit of requests per person: counted in the clock's minutes, told in headers, and kept."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from chalicelib import config
from chalicelib.api import request_limit
from chalicelib.errors import TooManyRequests
from chalicelib.store import api_requests
from chalicelib.store.people import Person

ADA, BOB = Person("1", "ada@example.com"), Person("2", "bob@example.com")
MINUTE = 1_800_000_000 // 60 * 60


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be changed; requests are counted in memory."""
    now = [float(MINUTE + 18)]
    made: Counter[tuple[str, int]] = Counter()

    def count(person_id: str, window: int, expires: int) -> int:
        assert now[0] + config.API_WINDOW_S < expires < now[0] + 10 * config.API_WINDOW_S
        made[person_id, window] += 1
        return made[person_id, window]

    monkeypatch.setattr(api_requests, "count", count)
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(config, "settings", lambda: config.Settings(api_requests=3))
    return now


def test_requests_are_counted_per_person_and_minute(clock: list[float]) -> None:
    assert request_limit.count(ADA).headers == {
        "RateLimit-Policy": '"person";q=3;w=60',
        "RateLimit": '"person";r=2;t=42',
    }
    assert [request_limit.count(ADA).remaining for _ in range(2)] == [1, 0]
    with pytest.raises(TooManyRequests) as refused:
        request_limit.count(ADA)
    assert refused.value.retry_after == 42
    assert refused.value.headers == {"RateLimit-Policy": '"person";q=3;w=60', "RateLimit": '"person";r=0;t=42'}
    assert request_limit.count(BOB).remaining == 2
    clock[0] = MINUTE + 60
    assert request_limit.count(ADA).headers["RateLimit"] == '"person";r=2;t=60'


def test_the_wait_is_never_nothing(clock: list[float]) -> None:
    clock[0] = MINUTE + 59.99
    assert request_limit.count(ADA).resets_in == 1
