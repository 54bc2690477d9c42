"""Running the installation over HTTP: dead letters make their round, and settings are checked before they are kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.http_client import Answer
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.api_examples import DEAD_LETTER
from tests.stack.calls import Caller, wait_for
from tests.stack.people import run

API = "/administration"
# What is stored of the settings, as it is stored; and a readable secret, as earlier versions stored it.
STORED = """
from chalicelib.store.tables import CoreItem
print(CoreItem.get("installation", "settings", consistent_read=True).body)
"""
READABLE = """
import dataclasses
from chalicelib.store import installation
installation.write(dataclasses.replace(installation.read(), oidc_client_secret="a readable secret"))
"""


def letters(caller: Caller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.api("GET", f"{API}/dead-letters").json()["dead_letters"]
    return found


@pytest.mark.skipif(ON_LOCALSTACK, reason="dead letters of other tests are there")
def test_a_dead_letter_is_looked_at_redriven_and_discarded(stack: Deployed, caller: Caller) -> None:
    """What still cannot be stored comes back, with the worker's own reason."""
    letter = run(stack, DEAD_LETTER).split()[-1]
    shown = caller.api("GET", f"{API}/dead-letters/{letter}").json()
    assert (shown["reason"], shown["body"]) == ("unreadable", "{}")
    assert caller.api("POST", f"{API}/dead-letters/redrive", {"ids": [letter]}).json()["redriven"] == 1
    assert caller.api("GET", f"{API}/dead-letters/{letter}").status == 404
    back = wait_for(lambda: [one["id"] for one in letters(caller) if one["reason"] == "not_an_event"], bool)
    discarded = caller.api("POST", f"{API}/dead-letters/discard", {"reason": "not_an_event"}).json()
    assert discarded["discarded"] >= 1
    assert not {*back} & {one["id"] for one in letters(caller)}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"oidc_only": True}, "oidc_only"),
        ({"oidc_client_id": "x"}, "oidc_issuer"),
        ({"oidc_issuer": "https://127.0.0.1:9", "oidc_client_id": "x", "oidc_client_secret": "y"}, "oidc_issuer"),
        ({"mail_sender": "nobody"}, "mail_sender"),
        ({"version": 7}, "version"),
        ({"oidc_sealed_secret": "x"}, "oidc_sealed_secret"),
    ],
)
def test_settings_that_cannot_work_are_refused_and_nothing_changes(
    caller: Caller, changes: dict[str, Any], field: str
) -> None:
    def settings() -> Any:
        return caller.api("GET", f"{API}/settings").json()

    before = settings()
    answer: Answer = caller.api("PATCH", f"{API}/settings", changes)
    assert (answer.status, answer.json()["error"]["field"]) == (400, field)
    assert settings() == before


def test_a_readable_secret_is_encrypted_when_settings_are_saved(stack: Deployed, caller: Caller) -> None:
    run(stack, READABLE)
    assert caller.api("PATCH", f"{API}/settings", {"oidc_name": "Example"}).status == 200
    stored = json.loads(run(stack, STORED))
    assert stored["oidc_client_secret"] == ""
    assert stored["oidc_sealed_secret"]
    assert "a readable secret" not in json.dumps(stored)
    shown = caller.api("GET", f"{API}/settings")
    assert shown.json()["oidc_has_client_secret"] is True
    assert stored["oidc_sealed_secret"] not in shown.text
    assert caller.api("PATCH", f"{API}/settings", {"oidc_name": "", "oidc_issuer": ""}).status == 200
