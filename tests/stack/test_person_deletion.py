"""Deleting an account leaves no trace of the person in any table, whatever they had and wherever the work died."""

from __future__ import annotations

import dataclasses
import json
import time
import uuid
from typing import Any

import pytest

from chalicelib import config
from chalicelib.accounts import audit_log, one_time_links
from chalicelib.accounts.access import api_tokens, auth
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.membership import teams
from chalicelib.accounts.people import deletion as person_deletion
from chalicelib.accounts.people import kinds as person_kinds
from chalicelib.accounts.people import people, removal
from chalicelib.accounts.sites import deletion_work
from chalicelib.accounts.sites import new_site as sites
from chalicelib.errors import BadRequest, Conflict, NotFound, Unauthorized
from chalicelib.routing import Right
from chalicelib.store import (
    administrators,
    api_requests,
    aws,
    browser_sessions,
    credentials,
    deletions,
    domains,
    idempotency_keys,
    invitations,
    person_deletions,
    provider_identities,
    saved_segments,
    second_factors,
    security_notices,
    site_annotations,
    site_people,
    site_transfers,
)
from chalicelib.store import people as stored
from chalicelib.store import site_order as site_order_store
from chalicelib.store import sites as stored_sites
from chalicelib.store import teams as team_store
from chalicelib.store.browser_sessions import BrowserSession
from chalicelib.store.invitations import Invitation, Place
from chalicelib.store.invitations import Kind as InvitationKind
from chalicelib.store.people import Person, Role
from chalicelib.store.person_data import Found
from chalicelib.store.provider_identities import Identity
from chalicelib.store.saved_segments import SavedSegment
from chalicelib.store.second_factors import Passkey
from chalicelib.store.site_annotations import Annotation
from chalicelib.store.site_order import SiteOrder
from chalicelib.store.site_transfers import Transfer
from chalicelib.store.sites import Site
from chalicelib.store.tables import CoreItem
from harness.lambda_requests import Context

pytestmark = pytest.mark.usefixtures("local_aws")
TABLES = ("core", "sessions", "rollups", "marks", "salts")


def add(*, admin: bool = False) -> Person:
    made = Person(str(uuid.uuid4()), f"{uuid.uuid4()}@example.com", f"Name {uuid.uuid4()}", admin)
    return stored.add_person(made)


def new_site(creator: Person, domain: str = "", **roles: Person) -> Site:
    data = {"name": "Site", "domain": domain or f"{uuid.uuid4().hex}.example", "timezone": "UTC"}
    site = sites.create_site(creator, data)
    for role, person in roles.items():
        give(site, person, role)
    return site


def give(site: Site, person: Person, role: str) -> None:
    assert site_people.write(site_people.read(site, person.id), person.id, role)  # type: ignore[arg-type]


def dump() -> list[tuple[str, str, str]]:
    """Every item of every table: table, keys, and all of it as text."""
    items = []
    for table in TABLES:
        for page in aws.client("dynamodb").get_paginator("scan").paginate(TableName=config.settings().table(table)):
            for item in page["Items"]:
                keys = " ".join(str(item[name]["S"]) for name in ("pk", "sk", "site", "site_day") if name in item)
                items.append((table, keys, json.dumps(item, ensure_ascii=False, default=str)))
    return items


def naming(*texts: str) -> set[tuple[str, str]]:
    """The items that contain one of the texts, in any case, also where it is escaped."""
    wanted = {form.lower() for text in texts for form in (text, json.dumps(text)[1:-1])}
    return {(table, keys) for table, keys, text in dump() if any(one in text.lower() for one in wanted)}


@pytest.fixture
def other_admin() -> Person:
    return add(admin=True)


def invite(by: Person, kind: InvitationKind, place_id: str, email: str = "", accepted_by: str = "") -> None:
    now = int(time.time())
    invitation = Invitation(
        Place(kind, place_id),
        str(uuid.uuid4()),
        email or f"{uuid.uuid4()}@example.com",
        "viewer",
        by.id,
        now,
        now + 99,
        "d" * 64,
    )
    written = invitations.write(None, invitation)
    assert written is not None
    if accepted_by:
        assert invitations.accept(written, accepted_by, now)


