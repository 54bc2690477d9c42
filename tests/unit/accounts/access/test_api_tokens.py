"""API tokens: what they allow, what a new one may allow, when they expire. The store is replaced by a list."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import config
from chalicelib.accounts import audit_log, secret_tokens
from chalicelib.accounts.access import api_tokens, auth, new_token
from chalicelib.errors import BadRequest, Conflict, Forbidden, NotFound, ShylightError, Unauthorized
from chalicelib.routing import FULL_ACCESS, Access, Scope
from chalicelib.store import credentials, sites
from chalicelib.store.credentials import Token
from chalicelib.store.people import Person
from tests.unit.dashboard import samples

PERSON = Person("0d3c5f0e-93a0-4a3a-8a53-0f5ad1b6f9c1", "ada@example.com")
SITE, OTHER = samples.SITE.id, "00000000-0000-4000-8000-000000000000"
STATS = frozenset({Scope.STATS_READ})
GOOD = {"name": "Report", "scopes": ["stats:read"]}


class Store:
    """The tokens of a person, as the store keeps them."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self.uses: list[int] = []
        self.log: list[Any] = []

    def add(self, _person_id: str, token: Token) -> None:
        self.tokens.append(token)

    def find(self, person_id: str, digest: str) -> tuple[Person, Token] | None:
        found = [token for token in self.tokens if token.digest == digest]
        return (PERSON, found[0]) if found and person_id == PERSON.id else None

    def remove(self, _person_id: str, digest: str) -> None:
        self.tokens = [token for token in self.tokens if token.digest != digest]

    def note_use(self, _person_id: str, digest: str, now: int, _every: int) -> None:
        self.uses.append(now)
        self.tokens = [replace(one, used_at=now) if one.digest == digest else one for one in self.tokens]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    monkeypatch.setattr(credentials, "add_token", made.add)
    monkeypatch.setattr(credentials, "tokens_of", lambda _person_id: list(made.tokens))
    monkeypatch.setattr(credentials, "person_with_token", made.find)
    monkeypatch.setattr(credentials, "remove_token", made.remove)
    monkeypatch.setattr(credentials, "note_use", made.note_use)
    monkeypatch.setattr(audit_log, "record", lambda *given, **details: made.log.append((*given[1:], details)))
    monkeypatch.setattr(auth, "role_of", lambda _person, site_id: "viewer" if site_id == SITE else None)
    monkeypatch.setattr(sites, "get_site", lambda _site_id: samples.SITE)
    return made


def test_a_token_begins_with_what_is_shown_and_is_stored_as_a_hash_only(store: Store) -> None:
    one, two = (new_token.create(PERSON, GOOD) for _ in range(2))
    for shown, secret in (one, two):
        assert secret.startswith(shown.prefix)
        assert len(shown.prefix) == len("shy_") + secret_tokens.LABEL_CHARS
        assert secret.removeprefix("shy_") not in repr(store.tokens)
        assert api_tokens.holder_of(secret).person == PERSON
    assert one[0].prefix != two[0].prefix
    assert store.log[0] == ("token.create", {"subject": one[0].id, "person": PERSON.id})
    assert one[1] not in repr(store.log)


def test_tokens_of_before_work_as_they_did(store: Store) -> None:
    """They have neither the characters that are shown, nor scopes, sites or an expiry."""
    secret = secret_tokens.new_secret(PERSON.id)
    store.tokens = [Token(secret_tokens.digest(secret), "old", 1)]
    assert api_tokens.holder_of(f"shy_{secret}").access == FULL_ACCESS
    (shown,) = api_tokens.tokens_of(PERSON)
    assert (shown.prefix, shown.access, shown.created_at) == ("", FULL_ACCESS, 1)


@pytest.mark.parametrize(
    "token", ["", "shy_", "shy_x", "x" * 68, "shy_" + "x" * 71, "shy_" + "A" * 64, "shy_" + "é" * 64]
)
def test_what_is_no_token_is_refused(store: Store, token: str) -> None:
    with pytest.raises(Unauthorized):
        api_tokens.holder_of(token)


def test_an_expired_token_is_refused_and_still_listed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(time.time())
    expires = datetime.fromtimestamp(now + 60, UTC).isoformat()
    _, secret = new_token.create(PERSON, {**GOOD, "expires_at": expires})
    assert api_tokens.holder_of(secret).access == Access(STATS, None, now + 60)
    monkeypatch.setattr(time, "time", lambda: now + 60.0)
    with pytest.raises(Unauthorized, match="expired"):
        api_tokens.holder_of(secret)
    (shown,) = api_tokens.tokens_of(PERSON)
    assert shown.has_expired


