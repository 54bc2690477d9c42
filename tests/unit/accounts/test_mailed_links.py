"""What is mailed to whom after somebody entered an address, without AWS."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from chalicelib import config
from chalicelib.accounts import audit_log, installation, one_time_links, passwords, throttle
from chalicelib.accounts.mailing import equal_time, mail
from chalicelib.accounts.mailing.mail import Delivery
from chalicelib.accounts.own_account import addresses, password_change
from chalicelib.accounts.sign_in import login, sign_up
from chalicelib.errors import BadRequest, Conflict
from chalicelib.store import people
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person

URL, HERE = "https://stats.example", "192.0.2.1"
# Equal ignoring case, and yet not the same: IDNA 2008 keeps the sharp s.
STORED, ENTERED = "ada@strasse.example", "ada@stra\u00dfe.example"
ADA = Person(str(uuid.uuid4()), "Ada@example.com", "Ada", password_hash="x", other_emails=(STORED,), version=1)


class World:
    """Stands in for tables and SES; `everybody` are those who have an account."""

    def __init__(self) -> None:
        self.everybody = [ADA]
        self.mails: list[tuple[str, str]] = []
        self.links: list[tuple[str, str]] = []
        self.slept: list[float] = []
        self.clock = 100.0
        self.settings = Installation(sign_up="open", mail_sender="stats@example.com")

    def find(self, email: str) -> Person | None:
        for person in self.everybody:
            if email.casefold() in (one.casefold() for one in (person.email, *person.other_emails)):
                return person
        return None

    def send(self, to: Person | str, template: str, **_values: Any) -> Delivery:
        self.mails.append((to.email if isinstance(to, Person) else to, template))
        return Delivery()

    def issue(self, purpose: one_time_links.Purpose, person_id: str, **_details: str) -> str:
        self.links.append((purpose.path, person_id))
        return "token"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()

    def nothing(*_: Any, **__: Any) -> None:
        return None

    patches: list[tuple[object, str, Callable[..., Any]]] = [
        (people, "find_person", made.find),
        (password_change, "find_person", made.find),
        (people, "change_person", lambda person: person),
        (mail, "send", made.send),
        (mail, "prepare", nothing),
        (one_time_links, "issue", made.issue),
        (throttle, "count_mail", nothing),
        (login, "check_password", nothing),
        (audit_log, "record", nothing),
        (passwords, "hash_password", lambda password: f"hash of {len(password)}"),
        (sign_up, "settings_of_installation", lambda: made.settings),
        (installation, "settings_of_installation", lambda: made.settings),
        (mail, "settings_of_installation", lambda: made.settings),
        (time, "monotonic", lambda: made.clock),
        (time, "sleep", made.slept.append),
    ]
    for module, name, value in patches:
        monkeypatch.setattr(module, name, value)
    return made


@pytest.mark.parametrize("entered", ["ada@example.com", "ADA@EXAMPLE.COM", " ada@example.com "])
def test_a_reset_link_goes_to_the_address_as_it_is_stored(world: World, entered: str) -> None:
    password_change.send_reset_link(entered, HERE, URL)
    assert world.mails == [("Ada@example.com", "reset-password")]
    assert world.links == [("reset-password", ADA.id)]


def test_no_mail_goes_to_an_address_that_only_looks_the_same(world: World) -> None:
    password_change.send_reset_link(ENTERED, HERE, URL)
    sign_up.sign_up("", ENTERED, "tree river stone", HERE, URL)
    other = dataclasses.replace(ADA, id=str(uuid.uuid4()), email="b@example.com", other_emails=())
    addresses.add(other, ENTERED, "x", HERE, URL)
    assert world.mails == [
        (STORED, "reset-password"), (STORED, "sign-up-of-known-address"), (STORED, "address-of-another-account"),
    ]  # fmt: skip
    assert world.links == [("reset-password", ADA.id)]


def test_nobody_gets_nothing(world: World) -> None:
    password_change.send_reset_link("nobody@example.com", HERE, URL)
    assert not world.mails + world.links


def test_a_notice_of_a_new_primary_address_goes_to_the_former_one(world: World) -> None:
    changed = addresses.make_primary(ADA, STORED, URL)
    assert (changed.email, changed.other_emails) == (STORED, ("Ada@example.com",))
    assert world.mails == [("Ada@example.com", "primary-address-changed")]


def test_an_account_has_a_limited_number_of_addresses(world: World) -> None:
    many = tuple(f"{number}@example.com" for number in range(config.MAX_PERSON_ADDRESSES - 2))
    full = dataclasses.replace(ADA, unverified_emails=many)
    with pytest.raises(Conflict):
        addresses.add(full, "one-more@example.com", "x", HERE, URL)
    assert addresses.add(full, "0@EXAMPLE.com", "x", HERE, URL)  # again the same one
    assert world.mails == [("0@example.com", "verify-email")]
    with pytest.raises(Conflict):
        addresses.add(full, STORED.upper(), "x", HERE, URL)


@pytest.mark.parametrize("spent", [0.0, 0.3, 1.999, 2.5])
@pytest.mark.parametrize("fails", [True, False])
def test_equal_time_fills_up_to_a_multiple(world: World, spent: float, fails: bool) -> None:
    with pytest.raises(KeyError) if fails else nullcontext(), equal_time.equal_time():
        world.clock += spent
        _ = dict[str, str]()["missing"] if fails else ""
    (slept,) = world.slept
    assert 0 <= slept < config.EQUAL_ANSWER_S
    assert (spent + slept) % config.EQUAL_ANSWER_S == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("chosen", "sender", "available"),
    [
        ("open", "stats@example.com", "open"),
        ("open", "", "no mail"),
        ("invited", "", "invited"),
        ("closed", "stats@example.com", "closed"),
    ],
)
def test_who_can_sign_up(world: World, chosen: Any, sender: str, available: str) -> None:
    world.settings = Installation(sign_up=chosen, mail_sender=sender)
    assert sign_up.availability() == available
    if available != "open":
        with pytest.raises(Conflict):
            sign_up.sign_up("", "new@example.com", "tree river stone", HERE, URL)
        assert not world.mails + world.links


def test_a_link_is_valid_for_longer_than_mails_are_limited() -> None:
    for purpose in one_time_links.PURPOSES:
        assert purpose.life_s >= config.MAILS_WINDOW_S


@pytest.mark.parametrize("email", ["foo<evil@example.com", "a,b@example.com", "ada@localhost", "x"])
def test_addresses_that_mail_cannot_go_to_are_refused(world: World, email: str) -> None:
    with pytest.raises(BadRequest):
        addresses.add(ADA, email, "x", HERE, URL)
    with pytest.raises(BadRequest):
        sign_up.sign_up("", email, "tree river stone", HERE, URL)
    assert not world.mails
