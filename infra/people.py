"""The people a deployment needs, made by the program's own code against the stage's own tables."""

from __future__ import annotations

import sys
import uuid
from typing import Any

from infra import stage_commands
from infra.aws_environment import Cloud

CHECKER = "deployment-check@shylight.invalid"


def create_administrator(cloud: Cloud, email: str, password: str | None = None) -> None:
    """Create the administrator with this address; somebody who is there stays.

    :param password: to be set; None leaves it as it is.
    """
    _order(cloud, "create_administrator", email=email, password=password)


def issue_link(cloud: Cloud, email: str) -> str:
    """The secret part of a one-time sign-in link for the administrator with this address."""
    return str(_order(cloud, "issue_link", email=email))


def issue_token(cloud: Cloud, email: str, name: str) -> str:
    """An API token of the administrator with this address."""
    return str(_order(cloud, "issue_token", email=email, name=name))


def issue_checker_token(cloud: Cloud) -> str:
    """A token of somebody who may nothing but look after the deployment check's own site, and cannot sign in."""
    return str(_order(cloud, "issue_checker_token"))


def revoke_token(cloud: Cloud, token: str) -> None:
    """Make a token worthless."""
    _order(cloud, "revoke_token", token=token)


def _order(cloud: Cloud, order: str, /, **arguments: str | None) -> object:
    return stage_commands.give(cloud, "infra.people", order, arguments)


def _carry_out(order: str, arguments: dict[str, Any]) -> object:
    from chalicelib.accounts import api_tokens, people, sign_in_links
    from chalicelib.store import people as stored

    if order == "create_administrator":
        return people.create_administrator(arguments["email"], arguments["password"]).email
    if order == "issue_link":
        return sign_in_links.issue(people.create_administrator(arguments["email"]))
    if order == "issue_token":
        return api_tokens.issue(people.create_administrator(arguments["email"]), arguments["name"])
    if order == "issue_checker_token":
        person = stored.find_person(CHECKER) or stored.add_person(stored.Person(str(uuid.uuid4()), CHECKER))
        return api_tokens.issue(person, "deployment check")
    if order == "revoke_token":
        api_tokens.revoke(arguments["token"])
        return None
    raise ValueError(order)


if __name__ == "__main__":
    sys.exit(stage_commands.take(_carry_out))
