"""Where people sign in through the provider only, no password gets anybody in, and none can be set."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib.accounts import audit_log, installation, one_time_links
from chalicelib.accounts.access import api_tokens, auth
from chalicelib.accounts.one_time_links import RESET_PASSWORD, SIGN_IN, SIGN_UP, Link
from chalicelib.accounts.own_account import password_change
from chalicelib.accounts.people import people
from chalicelib.accounts.sign_in import login, second_factor, sign_up
from chalicelib.config import Settings
from chalicelib.dashboard.sign_in import first_step, passkey
from chalicelib.errors import BadRequest, Conflict, Forbidden
from chalicelib.store import installation as stored
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person
from chalicelib.store.second_factors import Factors
from tests.unit.dashboard import samples

ADA = Person("1", "ada@example.com", password_hash="$argon2id$")
SET_UP: dict[str, Any] = {
    "oidc_issuer": "https://idp.example", "oidc_client_id": "id", "oidc_client_secret": "secret",
}  # fmt: skip
PROVIDER = Installation(sign_up="open", **SET_UP)
HERE, ADDRESS, PASSWORD = "192.0.2.1", "https://stats.example", "a password of some length"
DETAILS = {"email": "new@example.com", "name": "", "password_hash": "x", "language": "en"}


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "cached", lambda: dataclasses.replace(PROVIDER, oidc_only=True))


WITH_PASSWORDS: dict[str, Callable[[], Any]] = {
    "sign in": lambda: login.sign_in(ADA.email, PASSWORD, HERE),
    "sign in with nothing": lambda: login.sign_in("", "", HERE),
    "change": lambda: password_change.change(ADA, PASSWORD, PASSWORD, HERE, ADDRESS),
    "ask for a link": lambda: password_change.send_reset_link(ADA.email, HERE, ADDRESS),
    "reset": lambda: password_change.reset(Link(RESET_PASSWORD, "x", "1", ADA, {}), PASSWORD, ADDRESS),
    "confirm a sign-up": lambda: sign_up.confirm(Link(SIGN_UP, "x", "2", None, DETAILS), PASSWORD, HERE),
}


@pytest.mark.parametrize("way", WITH_PASSWORDS)
@pytest.mark.usefixtures("only")
def test_passwords_are_refused_before_anything_else(way: str) -> None:
    """Nothing is read or counted: the store does not answer here."""
    with pytest.raises(Forbidden, match=r"People sign in with idp\.example here"):
        WITH_PASSWORDS[way]()


@pytest.mark.usefixtures("only")
def test_nobody_signs_up_with_a_password() -> None:
    assert sign_up.availability() == "closed"
    with pytest.raises(Conflict):
        sign_up.sign_up("", "new@example.com", PASSWORD, HERE, ADDRESS)


@pytest.mark.usefixtures("only")
def test_passkeys_sign_nobody_in() -> None:
    with pytest.raises(Forbidden):
        passkey.sign_in(samples.request("/passkey", method="POST", body=b"credential=x"))


@pytest.mark.usefixtures("only")
def test_a_link_of_the_command_line_signs_in_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a provider that fails keeps nobody out for good."""
    newcomer = dataclasses.replace(ADA, password_hash=None)
    used: list[Link] = []
    monkeypatch.setattr(one_time_links, "find", lambda *_: Link(SIGN_IN, "token", "1", newcomer, {}))
    monkeypatch.setattr(one_time_links, "use", used.append)
    monkeypatch.setattr(api_tokens, "tokens_of", lambda _: [])
    monkeypatch.setattr(second_factor, "factors_of", lambda _: Factors())
    monkeypatch.setattr(people, "set_password", lambda *_: pytest.fail("a password was set"))
    monkeypatch.setattr(audit_log, "record", lambda *_, **__: None)
    for name in ("begin_session", "remember_browser"):
        monkeypatch.setattr(auth, name, lambda *_: "cookie=x")
    page = first_step.show_link(samples.request("/sign-in/token"), "token").body.decode()
    assert 'type="password"' not in page
    for body in (b"", b"password=a+password+of+some+length"):
        answer = first_step.use_link(samples.request("/sign-in/token", method="POST", body=body), "token")
        assert (answer.status_code, answer.headers["Location"]) == (303, "../sites")
    assert len(used) == 2


class TestSettings:
    @pytest.fixture(autouse=True)
    def _written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(installation, "encryption_key", lambda: b"k" * 32)
        monkeypatch.setattr(stored, "read", Installation)
        monkeypatch.setattr(stored, "write", lambda changed: changed)
        monkeypatch.setattr(audit_log, "record", lambda *_, **__: None)

    @pytest.mark.parametrize(
        "issuer",
        [
            "idp.example", "http://idp.example", "https://", "https://user@idp.example", "javascript:alert(1)",
            "https://idp.example/#x", "https://idp example", "https://idp.example\r\n", "file:///etc/passwd",
        ],
    )  # fmt: skip
    def test_an_issuer_is_the_url_of_a_website(self, issuer: str) -> None:
        deployed = Settings(stage="prod")
        with (
            patch("chalicelib.outgoing_http.settings", return_value=deployed),
            pytest.raises(BadRequest, match="oidc_issuer must be a URL"),
        ):
            installation.change(None, {"oidc_issuer": issuer})

    @pytest.mark.parametrize(
        "issuer", ["", "https://idp.example", "https://idp.example/realms/x/", "https://x.example:8443"]
    )
    def test_issuers(self, issuer: str) -> None:
        installation.change(None, {"oidc_issuer": issuer, "name": str(time.time())})

    def test_the_only_way_must_be_a_way(self) -> None:
        with pytest.raises(BadRequest, match="oidc_only needs a provider"):
            installation.change(None, {"oidc_only": True, "oidc_issuer": "https://idp.example"})
        changed = installation.change(None, {**SET_UP, "oidc_only": True})
        assert changed.has_provider
