"""The page of API tokens: what it shows of a token, and what becomes of its form."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.accounts.access import new_token
from chalicelib.accounts.access.api_tokens import SCOPES, ApiToken
from chalicelib.dashboard.account import api_tokens
from chalicelib.errors import Conflict
from chalicelib.routing import FULL_ACCESS, Access, Scope
from tests.unit.dashboard import api_samples, samples

SECRET = "shy_" + "s" * 72
MADE = ApiToken("id", "Report", "shy_ssssssss", FULL_ACCESS, 1_795_000_000)


@pytest.fixture
def created(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked for; a token is made each time."""
    asked: list[dict[str, Any]] = []

    def create(_person: object, data: dict[str, Any]) -> tuple[ApiToken, str]:
        asked.append(data)
        return MADE, SECRET

    monkeypatch.setattr(new_token, "create", create)
    return asked


def test_a_token_is_shown_once_and_with_all_that_is_known_of_it() -> None:
    access = Access(frozenset({Scope.STATS_READ}), frozenset({samples.SITE.id, "gone", "lost"}), 4_000_000_000)
    entry = api_tokens.entry(ApiToken("id", "Report", "shy_abc", access, 0, 1_795_000_000), [samples.SITE])
    assert entry.sites == "Fieldnotes, 2 sites that you cannot see"
    assert (entry.created, entry.expires, entry.scopes) == ("1 Jan 1970", "2 Oct 2096", ("stats:read",))
    assert entry.used == "18 Nov 2026, about 11:06 UTC"
    of_before = api_tokens.entry(api_samples.API_TOKENS[0], [])
    assert (of_before.scopes, of_before.sites, of_before.expires) == ((), "All", "Never")
    assert "All scopes" in api_samples.tokens(api_samples.API_TOKENS[0]).body.decode()
    assert api_tokens.entry(api_samples.API_TOKENS[3], []).expires == "1 Jan 1970 (expired)"


def test_the_form_offers_every_scope_and_every_site() -> None:
    text = api_samples.tokens().body.decode()
    offered = re.findall(r'type="checkbox" name="([^"]+)"', text)
    sites = [samples.SITE.id, samples.LONG_SITE.id]
    assert offered == [*(f"scope {scope.value}" for scope in SCOPES), *(f"site {site}" for site in sites)]


def test_a_new_token_is_made_of_what_was_chosen_and_shown(created: list[dict[str, Any]]) -> None:
    form = {
        "name": "Report", "scope stats:read": "on", "scope sites:read": "on", f"site {samples.SITE.id}": "on",
        "life": "30", "csrf": "token",
    }  # fmt: skip
    answer = api_samples.tokens(form=form)
    (data,) = created
    expires = datetime.fromisoformat(data.pop("expires_at"))
    assert timedelta(days=29) < expires - datetime.now(UTC) < timedelta(days=31)
    assert data == {"name": "Report", "scopes": ["sites:read", "stats:read"], "sites": [samples.SITE.id]}
    assert answer.status_code == 200
    assert SECRET in answer.body.decode()
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_for_all_sites_that_does_not_expire_has_to_be_chosen(created: list[dict[str, Any]]) -> None:
    for life, expires in (("", False), ("90", True), ("rubbish", True)):
        api_samples.tokens(form={"name": "Report", "scope stats:read": "on", "life": life})
        assert created[-1]["sites"] is None
        assert (created[-1]["expires_at"] is not None) is expires
    api_samples.tokens(form={"name": "Report"})
    assert created[-1]["expires_at"] is not None


def test_a_mistake_is_shown_at_its_field_and_what_was_entered_is_kept() -> None:
    answer = api_samples.tokens(form={"name": "x" * 101, "scope stats:read": "on", "life": "365"})
    text = html.unescape(answer.body.decode())
    assert answer.status_code == 400
    assert 'id="name-error">A token needs a name of 1 to 100 printable characters.' in text
    assert 'name="scope stats:read" checked' in text
    assert '<option value="365" selected>' in text
    no_scope = api_samples.tokens(form={"name": "Report"})
    assert 'id="scopes-error">Choose what the token may be used for.' in no_scope.body.decode()


def test_an_error_that_belongs_to_no_field_is_shown_on_top(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(_person: object, _data: object) -> None:
        raise Conflict("You have 200 API tokens. Revoke one that you no longer use.")

    monkeypatch.setattr(new_token, "create", create)
    answer = api_samples.tokens(form={"name": "Report"})
    assert answer.status_code == 409
    assert re.search('role="alert".*You have 200 API tokens', answer.body.decode())
