"""Whose an identity is: by issuer and subject; by a verified address only where nobody can be robbed of an account."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.accounts import audit_log
from chalicelib.accounts.mailing import notices
from chalicelib.accounts.mailing.texts import SECURITY_CHANGES
from chalicelib.accounts.oidc import browser_state, identities
from chalicelib.accounts.oidc.browser_state import WaitingIdentity
from chalicelib.accounts.oidc.identities import Claims, MustConfirm
from chalicelib.accounts.sign_in import invitation_acceptance, second_factor, sign_in_ways
from chalicelib.config import MAX_IDENTITIES
from chalicelib.errors import BadRequest, Conflict, Forbidden
from chalicelib.store import people, provider_identities
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person
from chalicelib.store.provider_identities import Identity, digest_of
from chalicelib.store.second_factors import Factors, Passkey, Totp

ISSUER = "https://idp.example"
PASSKEY, TOTP = Passkey("1", b"id", b"key", "Laptop"), Totp("1.x", 1, 0)
SET_UP = {"oidc_issuer": ISSUER, "oidc_client_id": "id", "oidc_client_secret": "secret"}


class Tables:
    """Stands in for people, identities, used tokens and the audit log."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.identities: dict[str, tuple[str, Identity]] = {}
        self.used: set[str] = set()
        self.invited: set[str] = set()
        self.log: list[str] = []
        self.factors = Factors()
        self.settings = Installation(**SET_UP)  # type: ignore[arg-type]

    def find_person(self, email: str) -> Person | None:
        return next((one for one in self.people.values() if one.email.casefold() == email.casefold()), None)

    def add_person(self, person: Person) -> Person:
        if self.find_person(person.email):
            raise Conflict("taken")
        self.people[person.id] = person
        return person

    def person_with(self, digest: str) -> Person | None:
        person_id, _ = self.identities.get(digest, ("", None))
        return self.people.get(person_id)

    def identities_of(self, person_id: str) -> list[Identity]:
        return [identity for owner, identity in self.identities.values() if owner == person_id]

    def connect(self, person_id: str, identity: Identity) -> None:
        if self.identities.setdefault(identity.digest, (person_id, identity))[0] != person_id:
            raise Conflict("taken")

    def disconnect(self, person_id: str, digest: str) -> bool:
        return self.identities.pop(digest, ("", None))[0] == person_id

    def use_identity(self, identity: WaitingIdentity) -> bool:
        fresh = identity.id not in self.used
        self.used.add(identity.id)
        return fresh

    def record(self, actor: Person, action: str, **details: str) -> None:
        assert details == {"subject": actor.id}
        self.log.append(action)

    def security_changed(self, person: Person, kind: str) -> None:
        assert kind in SECURITY_CHANGES
        assert self.log[-1] == {
            "identity_connected": "person.connect_identity",
            "identity_disconnected": "person.disconnect_identity",
        }.get(kind)

    def is_invited(self, email: str) -> bool:
        return email in self.invited

    def factors_of(self, person: Person) -> Factors:
        return self.factors

    def set_up(self, **changes: Any) -> None:
        self.settings = Installation(**(SET_UP | changes))

    def add(self, name: str, email: str = "ada@example.com", **more: Any) -> Person:
        return self.add_person(Person(name, email, **more))


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    made = Tables()
    for module, names in (
        (people, ("find_person", "add_person")),
        (provider_identities, ("person_with", "identities_of", "connect", "disconnect")),
        (browser_state, ("use_identity",)),
        (audit_log, ("record",)),
        (notices, ("security_changed",)),
        (second_factor, ("factors_of",)),
        (invitation_acceptance, ("is_invited",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(made, name))
    monkeypatch.setattr(invitation_acceptance, "is_invited", lambda email: email in made.invited)
    for module in (sign_in_ways, identities):
        monkeypatch.setattr(module, "settings_of_installation", lambda: made.settings)
    return made


def claims(subject: str = "1", email: str = "ada@example.com", issuer: str = ISSUER) -> Claims:
    return Claims(issuer, subject, email, "Ada")


def waiting(person: Person, subject: str = "1") -> WaitingIdentity:
    return WaitingIdentity(f"waiting-{subject}", person.id, ISSUER, subject, "ada@example.com", 0)


class TestClaims:
    @pytest.mark.parametrize(
        ("verified", "counts"),
        [
            (True, True), ("true", True), (False, False), (None, False), ("false", False), ("True", False),
            (1, False), ("", False), ([True], False), ({}, False),
        ],
    )  # fmt: skip
    def test_an_address_counts_only_if_the_provider_says_that_it_is_verified(self, verified: Any, counts: bool) -> None:
        given = {"email": " ada@example.com ", "email_verified": verified}
        assert identities.read_claims(ISSUER, "1", given).email == ("ada@example.com" if counts else "")

    @pytest.mark.parametrize(
        "email", [None, 1, [], "", "ada", "a@b@c.example", "ada@example.com\r\nBcc: x@y.example", "é@x.example"]
    )
    def test_what_is_no_address(self, email: Any) -> None:
        assert identities.read_claims(ISSUER, "1", {"email": email, "email_verified": True}).email == ""

    @pytest.mark.parametrize(
        ("name", "shown"),
        [("Ada <b>", "Ada <b>"), (None, ""), (1, ""), ("", ""), ("x" * 101, ""), ("a\x00b", ""), ("\u202eada", "")],
    )
    def test_a_name_that_cannot_be_used_is_left_out(self, name: Any, shown: str) -> None:
        assert identities.read_claims(ISSUER, "1", {"name": name}).name == shown

    def test_issuer_and_subject_are_kept_apart(self) -> None:
        assert len({digest_of("a", "b c"), digest_of("a b", "c"), digest_of("a b c", ""), digest_of("1 a", "b c")}) == 4


class TestKnownIdentities:
    def test_an_identity_stays_its_persons_whatever_its_address_becomes(self, tables: Tables) -> None:
        ada = tables.add("ada")
        tables.add("bob", "bob@example.com")
        tables.connect("ada", Identity(digest_of(ISSUER, "1"), ISSUER, "", 0))
        for email in ("ada@example.com", "bob@example.com", "", "new@example.com"):
            assert identities.person_for(claims(email=email), None) == ada
        assert tables.log == []

    def test_the_same_subject_of_another_provider_is_somebody_else(self, tables: Tables) -> None:
        tables.add("ada")
        tables.connect("ada", Identity(digest_of(ISSUER, "1"), ISSUER, "", 0))
        with pytest.raises(Forbidden):
            identities.person_for(claims(issuer="https://other.example", email=""), None)

    def test_nobody_changes_accounts_without_signing_out(self, tables: Tables) -> None:
        tables.add("ada")
        bob = tables.add("bob", "bob@example.com")
        tables.connect("ada", Identity(digest_of(ISSUER, "1"), ISSUER, "", 0))
        with pytest.raises(Conflict):
            identities.person_for(claims(), bob)


class TestExistingAccounts:
    @pytest.mark.parametrize("account", [{"password_hash": "x"}, {"admin": True}], ids=["password", "administrator"])
    def test_the_owner_has_to_sign_in_first(self, tables: Tables, account: dict[str, Any]) -> None:
        ada = tables.add("ada", **account)
        with pytest.raises(MustConfirm) as raised:
            identities.person_for(claims(), None)
        assert raised.value.person == ada
        assert tables.identities == {}

    @pytest.mark.parametrize("factors", [Factors(passkeys=(PASSKEY,)), Factors(totp=TOTP)], ids=["passkey", "app"])
    def test_the_owner_of_a_second_factor_has_to_sign_in_first(self, tables: Tables, factors: Factors) -> None:
        tables.add("ada")
        tables.factors = factors
        with pytest.raises(MustConfirm):
            identities.person_for(claims(), None)

    def test_an_account_that_nobody_can_sign_in_to_otherwise_is_connected(self, tables: Tables) -> None:
        ada = tables.add("ada", "Ada@Example.com")
        assert identities.person_for(claims(), None) == ada
        assert identities.person_for(claims(email=""), None) == ada
        assert tables.log == ["person.connect_identity"]

    @pytest.mark.parametrize("account", [{"password_hash": "x"}, {"admin": True}, {}], ids=str)
    def test_where_passwords_are_not_used_the_provider_decides(self, tables: Tables, account: dict[str, Any]) -> None:
        tables.set_up(oidc_only=True)
        ada = tables.add("ada", **account)
        assert identities.person_for(claims(), None) == ada

    @pytest.mark.parametrize("only", [True, False])
    def test_an_address_that_the_provider_gave_to_somebody_else_opens_no_account(
        self, tables: Tables, only: bool
    ) -> None:
        tables.set_up(oidc_only=only)
        tables.add("ada")
        identities.person_for(claims("the former owner"), None)
        with pytest.raises(Forbidden, match="another identity"):
            identities.person_for(claims("the new owner"), None)

    @pytest.mark.parametrize("only", [True, False])
    def test_an_address_that_is_not_verified_opens_no_account(self, tables: Tables, only: bool) -> None:
        tables.set_up(oidc_only=only, sign_up="open")
        tables.add("ada")
        with pytest.raises(Forbidden, match="verified"):
            identities.person_for(claims(email=""), None)
        assert len(tables.people) == 1

    @pytest.mark.parametrize(("stored", "given"), [("ada@strasse.example", "ada@straße.example")])
    def test_addresses_that_only_look_the_same_in_lower_case_are_two(
        self, tables: Tables, stored: str, given: str
    ) -> None:
        tables.set_up(oidc_only=True)
        tables.add("ada", stored)
        with pytest.raises(MustConfirm):
            identities.person_for(claims(email=given), None)

    def test_somebody_who_is_signed_in_has_to_confirm(self, tables: Tables) -> None:
        """Otherwise another site could connect an identity of its own to their account."""
        bob = tables.add("bob", "bob@example.com")
        for email in ("ada@example.com", "bob@example.com", ""):
            with pytest.raises(MustConfirm) as raised:
                identities.person_for(claims(email=email), bob)
            assert raised.value.person == bob


class TestNewPeople:
    def test_an_account_is_created_where_everybody_may_sign_up(self, tables: Tables) -> None:
        tables.set_up(sign_up="open")
        person = identities.person_for(claims(), None)
        assert (person.email, person.name, person.admin, person.password_hash) == (
            "ada@example.com",
            "Ada",
            False,
            None,
        )
        assert identities.person_for(claims(), None) == person
        assert tables.log == ["person.sign_up", "person.connect_identity"]

    @pytest.mark.parametrize("only", [True, False])
    def test_an_account_is_created_for_an_address_that_is_invited(self, tables: Tables, only: bool) -> None:
        tables.set_up(sign_up="invited", oidc_only=only)
        tables.invited = {"ada@example.com"}
        assert identities.person_for(claims(), None).email == "ada@example.com"
        with pytest.raises(Forbidden):
            identities.person_for(claims("2", ""), None)

    @pytest.mark.parametrize("sign_up", ["closed", "invited"])
    @pytest.mark.parametrize("only", [True, False])
    def test_nobody_gets_an_account_where_sign_up_is_not_open(self, tables: Tables, sign_up: str, only: bool) -> None:
        tables.set_up(sign_up=sign_up, oidc_only=only)
        with pytest.raises(Forbidden, match="no account"):
            identities.person_for(claims(), None)
        assert tables.people == {}

    @pytest.mark.parametrize("sign_up", ["closed", "invited"])
    def test_who_is_invited_gets_an_account(self, tables: Tables, sign_up: str) -> None:
        tables.set_up(sign_up=sign_up)
        tables.invited.add("ada@example.com")
        assert identities.person_for(claims(), None).email == "ada@example.com"


class TestConnecting:
    def test_an_identity_is_connected_once(self, tables: Tables) -> None:
        ada = tables.add("ada")
        identities.connect(ada, waiting(ada))
        with pytest.raises(BadRequest):
            identities.connect(ada, waiting(ada))
        assert identities.person_for(claims(), None) == ada

    def test_an_identity_belongs_to_one_account(self, tables: Tables) -> None:
        ada, bob = tables.add("ada"), tables.add("bob", "bob@example.com")
        tables.connect("bob", Identity(digest_of(ISSUER, "1"), ISSUER, "", 0))
        with pytest.raises(Conflict):
            identities.connect(ada, waiting(ada))
        assert identities.person_for(claims(), None) == bob

    def test_there_is_a_limit(self, tables: Tables) -> None:
        ada = tables.add("ada")
        for number in range(MAX_IDENTITIES):
            identities.connect(ada, waiting(ada, str(number)))
        with pytest.raises(Conflict, match=str(MAX_IDENTITIES)):
            identities.connect(ada, waiting(ada, "more"))

    def test_nobody_disconnects_their_only_way_in(self, tables: Tables) -> None:
        ada = tables.add("ada")
        identities.connect(ada, waiting(ada, "1"))
        identities.connect(ada, waiting(ada, "2"))
        identities.disconnect(ada, digest_of(ISSUER, "1"))
        with pytest.raises(Conflict, match="password"):
            identities.disconnect(ada, digest_of(ISSUER, "2"))
        assert list(tables.identities) == [digest_of(ISSUER, "2")]
        tables.factors = Factors(passkeys=(PASSKEY,))
        identities.disconnect(ada, digest_of(ISSUER, "2"))
        assert tables.identities == {}

    def test_identities_of_others_cannot_be_disconnected(self, tables: Tables) -> None:
        ada, bob = tables.add("ada", password_hash="x"), tables.add("bob", "bob@example.com", password_hash="x")
        identities.connect(bob, waiting(bob))
        tables.log.clear()
        identities.disconnect(ada, "unknown")
        assert tables.log == []


class TestWays:
    @pytest.mark.parametrize("missing", SET_UP)
    def test_a_provider_that_is_not_set_up_completely_keeps_nobody_out(self, tables: Tables, missing: str) -> None:
        tables.set_up(oidc_only=True, **{missing: ""})
        assert sign_in_ways.sign_in_ways() == sign_in_ways.SignInWays()
        sign_in_ways.refuse_if_provider_only()

    @pytest.mark.parametrize("only", [True, False])
    def test_passwords_are_refused_where_the_provider_is_the_only_way(self, tables: Tables, only: bool) -> None:
        tables.set_up(oidc_only=only, oidc_name="Example")
        assert sign_in_ways.sign_in_ways() == sign_in_ways.SignInWays("Example", provider_only=only)
        if only:
            with pytest.raises(Forbidden, match="Example"):
                sign_in_ways.refuse_if_provider_only()
        else:
            sign_in_ways.refuse_if_provider_only()

    def test_a_provider_without_a_name_is_called_by_its_host(self, tables: Tables) -> None:
        assert sign_in_ways.sign_in_ways().provider == "idp.example"
