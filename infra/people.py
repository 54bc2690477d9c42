"""The people that a deployment needs, created by the program's own code in the stage's tables."""

from __future__ import annotations

import sys
import uuid
from typing import Any

from infra import stage_commands
from infra.aws_environment import Cloud

CHECKER = "deployment-check@shylight.invalid"


def create_administrator(cloud: Cloud, email: str, password: str | None = None) -> None:
    """Create the administrator with this address. Idempotent.

    :param password: the password to set; None leaves it unchanged.
    """
    _run(cloud, "create_administrator", email=email, password=password)


def issue_link(cloud: Cloud, email: str) -> str:
    """The token of a one-time sign-in link for the administrator with this address."""
    return str(_run(cloud, "issue_link", email=email))


def issue_token(cloud: Cloud, email: str, name: str) -> str:
    """A new API token of the administrator with this address."""
    return str(_run(cloud, "issue_token", email=email, name=name))


def issue_checker_token(cloud: Cloud) -> str:
    """An API token of the person that owns the deployment check's site; this person has no other rights or password."""
    return str(_run(cloud, "issue_checker_token"))


def revoke_token(cloud: Cloud, token: str) -> None:
    """Revoke an API token."""
    _run(cloud, "revoke_token", token=token)


def _run(cloud: Cloud, command: str, /, **arguments: str | None) -> object:
    return stage_commands.run(cloud, "infra.people", command, arguments)


def _execute(command: str, arguments: dict[str, Any]) -> object:
    from chalicelib.accounts import one_time_links
    from chalicelib.accounts.access import api_tokens
    from chalicelib.accounts.people import people
    from chalicelib.store.people import Person, add_person, find_person

    if command == "create_administrator":
        return people.create_administrator(arguments["email"], arguments["password"]).email
    if command == "issue_link":
        return one_time_links.issue(one_time_links.SIGN_IN, people.create_administrator(arguments["email"]).id)
    if command == "issue_token":
        return api_tokens.issue(people.create_administrator(arguments["email"]), arguments["name"])
    if command == "issue_checker_token":
        person = find_person(CHECKER) or add_person(Person(str(uuid.uuid4()), CHECKER))
        return api_tokens.issue(person, "deployment check")
    if command == "revoke_token":
        api_tokens.revoke(arguments["token"])
        return None
    raise ValueError(command)


if __name__ == "__main__":
    sys.exit(stage_commands.main(_execute))
