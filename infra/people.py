"""The people a deployment needs, made by the program's own code against the stage's own tables.

Runs in a process of its own (``python -m infra.people``), because the program reads its settings from the
environment, once. An order comes in on standard input and its answer goes out on standard output, both JSON: secrets
have no place among arguments, which everybody on the machine can read.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from infra.cloud import Cloud, DeployError

ROOT = Path(__file__).resolve().parent.parent
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
    done = subprocess.run(
        [sys.executable, "-m", "infra.people"],
        cwd=ROOT,
        env=cloud.environ(),
        input=json.dumps({"order": order, "arguments": arguments}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise DeployError(f"{order.replace('_', ' ')} failed: {done.stderr.strip()[-2000:]}")
    answer: dict[str, object] = json.loads(done.stdout)
    return answer["result"]


def _carry_out(order: str, arguments: dict[str, Any]) -> object:
    from chalicelib.accounts import links, people, tokens
    from chalicelib.store import people as stored

    if order == "create_administrator":
        return people.create_administrator(arguments["email"], arguments["password"]).email
    if order == "issue_link":
        return links.issue(people.create_administrator(arguments["email"]))
    if order == "issue_token":
        return tokens.issue(people.create_administrator(arguments["email"]), arguments["name"])
    if order == "issue_checker_token":
        person = stored.find_person(CHECKER) or stored.add_person(stored.Person(str(uuid.uuid4()), CHECKER))
        return tokens.issue(person, "deployment check")
    if order == "revoke_token":
        tokens.revoke(arguments["token"])
        return None
    raise ValueError(order)


def main() -> int:
    """Carry out the order on standard input."""
    from chalicelib.errors import ShylightError

    given = json.load(sys.stdin)
    try:
        print(json.dumps({"result": _carry_out(given["order"], given["arguments"])}))
    except ShylightError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
