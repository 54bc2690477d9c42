"""Name and preferences, changed together."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from chalicelib.accounts import audit_log
from chalicelib.accounts.own_account import profile
from chalicelib.errors import BadRequest
from chalicelib.store import people
from chalicelib.store.people import Person
from chalicelib.store.preferences import Preferences

ADA = Person("1", "ada@example.com", "Ada", version=1, language="en")


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[Person]:
    """What is stored."""
    kept: list[Person] = []

    def change_person(person: Person) -> Person:
        kept.append(person)
        return person

    monkeypatch.setattr(people, "change_person", change_person)
    return kept


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The actions in the audit log."""
    actions: list[str] = []
    monkeypatch.setattr(audit_log, "record", lambda _actor, action, **_details: actions.append(action))
    return actions


@pytest.mark.parametrize(
    ("data", "expected", "actions"),
    [
        ({}, {}, []),
        ({"name": "Ada"}, {}, []),
        ({"name": " Grace "}, {"name": "Grace"}, ["person.change_name"]),
        ({"name": ""}, {"name": ""}, ["person.change_name"]),
        (
            {"name": "Grace", "preferences": {"theme": "dark"}},
            {"name": "Grace", "preferences": Preferences(theme="dark")},
            ["person.change_name", "person.change_preferences"],
        ),
        ({"preferences": {"theme": "automatic"}}, {}, []),
    ],
)
def test_what_is_given_is_stored_at_once(
    stored: list[Person], recorded: list[str], data: dict[str, Any], expected: dict[str, Any], actions: list[str]
) -> None:
    changed = dataclasses.replace(ADA, **expected)
    assert profile.change(ADA, data, "en") == changed
    assert stored == ([changed] if expected else [])
    assert recorded == actions


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "x@example.com"}, "email"),
        ({"admin": True}, "admin"),
        ({"name": 1}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"name": "Grace", "preferences": {"theme": "pink"}}, "theme"),
        ({"name": "Grace", "preferences": {"font": "x"}}, "font"),
        ({"name": "Grace", "preferences": None}, "preferences"),
        ({"name": "\n", "preferences": ["theme"]}, "preferences"),
    ],
)
@pytest.mark.usefixtures("recorded")
def test_a_request_with_a_mistake_changes_nothing(stored: list[Person], data: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        profile.change(ADA, data, "en")
    assert (raised.value.field, stored) == (field, [])
