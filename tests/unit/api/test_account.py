"""``/api/v1/account`` without AWS: what is shown, and what a deletion asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.accounts.people import deletion
from chalicelib.api import account
from chalicelib.api.openapi import described
from chalicelib.errors import BadRequest, Forbidden
from chalicelib.routing import FULL_ACCESS, Access
from chalicelib.store.people import Person
from chalicelib.web import Request

ADA = Person(
    "1", "ada@example.com", "Ada", password_hash="$argon2id$secret", created_at=1_700_000_000,
    other_emails=("ada@work.example",), unverified_emails=("ada@new.example",),
)  # fmt: skip


@pytest.fixture
def deleted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What was to be deleted: the address entered, and whether with sites."""
    calls: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        deletion, "delete", lambda _person, _actor, entered, *, with_sites: calls.append((entered, with_sites))
    )
    return calls


def request(query: dict[str, str], access: Access = FULL_ACCESS) -> Request:
    return Request("DELETE", "/api/v1/account", query, {}, {}, b"", "", "", access=access)


def test_it_is_described_and_has_no_secrets() -> None:
    shown = account.as_json(ADA)
    assert "argon2" not in json.dumps(shown)
    assert [one["email"] for one in json.loads(json.dumps(shown))["addresses"]] == [
        "ada@example.com", "ada@work.example", "ada@new.example",
    ]  # fmt: skip
    schemas: dict[str, Any] = described()["components"]["schemas"]
    assert list(shown) == list(schemas["Account"]["properties"]) == schemas["Account"]["required"]
    preferences = json.loads(json.dumps(shown))["preferences"]
    assert set(preferences) == set(schemas["Preferences"]["properties"])
    assert schemas["Account"]["properties"]["preferences"]["required"] == list(preferences)


@pytest.mark.parametrize(
    ("given", "with_sites"), [({}, False), ({"delete_sites": "false"}, False), ({"delete_sites": "true"}, True)]
)
def test_a_deletion_repeats_the_address(
    deleted: list[tuple[str, bool]], given: dict[str, str], with_sites: bool
) -> None:
    assert account.delete(request({"email": "ada@example.com", **given}), ADA).status_code == 204
    assert deleted == [("ada@example.com", with_sites)]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "email"),
        ({"email": "ada@example.com", "delete_sites": "yes"}, "delete_sites"),
        ({"email": "ada@example.com", "delete_site": "true"}, "delete_site"),
    ],
)
def test_a_mistake_deletes_nothing(deleted: list[tuple[str, bool]], given: dict[str, str], field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        account.delete(request(given), ADA)
    assert (raised.value.field, deleted) == (field, [])


def test_a_token_for_some_sites_deletes_nothing(deleted: list[tuple[str, bool]]) -> None:
    with pytest.raises(Forbidden):
        account.delete(request({"email": "ada@example.com"}, Access(None, frozenset({"a"}))), ADA)
    assert deleted == []
