"""Invitations: what is told to whom, what a link is worth, and for how long."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib import config
from chalicelib.accounts import audit_log, passwords, secret_tokens, throttle
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.mail import Delivery
from chalicelib.accounts.membership import invitation_tokens, invitations
from chalicelib.accounts.sign_in import invitation_acceptance
from chalicelib.errors import BadRequest, Conflict, Forbidden, NotFound, TooManyRequests
from chalicelib.store import installation, login_throttle, people, site_people, sites, teams
from chalicelib.store import invitations as store
from chalicelib.store.installation import Installation
from chalicelib.store.invitations import Invitation, Place
from chalicelib.store.people import Person, Role
from chalicelib.store.site_people import SitePeople
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team, TeamRole

URL = "https://stats.example/prod"
HERE = "192.0.2.1"
PASSWORD = "correct horse battery staple"
SITE = Site("7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11", "Fieldnotes", "fieldnotes.example")
TEAM_ID = "0d3c5f0e-93a0-4a3a-8a53-0f5ad1b6f9c1"
NEW = "new@example.com"


def person(name: str, **more: Any) -> Person:
    return Person(str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), f"{name}@example.com", name.title(), **more)


OLGA, ANNA, VERA, KAI, ROOT = person("olga"), person("anna"), person("vera"), person("kai"), person("root", admin=True)


@dataclass
class World:
    """Stands in for the tables, for SES and for the counters of attempts."""

    now: float = 1_800_000_000.0
    people: dict[str, Person] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, TeamRole] = field(default_factory=dict)
    invitations: dict[tuple[Place, str], Invitation] = field(default_factory=dict)
    settings: Installation = field(default_factory=lambda: Installation(mail_sender="stats@example.com"))
    attempts: Counter[str] = field(default_factory=Counter)
    mails: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    problem: str = ""
    recorded: list[tuple[str, str]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    interfere: Callable[[], None] | None = None

    def add(self, *given: Person) -> None:
        self.people |= {one.id: one for one in given}

    def add_person(self, new: Person) -> Person:
        self.add(new)
        return new

    def team(self) -> Team:
        return Team(TEAM_ID, "Editors", dict(self.members), version=1)

    def find_person(self, email: str) -> Person | None:
        self.reads.append("address")
        found = [one for one in self.people.values() if email.casefold() in (one.email, *one.other_emails)]
        return self.get_person(found[0].id) if found else None

    def get_person(self, person_id: str) -> Person | None:
        self.reads.append("person")
        return self.people.get(person_id)

    def write(self, before: Invitation | None, after: Invitation) -> Invitation | None:
        key = (after.place, after.id)
        if (self.invitations[key].version if key in self.invitations else 0) != (before.version if before else 0):
            return None
        self.invitations[key] = replace(after, version=(before.version if before else 0) + 1)
        return self.invitations[key]

    def accept(self, before: Invitation, person_id: str, now: int, also: Callable[[World], None] | None = None) -> bool:
        if self.interfere:
            run, self.interfere = self.interfere, None
            run()
        key = (before.place, before.id)
        if self.invitations.get(key) != before:
            return False
        self.invitations[key] = replace(
            before, email="", digest="", accepted_at=now, accepted_by=person_id, version=before.version + 1
        )
        if also is not None:
            also(self)
        return True

    def remove(self, invitation: Invitation) -> bool:
        return self.invitations.pop((invitation.place, invitation.id), None) is not None

    def send(self, to: str, template: str, *, language: str = "", **values: Any) -> Delivery:
        if self.problem or not self.settings.mail_sender:
            return Delivery(self.problem or "No sender.")
        self.mails.append((to, template, {**values, "language": language}))
        return Delivery()

    def count(self, key: str, limit: int, window_s: int, _now: int) -> int:
        self.attempts[key] += 1
        return window_s if self.attempts[key] > limit else 0

    def token(self) -> str:
        """The secret in the last mail."""
        return str(self.mails[-1][2]["link"]).rpartition("/")[2]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(roles={OLGA.id: "owner", ANNA.id: "admin", VERA.id: "viewer"}, members={ANNA.id: "admin"})
    made.add(OLGA, ANNA, VERA, KAI, ROOT)
    patch = monkeypatch.setattr
    for name in ("write", "accept", "remove"):
        patch(store, name, getattr(made, name))
    patch(store, "get", lambda place, one: made.invitations.get((place, one)))
    patch(store, "of_place", lambda place: [one for key, one in made.invitations.items() if key[0] == place])
    patch(people, "find_person", made.find_person)
    patch(people, "get_person", made.get_person)
    patch(people, "get_people", lambda ids: [made.people[one] for one in ids if one in made.people])
    patch(people, "add_person", made.add_person)
    patch(people, "role_in", lambda one, _site: made.roles.get(one))
    patch(sites, "get_site", lambda _site: SITE)
    patch(site_people, "read", lambda _site, *_concerned: SitePeople(SITE.id, dict(made.roles), 1))
    patch(site_people, "saving", lambda _before, one, role: lambda _transaction: made.roles.update({one: role}))
    patch(teams, "read", lambda _team: made.team() if made.members else None)
    patch(teams, "ids_of", lambda _person: frozenset())
    patch(teams, "saving_member", lambda _before, one, role: lambda _transaction: made.members.update({one: role}))
    patch(mail, "send", made.send)
    patch(installation, "cached", lambda: made.settings)
    patch(login_throttle, "count_attempt", made.count)
    patch(login_throttle, "give_back", lambda key, _now: made.attempts.subtract([key]))
    patch(throttle, "signing_key", lambda: b"a signing key for tests, 32 bytes")
    patch(passwords, "hash_password", lambda password: f"hash of {password}")
    patch(audit_log, "record", lambda actor, action, **_more: made.recorded.append((actor.id, action)))
    patch("time.time", lambda: made.now)
    return made


def invite(
    email: str = NEW, role: str = "editor", caller: Person = OLGA, to: Site | Team | None = SITE
) -> invitations.Sent:
    data = {"email": email} | ({"role": role} if to is not None else {})
    return invitations.invite(to, caller, data, URL)


def offer(world: World, token: str = "") -> invitation_acceptance.Offer:
    return invitation_acceptance.find(token or world.token(), HERE)


# ── inviting ──


def test_the_link_is_mailed_and_shown_to_nobody(world: World) -> None:
    sent = invite()
    assert (sent.link, sent.problem) == ("", "")
    (to, template, values) = world.mails[0]
    assert (to, template, values["name"], values["role"]) == (NEW, "invitation-to-site", SITE.name, "editor")
    assert values["link"].startswith(f"{URL}/invitations/s")
    assert world.token() not in repr(sent)
    assert world.token() not in str(world.invitations.values())
    assert sent.invitation.digest == secret_tokens.digest(world.token())


@pytest.mark.parametrize("sender", ["stats@example.com", ""])
def test_an_account_makes_no_difference_to_who_invites(world: World, sender: str) -> None:
    """Neither in the answer nor in the number of reads."""
    world.settings = Installation(mail_sender=sender)
    seen = []
    for email in (NEW, KAI.email, "kai@other.example"):
        world.people[KAI.id] = replace(KAI, other_emails=("kai@other.example",))
        world.reads.clear()
        sent = invite(email)
        shown = replace(sent.invitation, id="", email="", digest="", place=Place("site"))
        seen.append((shown, bool(sent.link), sent.problem, list(world.reads)))
    assert seen[0] == seen[1] == seen[2]


def test_the_mail_is_in_the_language_of_the_person(world: World) -> None:
    world.people[KAI.id] = replace(KAI, language="de")
    invite(KAI.email)
    assert world.mails[-1][2]["language"] == "de"


@pytest.mark.parametrize("problem", ["", "SES is in its sandbox."])
def test_without_mail_whoever_invites_gets_the_link_to_hand_over(world: World, problem: str) -> None:
    world.problem = problem
    if not problem:
        world.settings = Installation(mail_sender="")
    sent = invite()
    assert sent.link.startswith(f"{URL}/invitations/s")
    assert sent.problem == (problem or "No sender.")
    stored = world.invitations[sent.invitation.place, sent.invitation.id]
    assert not stored.mailed
    assert sent.invitation == stored
    assert sent.link not in repr(sent)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "email"),
        ({"email": NEW}, "role"),
        ({"email": "x", "role": "viewer"}, "email"),
        ({"email": [NEW], "role": "viewer"}, "email"),
        ({"email": "a@b.example\nBcc: c@d.example", "role": "viewer"}, "email"),
        ({"email": NEW, "role": "owner"}, "role"),
        ({"email": NEW, "role": "member"}, "role"),
        ({"email": NEW, "role": "viewer", "admin": True}, "admin"),
    ],
)
def test_a_wrong_field_is_named(world: World, data: dict[str, object], field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        invitations.invite(SITE, OLGA, data, URL)
    assert raised.value.field == field
    assert not world.mails


def test_a_team_and_the_installation_have_their_own_fields(world: World) -> None:
    with pytest.raises(BadRequest, match="role"):
        invitations.invite(world.team(), ANNA, {"email": NEW, "role": "editor"}, URL)
    with pytest.raises(BadRequest, match="role"):
        invitations.invite(world.team(), ANNA, {"email": NEW, "role": "owner"}, URL)
    with pytest.raises(BadRequest) as raised:
        invitations.invite(None, ROOT, {"email": NEW, "role": "admin"}, URL)
    assert raised.value.field == "role"


def test_who_is_listed_already_is_not_invited(world: World) -> None:
    with pytest.raises(Conflict) as raised:
        invite(VERA.email.upper())
    assert raised.value.field == "email"


def test_inviting_again_replaces_the_earlier_invitation(world: World) -> None:
    first = invite()
    old = world.token()
    second = invite(NEW.upper(), "viewer", ANNA)
    assert second.invitation.id == first.invitation.id
    assert len(world.invitations) == 1
    assert offer(world).invitation.role == "viewer"
    assert offer(world).inviter == ANNA
    with pytest.raises(NotFound):
        offer(world, old)


def test_nobody_can_be_mailed_endlessly(world: World) -> None:
    """Neither one address by many, nor many addresses by one; sending again counts, too."""
    sent = invite()
    for _ in range(config.INVITATIONS_PER_ADDRESS - 1):
        invitations.send_again(SITE, ANNA, sent.invitation.id, URL)
    with pytest.raises(TooManyRequests) as raised:
        invite(caller=ANNA)
    assert raised.value.retry_after == config.INVITATIONS_WINDOW_S
    assert len(world.mails) == config.INVITATIONS_PER_ADDRESS
    for number in range(config.INVITATIONS_PER_PERSON):
        invite(f"{number}@example.com", caller=KAI)
    with pytest.raises(TooManyRequests):
        invite("one-more@example.com", caller=KAI)
    assert NEW not in str(world.attempts)


def test_open_invitations_have_a_limit(world: World) -> None:
    one = invite().invitation
    for number in range(config.MAX_INVITATIONS - 1):
        made = replace(one, id=str(number), email=f"{number}@example.com")
        world.invitations[made.place, made.id] = made
    with pytest.raises(Conflict, match="Revoke"):
        invite("one-more@example.com")


# ── listing, sending again, revoking ──


def test_invitations_are_listed_with_their_state(world: World) -> None:
    invite("a@example.com")
    invite(KAI.email)
    invitation_acceptance.accept(offer(world), KAI)
    world.now += config.INVITATION_LIFE_S
    invite("c@example.com", caller=ANNA)
    listed = {one.email: (one.invitation.state(world.now), one.inviter) for one in invitations.list_of(SITE)}
    assert listed == {
        "a@example.com": ("expired", OLGA),
        KAI.email: ("accepted", OLGA),
        "c@example.com": ("pending", ANNA),
    }


def test_an_accepted_invitation_keeps_no_address(world: World) -> None:
    """So that it names nobody once the account is deleted."""
    invite(KAI.email)
    invitation_acceptance.accept(offer(world), KAI)
    (stored,) = world.invitations.values()
    assert (stored.email, stored.accepted_by) == ("", KAI.id)
    del world.people[KAI.id]
    assert [one.email for one in invitations.list_of(SITE)] == [""]


def test_a_revoked_invitation_is_worth_nothing(world: World) -> None:
    sent = invite()
    token = world.token()
    invitations.revoke(SITE, ANNA, sent.invitation.id)
    with pytest.raises(NotFound):
        offer(world, token)
    with pytest.raises(NotFound):
        invitations.revoke(SITE, ANNA, sent.invitation.id)
    with pytest.raises(NotFound):
        invitations.send_again(SITE, ANNA, sent.invitation.id, URL)


def test_an_accepted_invitation_is_neither_revoked_nor_sent_again(world: World) -> None:
    sent = invite(KAI.email)
    invitation_acceptance.accept(offer(world), KAI)
    for change in (
        lambda: invitations.revoke(SITE, OLGA, sent.invitation.id),
        lambda: invitations.send_again(SITE, OLGA, sent.invitation.id, URL),
    ):
        with pytest.raises(Conflict, match="accepted"):
            change()


@pytest.mark.parametrize("unknown", ["x", "", "#", "c6a0b726-417b-42c3-bc9e-218d69b6ad5e", "é" * 2000])
def test_what_is_no_invitation_is_not_found(world: World, unknown: str) -> None:
    with pytest.raises(NotFound):
        invitations.revoke(SITE, OLGA, unknown)


def test_an_invitation_belongs_to_its_place(world: World) -> None:
    sent = invite()
    with pytest.raises(NotFound):
        invitations.revoke(world.team(), ANNA, sent.invitation.id)
    with pytest.raises(NotFound):
        invitations.revoke(None, ROOT, sent.invitation.id)


# ── the link ──


def test_a_link_is_found_until_it_is_accepted(world: World) -> None:
    invite(KAI.email)
    for _ in range(3):  # mail scanners look
        assert offer(world).subject == SITE
    seen = offer(world)
    invitation_acceptance.accept(seen, KAI)
    assert world.roles[KAI.id] == "editor"
    for again in (lambda: offer(world), lambda: invitation_acceptance.accept(seen, KAI)):
        with pytest.raises(NotFound):
            again()


def test_a_link_expires(world: World) -> None:
    invite(KAI.email)
    world.now += config.INVITATION_LIFE_S - 1
    assert offer(world).inviter == OLGA
    world.now += 1
    with pytest.raises(NotFound):
        offer(world)


@pytest.mark.parametrize("token", ["", "x", "s" + "A" * 85, "s" + "A" * 87, "x" + "A" * 86, "s" + "ä" * 86])
def test_what_is_no_link_is_not_looked_up(world: World, token: str) -> None:
    with pytest.raises(NotFound):
        invitation_acceptance.find(token, HERE)
    assert not world.attempts


def test_guessing_is_stopped_per_network(world: World) -> None:
    sent = invite()
    token = world.token()
    for _ in range(2 * config.LINK_LOOKUPS):
        offer(world, token)
    for _ in range(config.LINK_LOOKUPS):
        with pytest.raises(NotFound):
            offer(world, invitation_tokens.new(sent.invitation.place, sent.invitation.id))
    with pytest.raises(TooManyRequests):
        offer(world, token)
    assert invitation_acceptance.find(token, "198.51.100.1").subject == SITE


@pytest.mark.parametrize("place", [Place("site", SITE.id), Place("team", TEAM_ID), Place("installation")])
def test_a_secret_leads_to_its_invitation(place: Place) -> None:
    one = str(uuid.uuid4())
    token = invitation_tokens.new(place, one)
    assert re.fullmatch(r"[A-Za-z0-9_-]{87}", token)
    assert invitation_tokens.read(token) == (place, one)
    assert invitation_tokens.new(place, one) != token


@pytest.mark.parametrize("change", ["removed", "demoted", "deleted"])
def test_an_invitation_is_worth_no_more_than_the_rights_of_who_sent_it(world: World, change: str) -> None:
    """A removed admin cannot come back by an invitation to another address of theirs."""
    invite(KAI.email, caller=ANNA)
    seen = offer(world)
    if change == "removed":
        del world.roles[ANNA.id]
    elif change == "demoted":
        world.roles[ANNA.id] = "editor"
    else:
        del world.people[ANNA.id]
    with pytest.raises(NotFound):
        offer(world)
    world.interfere = lambda: world.invitations.update(
        {(seen.invitation.place, seen.invitation.id): replace(seen.invitation, version=9)}
    )
    with pytest.raises(NotFound):  # also if they lose it in that moment
        invitation_acceptance.accept(seen, KAI)
    assert KAI.id not in world.roles


def test_invitations_to_the_installation_come_from_administrators(world: World) -> None:
    invite(NEW, caller=ROOT, to=None)
    assert offer(world).subject is None
    world.people[ROOT.id] = replace(ROOT, admin=False)
    with pytest.raises(NotFound):
        offer(world)


# ── accepting with an account ──


def test_a_link_gives_nothing_to_somebody_else(world: World) -> None:
    invite(NEW)
    with pytest.raises(Forbidden, match=r"new@example\.com.*kai@example\.com"):
        invitation_acceptance.accept(offer(world), KAI)
    with pytest.raises(Forbidden):  # an address that they have entered, and not proven
        invitation_acceptance.accept(offer(world), replace(KAI, unverified_emails=(NEW,)))
    assert KAI.id not in world.roles
    invitation_acceptance.accept(offer(world), replace(KAI, other_emails=(NEW.title(),)))
    assert world.roles[KAI.id] == "editor"


@pytest.mark.parametrize(
    ("had", "invited", "has"),
    [
        ("viewer", "editor", "editor"),
        ("admin", "viewer", "admin"),
        ("owner", "admin", "owner"),
        (None, "viewer", "viewer"),
    ],
)
def test_accepting_never_lowers_a_role(world: World, had: Role | None, invited: str, has: Role) -> None:
    world.roles |= {KAI.id: had} if had else {}
    world.people[KAI.id] = replace(KAI, other_emails=("kai@other.example",))
    invite("kai@other.example", invited)
    invitation_acceptance.accept(offer(world), world.people[KAI.id])
    assert world.roles[KAI.id] == has


def test_a_team_is_joined(world: World) -> None:
    invite(KAI.email, "member", ANNA, world.team())
    invitation_acceptance.accept(offer(world), KAI)
    assert world.members == {ANNA.id: "admin", KAI.id: "member"}
    assert KAI.id not in world.roles


def test_a_full_site_or_team_takes_nobody(world: World) -> None:
    invite(KAI.email)
    to_site = world.token()
    invite(KAI.email, "member", ANNA, world.team())
    to_team = world.token()
    world.roles |= dict.fromkeys(map(str, range(config.MAX_SITE_PEOPLE)), "viewer")
    world.members |= dict.fromkeys(map(str, range(config.MAX_TEAM_MEMBERS)), "member")
    for token in (to_site, to_team):
        with pytest.raises(Conflict, match="at most"):
            invitation_acceptance.accept(offer(world, token), KAI)
    assert {one.state(world.now) for one in world.invitations.values()} == {"pending"}


def test_accepting_is_recorded(world: World) -> None:
    sent = invite(KAI.email)
    invitation_acceptance.accept(offer(world), KAI)
    assert world.recorded == [(OLGA.id, "invitation.send"), (KAI.id, "invitation.accept")]
    assert sent.invitation.id


# ── accepting without an account ──


def created(world: World, name: str = "New Person", password: str = PASSWORD) -> Person:
    return invitation_acceptance.create_account(offer(world), name, password)


@pytest.mark.parametrize(
    ("sign_up", "caller", "mailed", "allowed"),
    [
        ("closed", OLGA, True, False),
        ("closed", ROOT, True, True),
        ("closed", ROOT, False, True),
        ("invited", OLGA, True, True),
        ("invited", OLGA, False, False),
        ("invited", ROOT, False, True),
        ("open", OLGA, True, True),
        ("open", OLGA, False, False),
    ],
)
def test_who_brings_new_people(world: World, sign_up: Any, caller: Person, mailed: bool, allowed: bool) -> None:
    """A link that was handed over does not prove whose address it is: only administrators vouch for one."""
    world.settings = Installation(mail_sender="stats@example.com" if mailed else "", sign_up=sign_up)
    sent = invite(caller=caller)
    token = world.token() if mailed else sent.link.rpartition("/")[2]
    found = offer(world, token)
    assert invitation_acceptance.creates_account(found) == allowed
    if not allowed:
        with pytest.raises(Forbidden):
            invitation_acceptance.create_account(found, "", PASSWORD)
        return
    new = invitation_acceptance.create_account(found, " New ", PASSWORD)
    assert (new.email, new.name, new.admin, new.password_hash) == (NEW, "New", False, f"hash of {PASSWORD}")
    invitation_acceptance.accept(found, new)
    assert world.roles[new.id] == "editor"


def test_with_the_link_to_hand_over_one_does_not_learn_who_has_an_account(world: World) -> None:
    world.settings = Installation(mail_sender="", sign_up="invited")
    answers = []
    for email in (NEW, KAI.email):
        world.reads.clear()
        found = offer(world, invite(email).link.rpartition("/")[2])
        world.reads.clear()
        answers.append((invitation_acceptance.creates_account(found), list(world.reads)))
    assert answers == [(False, [])] * 2


def test_where_only_a_provider_signs_in_no_password_is_made(world: World) -> None:
    provider: dict[str, Any] = {"oidc_issuer": "https://id.example", "oidc_client_id": "x", "oidc_client_secret": "x"}
    world.settings = Installation(mail_sender="stats@example.com", oidc_only=True, **provider)
    invite(caller=ROOT)
    assert not invitation_acceptance.creates_account(offer(world))


@pytest.mark.parametrize(
    ("sign_up", "caller", "invited"),
    [("closed", OLGA, False), ("closed", ROOT, True), ("invited", OLGA, True), ("open", OLGA, True)],
)
def test_who_is_invited_may_come_through_the_provider(
    world: World, monkeypatch: pytest.MonkeyPatch, sign_up: Any, caller: Person, invited: bool
) -> None:
    """Who vouches for the address then, so it does not matter how the link was sent."""
    monkeypatch.setattr(
        store, "naming_address", lambda email: [one for one in world.invitations.values() if one.email == email]
    )
    world.settings = Installation(mail_sender="", sign_up=sign_up)
    sent = invite(caller=caller)
    assert invitation_acceptance.is_invited(NEW) == invited
    assert not invitation_acceptance.is_invited("other@example.com")
    world.now = sent.invitation.valid_until
    assert not invitation_acceptance.is_invited(NEW)


def test_an_address_with_an_account_gets_no_second_one(world: World) -> None:
    invite(KAI.email, caller=ROOT)
    with pytest.raises(Forbidden):
        created(world)


@pytest.mark.parametrize(
    ("name", "password", "field"), [("", "short", "password"), ("a\nb", PASSWORD, "name"), ("", NEW, "password")]
)
def test_name_and_password_are_checked(world: World, name: str, password: str, field: str) -> None:
    invite(caller=ROOT)
    with pytest.raises(BadRequest) as raised:
        created(world, name, password)
    assert raised.value.field == field
    assert offer(world).subject == SITE


def test_two_who_create_the_account_at_once_get_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    invite(caller=ROOT)

    def taken(_person: Person) -> Person:
        raise Conflict("exists", field="email")

    monkeypatch.setattr(people, "add_person", taken)
    with pytest.raises(Conflict, match="Sign in"):
        created(world)
