"""The settings of the installation: defaults, changes, what is refused, and their entries in the audit log."""

from typing import Any

import pytest

from chalicelib.accounts import audit_log, installation
from chalicelib.errors import BadRequest
from chalicelib.store import installation as stored
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person

ADMINISTRATOR = Person("1", "ada@example.com", admin=True)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    log: list[Any] = []

    def write(changed: Installation) -> Installation:
        log.append(changed)
        return changed

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


def test_what_is_the_same_is_not_written(written: list[Any]) -> None:
    installation.change(ADMINISTRATOR, {"name": "Shylight"})
    assert not written


@pytest.mark.parametrize(
    "changes", [{"version": 3}, {"owner": "x"}, {"sign_up": "sometimes"}, {"oidc_only": "yes"}, {"name": 1}]
)
def test_unknown_settings_and_invalid_values_are_refused(written: list[Any], changes: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as refused:
        installation.change(ADMINISTRATOR, changes)
    assert refused.value.field == next(iter(changes))
    assert not written