def person_with_everything() -> Person:
    """Somebody with at least one item of every declared kind."""
    name, mark = f"Zoë {uuid.uuid4().hex}", uuid.uuid4().hex
    person = stored.add_person(Person(str(uuid.uuid4()), f"Main-{mark}@example.com", name, created_at=1))
    person = stored.add_address(
        dataclasses.replace(person, other_emails=(f"ü-{mark}@example.com",)), f"ü-{mark}@example.com"
    )
    person = stored.change_person(dataclasses.replace(person, unverified_emails=(f"unverified-{mark}@example.com",)))
    api_tokens.issue(person, f"{name}'s token")
    one_time_links.issue(one_time_links.SIGN_IN, person.id)
    one_time_links.issue(one_time_links.VERIFY_EMAIL, person.id, email=person.unverified_emails[0])
    one_time_links.issue(one_time_links.SIGN_UP, str(uuid.uuid4()), email=person.email, name=name)
    now = int(time.time())
    browser_sessions.add(person.id, BrowserSession("s" * 22, now, now, now + 9999, "Firefox", "Linux", "DE"))
    credentials.end_session(person.id, "e" * 22, now + 9999)
    api_requests.count(person.id, now // 60, now + 9999)
    idempotency_keys.begin(person.id, "a" * 64, "request", now, 30, 9999)
    second_factors.add_totp(person.id, "sealed", 1)
    second_factors.set_recovery_digests(person.id, {"d" * 64})
    second_factors.add_passkey(person.id, Passkey(uuid.uuid4().hex, b"id", b"key", f"{name}'s phone"))
    security_notices.add(person.id, "passkey_added")
    provider_identities.connect(
        person.id, Identity(uuid.uuid4().hex * 2, "https://id.example", f"at-work-{mark}@example.com", now)
    )
    teams.create(person, {"name": "Team"})
    invite(person, "installation", "")
    saved_segments.add(segment_of(person, str(uuid.uuid4())))
    site_order_store.write(person.id, SiteOrder(frozenset({str(uuid.uuid4())})))
    audit_log.record(person, "person.change_name", subject=person.id)
    return person


def segment_of(person: Person, site_id: str, *, shared: bool = False) -> SavedSegment:
    return SavedSegment(site_id, uuid.uuid4().hex[:16], "Bounces", ("is,bounce,yes",), person.id, shared)


def trace_of(person: Person) -> set[tuple[str, str]]:
    return naming(
        person.id, person.name, *(email for email in (person.email, *person.other_emails, *person.unverified_emails))
    )


def remaining(person: Person) -> set[tuple[str, str]]:
    """What is left but the receipt and the audit log, which have the id only."""
    left = trace_of(person)
    by_id = {one for one in left if one[1].startswith(("deletion person#", "audit#"))}
    assert not naming(person.name, person.email, *person.other_emails, *person.unverified_emails) & by_id
    return left - by_id


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deletions are finished without waiting for requests that had begun before."""
    monkeypatch.setattr(config, "PERSON_DELETION_SETTLE_S", 0)


@pytest.mark.usefixtures("at_once")
def test_nothing_of_a_person_remains_but_a_receipt_without_personal_data() -> None:
    person, friend = person_with_everything(), add()
    shared = new_site(person, owner=friend)
    visited = new_site(friend, viewer=person)
    team = teams.create(friend, {"name": "Friends"})
    assert team_store.write_member(team, person.id, "member")
    invite(friend, "site", visited.id, person.email)
    invite(friend, "team", team.id, accepted_by=person.id)
    invite(person, "team", team.id, accepted_by=friend.id)
    invite(person, "site", visited.id)
    assert saved_segments.add(segment_of(person, visited.id, shared=True))
    for moment in ("2026-11-26", "2026-11-26T15:04:05Z"):
        note = Annotation(visited.id, "1" * 16, moment, "Newsletter", author=person.id, signed=person.name)
        assert site_annotations.add(note)
    assert site_annotations.add(
        Annotation(visited.id, "2" * 16, "2026-11-25", "Moved", author=friend.id, signed="Friend")
    )
    soon = int(time.time()) + 999
    assert site_transfers.put(Transfer(visited.id, person.other_emails[0], friend.id, friend.id, 1, soon), None)
    assert site_transfers.put(Transfer(shared.id, f"{uuid.uuid4()}@example.com", friend.id, person.id, 1, soon), None)
    before = trace_of(person)
    assert len(before) > 15
    kinds = {
        person_kinds.kind_of(person.id, Found(item[1].partition(" ")[0], item[1].partition(" ")[2], ""))
        for item in before
        if item[0] == "core"
    }
    assert None not in kinds
    own = {kind.name for kind in person_kinds.OWN}
    assert own <= {kind.name for kind in kinds if kind}, "the person of this test lacks a declared kind"

    person_deletion.delete(person, person, person.email.upper())
    assert stored.get_person(person.id) is None
    assert stored.find_person(person.email) is None
    kept = ("deletion person#", "audit#")
    at_once_left = {keys for _, keys in trace_of(person) if not keys.startswith(kept)}
    of_visited = (f"site#{visited.id} segment#", f"site#{visited.id} annotation#")
    searched = (" link#sign-up#", f"site#{shared.id} transfer", *of_visited)
    assert all(any(one in keys for one in searched) for keys in at_once_left), "all but what only a search finds"
    removal.finish_all()
    assert remaining(person) == set()
    receipt = person_deletions.get(person.id)
    assert receipt is not None
    assert receipt.finished
    assert receipt.addresses == ()
    item = CoreItem.get("deletion", f"person#{person.id}")
    assert set(json.loads(item.body or "")) == {"by", "began", "finished"}
    assert item.expires == receipt.finished + config.PERSON_RECEIPT_S
    assert [(one.name, one.owner) for one in saved_segments.shared_in(visited.id)] == [("Bounces", "")]
    noted = [(one.text, one.author, one.signed) for one in site_annotations.of_site(visited.id)]
    assert noted == [("Moved", friend.id, "Friend"), ("Newsletter", "", ""), ("Newsletter", "", "")]
    now = team_store.read(team.id)
    assert now is not None
    assert now.members == {friend.id: "owner"}
    for site in (shared, visited):
        assert site_people.read(stored_sites.get_site(site.id) or site).roles == {friend.id: "owner"}


def test_nobody_can_use_what_the_person_had() -> None:
    person = add()
    token = api_tokens.issue(person, "mine")
    person_deletion.delete(person, person, person.email)
    with pytest.raises(Unauthorized):
        api_tokens.holder_of(token)
    with pytest.raises(NotFound):
        person_deletion.delete(person, person, person.email)
    again = stored.add_person(Person(str(uuid.uuid4()), person.email))  # the address is free
    removal.finish_all()
    assert stored.find_person(person.email) == again


@pytest.mark.parametrize("entered", ["", "other@example.com", None, 1, ["a@example.com"]])
def test_the_address_has_to_be_entered(entered: object) -> None:
    person = add()
    with pytest.raises(BadRequest) as raised:
        person_deletion.delete(person, person, entered)
    assert raised.value.field == "email"
    assert stored.get_person(person.id) == person


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("survived", range(0, 24, 3))
def test_a_deletion_that_dies_in_the_middle_is_finished_later(monkeypatch: pytest.MonkeyPatch, survived: int) -> None:
    """Each removal of the work could be the last one of the process."""
    person, friend = person_with_everything(), add()
    new_site(person, owner=friend)
    steps = 0
    kind_of = person_kinds.kind_of

    class Dead(BaseException):
        """The process ends."""

    def dying(person_id: str, item: Found) -> Any:
        nonlocal steps
        steps += 1
        if steps > survived:
            raise Dead
        return kind_of(person_id, item)

    with monkeypatch.context() as patch:
        patch.setattr(removal, "kind_of", dying)
        try:
            person_deletion.delete(person, person, person.email)
        except Dead:
            assert stored.get_person(person.id) is None
    assert person.id in {one.person_id for one in person_deletions.unfinished()}
    for _ in range(2):
        removal.finish_all()
    assert remaining(person) == set()
    assert person.id not in {one.person_id for one in person_deletions.unfinished()}


def test_what_was_stored_meanwhile_is_removed_before_it_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    person = add()
    person_deletion.delete(person, person, person.email)
    security_notices.add(person.id, "passkey_added")  # by a request that had begun before
    removal.finish_all()
    deletion = person_deletions.get(person.id)
    assert deletion is not None
    assert not deletion.finished, "it settles first"
    security_notices.add(person.id, "passkey_added")
    monkeypatch.setattr(config, "PERSON_DELETION_SETTLE_S", 0)
    removal.finish_all()
    assert remaining(person) == set()


def test_the_last_mail_says_that_the_account_is_gone_and_who_deleted_it(monkeypatch: pytest.MonkeyPatch) -> None:
    mails: list[tuple[Person, str, str]] = []
    monkeypatch.setattr(mail, "send", lambda to, template, *, by: mails.append((to, template, by)))
    person, other, administrator = add(), add(), dataclasses.replace(add(), admin=True)
    with pytest.raises(BadRequest):
        person_deletion.delete(person, person, "another@example.com")
    assert mails == []
    person_deletion.delete(person, person, person.email)
    person_deletion.delete(other, administrator, other.email)
    assert mails == [(person, "account-deleted", ""), (other, "account-deleted", administrator.email)]


@pytest.mark.usefixtures("at_once")
def test_an_item_that_is_declared_nowhere_raises_the_alarm() -> None:
    person = add()
    forgotten = CoreItem(f"novelty#{uuid.uuid4()}", "of", body=json.dumps({"person": person.id}))
    forgotten.save()
    person_deletion.delete(person, person, person.email)
    with pytest.raises(RuntimeError):
        removal.finish_all()
    assert person.id in {one.person_id for one in person_deletions.unfinished()}
    forgotten.delete()
    removal.finish_all()
    assert person.id not in {one.person_id for one in person_deletions.unfinished()}


# ── sites ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_only_owner_of_a_site_is_told_which_to_hand_over() -> None:
    person, editor = add(), add()
    alone, shared = new_site(person, editor=editor), new_site(person, owner=editor)
    plan = person_deletion.plan_of(person)
    assert ([one.id for one in plan.alone], [one.id for one in plan.shared]) == ([alone.id], [shared.id])
    with pytest.raises(Conflict, match="Site"):
        person_deletion.delete(person, person, person.email)
    assert stored.get_person(person.id) == person
    give(alone, editor, "owner")
    person_deletion.delete(person, person, person.email)


def test_the_sites_of_one_owner_are_deleted_with_the_account_if_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletions, "start_function", lambda: None)
    person, editor = add(), add()
    alone, shared = new_site(person, editor=editor), new_site(person, owner=editor)
    person_deletion.delete(person, person, person.email, with_sites=True)
    assert stored_sites.get_site(alone.id) is None
    assert deletions.get(alone.id) is not None
    assert stored_sites.get_site(shared.id) is not None
    monkeypatch.setattr(config, "PERSON_DELETION_SETTLE_S", 0)
    monkeypatch.setattr(config, "DELETION_SETTLE_S", 0)
    removal.finish_all()
    assert person.id in {one.person_id for one in person_deletions.unfinished()}, "it waits for the site's deletion"
    deletion_work.run(Context())
    removal.finish_all()
    assert {keys.split()[0][:9] for _, keys in trace_of(person)} <= {"deletion", "audit#202"}


@pytest.mark.parametrize("active", [True, False])
def test_sites_and_their_domain_go_to_another_owner(active: bool) -> None:
    person, friend = add(), add()
    site = new_site(person, owner=friend)
    second = new_site(person, site.domain, owner=friend)
    if not active:
        for one in (site, second):
            from chalicelib.store import site_changes

            site_changes.change_site(one.id, {"active": False})
    person_deletion.delete(person, person, person.email)
    for one in (site, second):
        now = stored_sites.get_site(one.id)
        assert now is not None
        assert now.owner == friend.id
        assert auth.may_view(friend, one.id)
        assert Right.SITE_OWN in auth.rights_in(friend, one)
    if active:
        assert domains.owner_of(site.domain) == friend.id


def test_an_owner_who_leaves_at_the_same_time_does_not_leave_a_site_without_one() -> None:
    """The other owner left after the check; whoever has the highest role inherits."""
    from chalicelib.store import site_changes

    person, friend, editor, viewer = add(), add(), add(), add()
    site = new_site(person, owner=friend, editor=editor, viewer=viewer)
    give(site, friend, "viewer")
    site_changes.leave(site.id, person.id)
    expected: dict[str, Role] = {editor.id: "owner", friend.id: "viewer", viewer.id: "viewer"}
    assert site_people.read(stored_sites.get_site(site.id) or site).roles == expected


# ── administrators ───────────────────────────────────────────────────────────────────────────────────────────


def test_administrators_delete_others_and_others_do_not(other_admin: Person) -> None:
    person, stranger = add(), add()
    with pytest.raises(NotFound):
        person_deletion.delete(person, stranger, person.email)
    person_deletion.delete(person, other_admin, person.email)
    deletion = person_deletions.get(person.id)
    assert deletion is not None
    assert deletion.by == other_admin.id


def test_the_last_administrator_cannot_be_deleted(monkeypatch: pytest.MonkeyPatch, other_admin: Person) -> None:
    monkeypatch.setattr(administrators, "find", lambda: [other_admin])
    assert person_deletion.plan_of(other_admin).last_administrator
    with pytest.raises(Conflict):
        person_deletion.delete(other_admin, other_admin, other_admin.email)
    assert stored.get_person(other_admin.id) == other_admin


def test_two_administrators_cannot_delete_each_other_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one sees the first as the one who remains, although that account is gone by then."""
    first, second = add(admin=True), add(admin=True)
    monkeypatch.setattr(administrators, "find", lambda: [first, second])
    person_deletion.delete(first, second, first.email)
    with pytest.raises(Conflict):
        person_deletion.delete(second, second, second.email)
    assert stored.get_person(second.id) == second


def test_all_administrators_are_found() -> None:
    one = stored.add_person(Person(str(uuid.uuid4()), f"{uuid.uuid4()}@example.com", '"admin": true', admin=False))
    boss = people.create_administrator(f"{uuid.uuid4()}@example.com")
    found = {each.id for each in administrators.find()}
    assert boss.id in found
    assert one.id not in found
