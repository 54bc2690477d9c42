"""The settings of the installation: defaults, changes, what is refused, and their entries in the audit log."""

import dataclasses
from typing import Any

import pytest

from chalicelib.accounts import audit_log, installation
from chalicelib.errors import BadRequest
from chalicelib.store import installation as stored
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person

KEY = b"k" * 32
ADMINISTRATOR = Person("1", "ada@example.com", admin=True)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    log: list[Any] = []

    def write(changed: Installation) -> Installation:
        log.append(changed)
        return changed

    monkeypatch.setattr(installation, "encryption_key", lambda: KEY)
    monkeypatch.setattr(stored, "read", lambda: Installation(oidc_client_secret="secret"))
    monkeypatch.setattr(stored, "write", write)
    monkeypatch.setattr(audit_log, "record", lambda *given, **details: log.append((given, details)))
    return log


def test_a_change_is_written_and_recorded_without_values(written: list[Any]) -> None:
    changed = installation.change(ADMINISTRATOR, {"name": "Acme", "sign_up": "open", "oidc_client_secret": "other"})
    assert (changed.name, changed.sign_up) == ("Acme", "open")
    assert written == [
        changed,
        ((ADMINISTRATOR, "installation.change"), {"settings": "name, oidc_client_secret, sign_up"}),
    ]
    assert "secret" not in repr(changed).replace("oidc_client_secret", "")


def test_the_client_secret_is_stored_encrypted(written: list[Any]) -> None:
    changed = installation.change(ADMINISTRATOR, {"oidc_client_secret": "a new one"})
    assert changed.oidc_client_secret == ""
    assert "a new one" not in str(dataclasses.asdict(changed))
    assert installation.client_secret_of(changed) == "a new one"


def test_a_readable_secret_of_an_earlier_version_works_until_settings_are_saved(written: list[Any]) -> None:
    before = stored.read()
    assert installation.client_secret_of(before) == "secret"
    for changes in ({"name": "Acme"}, {"oidc_client_secret": "secret"}):
        changed = installation.change(ADMINISTRATOR, changes)
        assert (changed.oidc_client_secret, installation.client_secret_of(changed)) == ("", "secret")
    assert [one[1] for one in written if isinstance(one, tuple)] == [{"settings": "name"}]


def test_a_secret_can_be_kept_replaced_and_removed(written: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = installation.change(None, {"oidc_client_secret": "first"})
    monkeypatch.setattr(stored, "read", lambda: sealed)
    written.clear()
    assert installation.change(None, {"oidc_client_secret": "first"}) == sealed
    assert not written
    assert installation.change(None, {"name": "Acme"}).oidc_sealed_secret == sealed.oidc_sealed_secret
    assert installation.client_secret_of(installation.change(None, {"oidc_client_secret": "second"})) == "second"
    assert not installation.change(None, {"oidc_client_secret": ""}).has_client_secret


def test_a_secret_whose_key_is_gone_counts_as_none_and_can_be_replaced(
    written: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = installation.change(None, {"oidc_client_secret": "first"})
    monkeypatch.setattr(stored, "read", lambda: sealed)
    monkeypatch.setattr(installation, "encryption_key", lambda: b"x" * 32)
    assert installation.client_secret_of(sealed) == ""
    assert not installation.change(None, {"oidc_client_secret": ""}).has_client_secret
    assert installation.client_secret_of(installation.change(None, {"oidc_client_secret": "second"})) == "second"


def test_what_is_the_same_is_not_written(written: list[Any]) -> None:
    installation.change(ADMINISTRATOR, {"name": "Shylight"})
    assert not written


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 3}, {"owner": "x"}, {"sign_up": "sometimes"}, {"oidc_only": "yes"}, {"name": 1}, {"name": "  "},
        {"name": "x" * 101}, {"name": "a\nb"}, {"oidc_name": "x\x00"}, {"oidc_client_id": "x" * 1001},
        {"mail_sender": "nobody"}, {"oidc_issuer": "javascript:alert(1)"}, {"oidc_sealed_secret": "1.AAAA"},
        {"oidc_client_secret": None},
    ],
)  # fmt: skip
def test_unknown_settings_and_invalid_values_are_refused(written: list[Any], changes: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as refused:
        installation.change(ADMINISTRATOR, changes)
    assert refused.value.field == next(iter(changes))
    assert not written
