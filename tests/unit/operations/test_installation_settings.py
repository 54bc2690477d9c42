"""Settings of the installation as administrators change them: nobody is locked out, and no secret goes astray."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.accounts import audit_log, installation
from chalicelib.accounts.oidc import code_flow
from chalicelib.errors import BadRequest
from chalicelib.operations import installation_settings
from chalicelib.store import administrators, provider_identities
from chalicelib.store import installation as stored
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person
from chalicelib.store.provider_identities import Identity

ADMINISTRATOR = Person("1", "ada@example.com", admin=True)
ISSUER = "https://idp.example"
PROVIDER: dict[str, Any] = {"oidc_issuer": ISSUER, "oidc_client_id": "id", "oidc_client_secret": "secret"}
Change = Callable[..., Installation]


class World:
    """What is stored, what the provider says, and which identities administrators have."""

    def __init__(self) -> None:
        self.settings = Installation()
        self.problems: list[str] = []
        self.issuers: list[str] = []
        self.asked: list[Installation] = []

    def check(self, settings: Installation) -> list[str]:
        self.asked.append(settings)
        return self.problems

    def write(self, changed: Installation) -> Installation:
        self.settings = changed
        return changed

    def change(self, **changes: Any) -> Installation:
        return installation_settings.change(ADMINISTRATOR, changes)

    def refused(self, **changes: Any) -> BadRequest:
        before = self.settings
        with pytest.raises(BadRequest) as refused:
            self.change(**changes)
        assert self.settings == before
        return refused.value


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(stored, "read", lambda: world.settings)
    monkeypatch.setattr(stored, "write", world.write)
    monkeypatch.setattr(installation, "encryption_key", lambda: b"k" * 32)
    monkeypatch.setattr(audit_log, "record", lambda *_, **__: None)
    monkeypatch.setattr(code_flow, "check", world.check)
    monkeypatch.setattr(administrators, "find", lambda: [ADMINISTRATOR])
    monkeypatch.setattr(
        provider_identities, "identities_of", lambda _: [Identity("x", issuer, "", 1) for issuer in world.issuers]
    )
    return world


def test_settings_that_are_not_the_providers_do_not_ask_it(world: World) -> None:
    world.change(name="Acme", sign_up="open", oidc_name="Acme ID", mail_sender="stats@example.com")
    assert (world.settings.name, world.asked) == ("Acme", [])


def test_a_provider_is_asked_before_it_is_stored(world: World) -> None:
    world.problems = ["The provider has no keys."]
    assert world.refused(**PROVIDER).message == "The provider has no keys."
    world.problems = []
    world.change(**PROVIDER)
    assert world.settings.has_provider
    assert installation.client_secret_of(world.asked[-1]) == "secret"


def test_encrypting_a_readable_secret_of_an_earlier_version_does_not_ask_the_provider(world: World) -> None:
    world.settings, world.problems = Installation(**PROVIDER), ["It does not answer."]
    changed = world.change(name="Acme")
    assert (changed.oidc_client_secret, installation.client_secret_of(changed)) == ("", "secret")
    assert world.asked == []


@pytest.mark.parametrize("changes", [{"oidc_client_id": "id"}, {"oidc_client_secret": "secret"}])
def test_half_a_provider_is_refused(world: World, changes: dict[str, Any]) -> None:
    assert world.refused(**changes).field == "oidc_issuer"


@pytest.mark.parametrize(("missing", "field"), [("oidc_client_id", "oidc_client_id"), ("oidc_client_secret",) * 2])
def test_what_is_missing_is_named(world: World, missing: str, field: str) -> None:
    world.problems = ["Something is missing."]
    assert world.refused(**{**PROVIDER, missing: ""}).field == field


def test_an_empty_issuer_removes_the_provider_and_its_secret(world: World) -> None:
    world.change(**PROVIDER)
    world.asked.clear()
    left = world.change(oidc_issuer="")
    assert (left.oidc_client_id, left.has_client_secret, world.asked) == ("", False, [])


class TestTheOnlyWayIn:
    @pytest.fixture(autouse=True)
    def _provider(self, world: World) -> None:
        world.change(**PROVIDER)

    def test_an_administrator_must_have_an_identity_there(self, world: World) -> None:
        world.issuers = ["https://other.example"]
        refused = world.refused(oidc_only=True)
        assert refused.field == "oidc_only"
        assert "Connected identities" in refused.message
        world.issuers = [ISSUER]
        assert world.change(oidc_only=True).oidc_only

    def test_the_provider_must_work(self, world: World) -> None:
        world.issuers, world.problems = [ISSUER], ["It does not answer."]
        assert world.refused(oidc_only=True).message == "It does not answer."

    def test_it_cannot_be_moved_to_a_provider_where_no_administrator_has_an_identity(self, world: World) -> None:
        world.issuers = [ISSUER]
        world.change(oidc_only=True)
        assert world.refused(oidc_issuer="https://other.example", oidc_client_secret="x").field == "oidc_only"

    def test_the_provider_cannot_be_removed_while_it_is_the_only_way(self, world: World) -> None:
        world.issuers = [ISSUER]
        world.change(oidc_only=True)
        assert world.refused(oidc_issuer="").field == "oidc_only"
        assert world.refused(oidc_client_secret="").field == "oidc_only"
        assert not world.change(oidc_issuer="", oidc_only=False).has_provider

    def test_it_can_be_turned_off_when_the_provider_works_no_longer(self, world: World) -> None:
        world.issuers = [ISSUER]
        world.change(oidc_only=True)
        world.problems, world.issuers = ["It does not answer."], []
        assert not world.change(oidc_only=False).oidc_only

    def test_other_settings_can_be_changed_when_the_provider_works_no_longer(self, world: World) -> None:
        world.issuers = [ISSUER]
        world.change(oidc_only=True)
        world.problems, world.issuers = ["It does not answer."], []
        assert world.change(name="Acme", oidc_only=True).name == "Acme"


def test_the_secret_of_one_provider_is_never_sent_to_another(world: World) -> None:
    """Whoever changes the issuer would otherwise get the secret at the next sign-in."""
    world.change(**PROVIDER)
    world.asked.clear()
    for changes in ({}, {"oidc_client_id": "other"}, {"oidc_client_secret": ""}):
        assert world.refused(oidc_issuer="https://other.example", **changes).field == "oidc_client_secret"
    assert world.asked == []
    world.change(oidc_issuer="https://other.example", oidc_client_secret="another")
    assert world.settings.oidc_issuer == "https://other.example"
