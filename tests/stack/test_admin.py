"""`make admin` on a running stage: each command does what it says, in the program's own process."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from infra import admin
from infra.admin_commands import Deployment
from infra.http_client import ask
from tests.conftest import Deployed
from tests.stack.calls import Caller, wait_for
from tests.stack.people import Browser

Command = Callable[..., Any]


@pytest.fixture
def command(stack: Deployed, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command; gives its result, or its error message if it fails."""

    def run(*arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert admin.main([*arguments, "--json"], lambda: Deployment(stack.cloud, lambda: stack.base_url)) == code
        told = capsys.readouterr()
        return told.err.strip() if code else json.loads(told.out)

    return run


def test_a_deployment_is_verified(command: Command, stack: Deployed) -> None:
    assert command("verify")["url"] == f"{stack.base_url}/"


def test_the_status_names_every_part(command: Command) -> None:
    assert {"queue", "dead_letters", "aggregate", "signing_key"} <= {
        part["name"] for part in command("status")["parts"]
    }


def test_an_administrator_signs_in_with_the_link(command: Command) -> None:
    email = f"admin-{uuid.uuid4()}@example.com"
    made = command("create-administrator", email)
    page = ask(made["sign_in"])
    assert (page.status, email in page.text) == (200, True)
    assert "e-mail address" in command("create-administrator", "nobody", code=1)


def test_a_token_acts_as_its_person(command: Command, stack: Deployed) -> None:
    token = command("issue-token", stack.admin_email.upper(), "--name", "a test")["token"]
    assert ask(f"{stack.base_url}/api/v1/health", token=token).status == 200
    assert "Nobody has" in command("issue-token", "nobody@example.com", "--name", "x", code=1)


def test_a_person_without_their_second_factor_gets_in_again(command: Command, stack: Deployed) -> None:
    email = f"lost-{uuid.uuid4()}@example.com"
    command("create-administrator", email)
    assert command("reset-two-factor", email) == {"email": email}
    assert "Nobody has" in command("reset-two-factor", "nobody@example.com", code=1)


def test_dead_letters_are_listed_shown_redriven_and_discarded(
    command: Command, caller: Caller, stack: Deployed
) -> None:
    """A hit of a site that did not exist when the worker took it, and a message that is no hit."""
    url = f"{stack.aws_endpoint_url}/{stack.cloud.account}/{stack.cloud.names.queue}"
    rubbish = f"rubbish {uuid.uuid4()}"
    stack.client("sqs").send_message(QueueUrl=url, MessageBody=rubbish)

    def letters() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = command("list-dead-letters", "--limit", "1000")["dead_letters"]
        return [one for one in found if one["reason"] == "not_json" and one["bytes"] == len(rubbish)]

    (one,) = wait_for(letters, bool)
    assert command("show-dead-letter", one["id"])["body"] == rubbish
    assert command("redrive-dead-letters", "--id", one["id"]) == {"redriven": 1}
    (again,) = wait_for(letters, lambda found: bool(found) and found[0]["id"] != one["id"])
    assert "--yes" in command("discard-dead-letters", "--id", again["id"], code=1)
    assert command("discard-dead-letters", "--id", again["id"], "--yes") == {"discarded": 1}
    assert letters() == []
    assert "no dead letter" in command("show-dead-letter", again["id"], code=1)


def test_a_day_is_rebuilt_by_the_running_functions(command: Command, caller: Caller) -> None:
    site = caller.new_site()
    caller.beacon(site, {"location": "https://example.com/"})
    wait_for(lambda: caller.stats(site), lambda found: found["metrics"]["pageviews"] == 1)
    today = datetime.now(UTC).date().isoformat()
    assert command("rebuild-days", site, today, today) == {"days": [today]}
    assert caller.stats(site)["metrics"]["pageviews"] == 1
    assert "There is no site" in command("rebuild-days", str(uuid.uuid4()), today, today, code=1)
    assert "There is no site" in command("rebuild-days", "x#y", today, today, code=1)
    assert "Hits are kept" in command("rebuild-days", site, "2020-01-01", "2020-01-02", code=1)


def test_rotating_the_key_signs_nobody_out_unless_it_is_said(command: Command, stack: Deployed) -> None:
    """Over HTTP, with the running functions."""
    before = Browser(stack.base_url)
    assert before.sign_in(stack.admin_email, stack.admin_password).status == 303
    key = command("rotate-signing-key")["key"]
    assert before.get("/sites").status == 200
    after = Browser(stack.base_url)
    assert after.sign_in(stack.admin_email, stack.admin_password).status == 303
    for browser in (before, after):
        assert browser.get("/sites").status == 200
    assert command("rotate-signing-key", "--sign-everybody-out", "--yes")["key"] != key
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:  # the functions keep the key for minutes; a fresh one knows it at once
        fresh = Browser(stack.base_url)
        if fresh.sign_in(stack.admin_email, stack.admin_password).status == 303:
            break
    assert fresh.get("/sites").status == 200
