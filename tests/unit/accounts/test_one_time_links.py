"""One-time links: one use, one purpose, a limited life, and no guessing."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping

import pytest

from chalicelib import config
from chalicelib.accounts import one_time_links, secret_tokens, throttle
from chalicelib.accounts.one_time_links import PURPOSES, RESET_PASSWORD, SIGN_IN
from chalicelib.errors import NotFound, TooManyRequests
from chalicelib.store import login_throttle
from chalicelib.store import one_time_links as store
from chalicelib.store.one_time_links import StoredLink
from chalicelib.store.people import Person

ADA = Person(str(uuid.uuid4()), "ada@example.com")
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.1"
Key = tuple[str, str, str]


class Links:
    """Stands in for the table of links, and for the counters of attempts."""

    def __init__(self) -> None:
        self.links: dict[Key, tuple[int, Mapping[str, str]]] = {}
        self.attempts: Counter[str] = Counter()
        self.now = 1_800_000_000

    def add(self, person_id: str, purpose: str, digest: str, expires: int, details: Mapping[str, str]) -> None:
        self.links[person_id, purpose, digest] = expires, details

    def find(self, person_id: str, purpose: str, digest: str, now: int) -> StoredLink | None:
        expires, details = self.links.get((person_id, purpose, digest), (0, {}))
        return StoredLink(ADA if person_id == ADA.id else None, details) if expires > now else None

    def use(self, person_id: str, purpose: str, digest: str, now: int) -> bool:
        found = self.find(person_id, purpose, digest, now) is not None
        self.links.pop((person_id, purpose, digest), None)
        return found

    def count_attempt(self, key: str, limit: int, window_s: int, now: int) -> int:
        if self.attempts[key] >= limit:
            return window_s
        self.attempts[key] += 1
        return 0

    def give_back(self, key: str, now: int) -> None:
        self.attempts[key] -= 1


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> Links:
    table = Links()
    for name in ("add", "find", "use"):
        monkeypatch.setattr(store, name, getattr(table, name))
    for name in ("count_attempt", "give_back"):
        monkeypatch.setattr(login_throttle, name, getattr(table, name))
    monkeypatch.setattr(throttle, "signing_key", lambda: b"a signing key for tests, 32 bytes")
    monkeypatch.setattr("time.time", lambda: float(table.now))
    return table


def test_a_link_is_found_until_it_is_used(links: Links) -> None:
    token = one_time_links.issue(SIGN_IN, ADA.id, site="7")
    for _ in range(3):  # mail scanners look
        link = one_time_links.find(SIGN_IN, token, HERE)
        assert (link.person, link.person_id, dict(link.details)) == (ADA, ADA.id, {"site": "7"})
    one_time_links.use(link)
    with pytest.raises(NotFound):
        one_time_links.use(link)
    with pytest.raises(NotFound):
        one_time_links.find(SIGN_IN, token, HERE)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_link_is_for_one_purpose(links: Links, purpose: one_time_links.Purpose) -> None:
    token = one_time_links.issue(purpose, ADA.id)
    for other in PURPOSES:
        if other != purpose:
            with pytest.raises(NotFound):
                one_time_links.find(other, token, HERE)
    assert one_time_links.find(purpose, token, HERE).person == ADA


def test_purposes_have_their_own_path_and_a_life_that_mails_can_state() -> None:
    assert len({purpose.path for purpose in PURPOSES}) == len(PURPOSES)
    for purpose in PURPOSES:
        assert "#" not in purpose.path
        assert purpose.life_s == purpose.minutes * 60 > 0


def test_a_link_expires(links: Links) -> None:
    token = one_time_links.issue(RESET_PASSWORD, ADA.id)
    links.now += RESET_PASSWORD.life_s - 1
    link = one_time_links.find(RESET_PASSWORD, token, HERE)
    links.now += 1
    with pytest.raises(NotFound):
        one_time_links.find(RESET_PASSWORD, token, HERE)
    with pytest.raises(NotFound):
        one_time_links.use(link)


def test_the_secret_is_stored_nowhere(links: Links) -> None:
    token = one_time_links.issue(SIGN_IN, ADA.id)
    assert token not in str(links.links)
    assert secret_tokens.digest(token) in str(links.links)
    assert token not in repr(one_time_links.find(SIGN_IN, token, HERE))


def test_somebody_without_an_account_can_have_a_link(links: Links) -> None:
    new = str(uuid.uuid4())
    link = one_time_links.find(SIGN_IN, one_time_links.issue(SIGN_IN, new, email="new@example.com"), HERE)
    assert (link.person, link.person_id, link.details["email"]) == (None, new, "new@example.com")


@pytest.mark.parametrize("token", ["", "x", "A" * 64, "ä" * 64, "A" * 63 + "="])
def test_what_is_no_link_is_not_found(links: Links, token: str) -> None:
    with pytest.raises(NotFound):
        one_time_links.find(SIGN_IN, token, HERE)


def test_guessing_is_stopped_per_network_and_valid_links_do_not_count(links: Links) -> None:
    token = one_time_links.issue(SIGN_IN, ADA.id)
    for _ in range(2 * config.LINK_LOOKUPS):
        one_time_links.find(SIGN_IN, token, HERE)
    for _ in range(config.LINK_LOOKUPS):
        with pytest.raises(NotFound):
            one_time_links.find(SIGN_IN, secret_tokens.new_secret(ADA.id), HERE)
    with pytest.raises(TooManyRequests) as refused:
        one_time_links.find(SIGN_IN, token, HERE)  # even a right guess is refused then
    assert refused.value.retry_after == config.LINK_LOOKUPS_WINDOW_S
    assert one_time_links.find(SIGN_IN, token, ELSEWHERE).person == ADA
    assert HERE not in str(links.attempts)


def test_a_link_begins_with_the_public_url() -> None:
    assert one_time_links.url("https://stats.example/prod", SIGN_IN, "abc") == "https://stats.example/prod/sign-in/abc"