def test_a_use_is_noted_at_most_once_in_an_hour(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = new_token.create(PERSON, GOOD)
    start = int(time.time())
    for seconds in (0, 1, 3599, 3600, 7199, 7200):
        monkeypatch.setattr(time, "time", lambda at=start + seconds: float(at))
        api_tokens.holder_of(secret)
    assert store.uses == [start, start + 3600, start + 7200]
    assert api_tokens.tokens_of(PERSON)[0].used_at == start + 7200


@pytest.mark.parametrize(
    ("data", "error", "field"),
    [
        ({"scopes": ["stats:read"]}, BadRequest, "name"),
        ({**GOOD, "name": 1}, BadRequest, "name"),
        ({**GOOD, "name": " "}, BadRequest, "name"),
        ({**GOOD, "name": "x" * 101}, BadRequest, "name"),
        ({**GOOD, "name": "a\nb"}, BadRequest, "name"),
        ({**GOOD, "name": "\ud800"}, BadRequest, "name"),
        ({"name": "Report"}, BadRequest, "scopes"),
        ({**GOOD, "scopes": []}, BadRequest, "scopes"),
        ({**GOOD, "scopes": "stats:read"}, BadRequest, "scopes"),
        ({**GOOD, "scopes": [1]}, BadRequest, "scopes"),
        ({**GOOD, "scopes": ["stats:read", "stats:write"]}, BadRequest, "scopes"),
        ({**GOOD, "sites": []}, BadRequest, "sites"),
        ({**GOOD, "sites": SITE}, BadRequest, "sites"),
        ({**GOOD, "sites": [str(number) for number in range(101)]}, BadRequest, "sites"),
        ({**GOOD, "sites": [SITE, OTHER]}, NotFound, "sites"),
        ({**GOOD, "sites": ["x"]}, NotFound, "sites"),
        ({**GOOD, "expires_at": 1}, BadRequest, "expires_at"),
        ({**GOOD, "expires_at": "tomorrow"}, BadRequest, "expires_at"),
        ({**GOOD, "expires_at": "2099-01-01T00:00:00"}, BadRequest, "expires_at"),
        ({**GOOD, "expires_at": "2020-01-01T00:00:00Z"}, BadRequest, "expires_at"),
        ({**GOOD, "expires_at": "9999-12-31T23:59:59-23:59"}, BadRequest, "expires_at"),
        ({**GOOD, "admin": True}, BadRequest, "admin"),
    ],
)
def test_an_invalid_token_is_refused_naming_the_field(
    store: Store, data: dict[str, Any], error: type[ShylightError], field: str
) -> None:
    with pytest.raises(error) as refused:
        new_token.create(PERSON, data)
    assert refused.value.field == field
    assert (store.tokens, store.log) == ([], [])


IN_2099 = int(datetime(2099, 1, 1, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("within", "more", "exceeding"),
    [
        (FULL_ACCESS, {}, ""),
        (Access(frozenset(Scope)), {"scopes": ["stats:read", "tokens:write"]}, ""),
        (Access(STATS), {}, ""),
        (Access(STATS), {"scopes": ["stats:read", "sites:read"]}, "scopes"),
        (Access(sites=frozenset({SITE})), {"sites": [SITE.upper()]}, ""),
        (Access(sites=frozenset({SITE})), {}, "sites"),
        (Access(sites=frozenset({OTHER})), {"sites": [SITE]}, "sites"),
        (Access(expires_at=IN_2099), {"expires_at": "2098-12-31T00:00:00Z"}, ""),
        (Access(expires_at=IN_2099), {}, "expires_at"),
        (Access(expires_at=IN_2099), {"expires_at": "2099-01-02T00:00:00Z"}, "expires_at"),
    ],
)
def test_a_token_creates_none_that_allows_more_than_itself(
    store: Store, within: Access, more: dict[str, Any], exceeding: str
) -> None:
    if not exceeding:
        assert not new_token.create(PERSON, {**GOOD, **more}, within)[0].access.exceeds(within)
        return
    with pytest.raises(Forbidden) as refused:
        new_token.create(PERSON, {**GOOD, **more}, within)
    assert refused.value.field == exceeding
    assert store.tokens == []


def test_a_token_that_is_limited_to_sites_sees_and_revokes_only_those_within_them(store: Store) -> None:
    of_all, _ = new_token.create(PERSON, GOOD)
    of_site, _ = new_token.create(PERSON, {**GOOD, "sites": [SITE]})
    limited = Access(sites=frozenset({SITE}))
    assert api_tokens.tokens_of(PERSON, limited) == [of_site]
    with pytest.raises(NotFound):
        api_tokens.revoke_by_id(PERSON, of_all.id, limited)
    api_tokens.revoke_by_id(PERSON, of_site.id, limited)
    assert api_tokens.tokens_of(PERSON) == [of_all]
    assert store.log[-1] == ("token.revoke", {"subject": of_site.id, "person": PERSON.id})


def test_a_person_has_a_limited_number_of_tokens_that_work(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "MAX_TOKENS", 2)
    store.tokens = [Token("expired", "old", 1, expires_at=2)]
    for _ in range(2):
        new_token.create(PERSON, GOOD)
    with pytest.raises(Conflict, match="2 API tokens"):
        new_token.create(PERSON, GOOD)


def test_every_scope_says_in_words_what_it_allows() -> None:
    assert list(api_tokens.SCOPES) == list(Scope)
    assert len(set(api_tokens.SCOPES.values())) == len(Scope)


def test_a_stored_scope_that_there_is_no_longer_allows_nothing() -> None:
    access = api_tokens._access(Token("x", "old", 1, scopes=("gone:write",)))
    assert not any(access.has(scope) for scope in Scope)
