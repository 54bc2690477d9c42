"""There is always an administrator, whoever takes it from whom, and at the same time."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.errors import Conflict, NotFound
from chalicelib.operations import people
from chalicelib.store import administrators
from chalicelib.store import people as stored
from chalicelib.store.people import Person

pytestmark = pytest.mark.usefixtures("local_aws")


def add(*, admin: bool = True) -> Person:
    return stored.add_person(Person(str(uuid.uuid4()), f"{uuid.uuid4()}@example.com", admin=admin))


def is_administrator(person: Person) -> bool:
    found = stored.get_person(person.id)
    return found is not None and found.admin


def test_an_administrator_makes_another_and_takes_it_back() -> None:
    actor, person = add(), add(admin=False)
    assert people.change(actor, person.id, {"administrator": True}).admin
    assert people.change(actor, person.id, {"administrator": True}).admin
    assert not people.change(actor, person.id, {"administrator": False}).admin
    assert not is_administrator(person)


def test_the_last_administrator_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    last = add()
    monkeypatch.setattr(administrators, "find", lambda: [last])
    with pytest.raises(Conflict) as raised:
        people.change(last, last.id, {"administrator": False})
    assert raised.value.field == "administrator"
    assert is_administrator(last)


def test_two_administrators_who_dismiss_each_other_at_once_leave_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for _round in range(3):
        pair = [add(), add()]
        monkeypatch.setattr(administrators, "find", lambda pair=pair: [one for one in pair if is_administrator(one)])

        def dismiss(actor: Person, other: Person) -> bool:
            try:
                people.change(actor, other.id, {"administrator": False})
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(dismiss, pair, reversed(pair)))
        assert sorted(done) == [False, True]
        assert [is_administrator(one) for one in pair].count(True) == 1


def test_who_is_no_administrator_any_more_does_not_count_as_the_one_who_remains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The request of an administrator that was read before they were dismissed."""
    actor, person, third = add(), add(), add()
    people.change(third, actor.id, {"administrator": False})
    monkeypatch.setattr(administrators, "find", lambda: [person])
    with pytest.raises(Conflict):
        people.change(actor, person.id, {"administrator": False})
    assert is_administrator(person)


def test_a_person_who_does_not_exist_is_not_changed() -> None:
    with pytest.raises(NotFound):
        people.change(add(), str(uuid.uuid4()), {"administrator": True})
