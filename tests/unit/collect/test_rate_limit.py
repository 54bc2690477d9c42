"""Floods: one address has its share of a site's hour, and no other loses by it."""

import pytest

from chalicelib.collect import rate_limit
from chalicelib.store.sites import Site

SITE = Site("7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", "Fieldnotes", "fieldnotes.example", max_address_hour=3600)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("chalicelib.collect.rate_limit.time.monotonic", lambda: now[0])
    rate_limit._buckets.clear()
    return now


def taken(address: str, hits: int, site: Site = SITE) -> int:
    return sum(not rate_limit.is_flood(site, address) for _ in range(hits))


def test_an_address_may_send_an_hours_hits_at_once_and_no_more(clock: list[float]) -> None:
    assert taken("192.0.2.1", 5000) == 3600
    clock[0] += 60
    assert taken("192.0.2.1", 500) == 60
    clock[0] += 7200
    assert taken("192.0.2.1", 5000) == 3600


def test_other_addresses_and_sites_lose_nothing_by_it(clock: list[float]) -> None:
    assert taken("192.0.2.1", 5000) == 3600
    assert taken("192.0.2.2", 10) == 10
    assert taken("192.0.2.1", 10, Site("other", "Other", "other.example")) == 10


def test_what_is_remembered_of_addresses_stays_small_and_names_none(clock: list[float]) -> None:
    for number in range(rate_limit._MAX_BUCKETS + 10):
        rate_limit.is_flood(SITE, f"2001:db8::{number:x}")
    assert len(rate_limit._buckets) <= rate_limit._MAX_BUCKETS
    assert all(len(key) == 12 for key in rate_limit._buckets)
