"""The commands of `make admin`: one table with their arguments, what they say, and what they do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from infra import smoke, stage_commands
from infra.aws_environment import Cloud, DeployError
from infra.http_client import ask, is_healthy

# A long queue takes minutes.
TIMEOUT_S: Final = 1800.0
HEALTH_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stage that is running. `base_url`: finds its root URL; `ingest_url`: that for hits, None if it is the same."""

    cloud: Cloud
    base_url: Callable[[], str]
    ingest_url: Callable[[], str | None] = lambda: None

    def execute(self, command: str, **arguments: object) -> Any:
        """The result of a command of `infra.admin_program`."""
        return stage_commands.run(self.cloud, "infra.admin_program", command, arguments, TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a command.

    :ivar value: what ``--json`` prints; :ivar text: what is printed otherwise; :ivar code: the exit code.
    """

    value: object
    text: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """A command. `arguments`: names, or flags separated by spaces, with what argparse takes."""

    help: str
    run: Callable[[Deployment, argparse.Namespace], Result]
    arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def _status(deployment: Deployment, _given: argparse.Namespace) -> Result:
    found = deployment.execute("status")
    url = deployment.base_url()
    lines = [f"Shylight   {url}/", f"State      {found['state']}", ""]
    for part in found["parts"]:
        lines.append(f"  {part['state']:<9} {part['name']:<13} {part['summary']}")
        if part["advice"]:
            lines.append(f"  {'':<23} {part['advice']}")
    return Result({"url": f"{url}/", **found}, "\n".join(lines), int(found["state"] == "failing"))


def _verify(deployment: Deployment, _given: argparse.Namespace) -> Result:
    url = deployment.base_url()
    if not is_healthy(url, HEALTH_TIMEOUT_S):
        raise DeployError(f"The health check {url}/healthz fails: {ask(f'{url}/healthz').text[:500]}")
    seconds = smoke.check(deployment.cloud, url, deployment.ingest_url() or url)
    return Result(
        {"url": f"{url}/", "counted_after_s": round(seconds, 1)}, f"One page view was counted after {seconds:.0f} s."
    )


def _create_administrator(deployment: Deployment, given: argparse.Namespace) -> Result:
    made = deployment.execute("create-administrator", email=given.email)
    link = f"{deployment.base_url()}/sign-in/{made['link_token']}"
    text = f"{made['email']} is an administrator. To sign in, once, within an hour:\n{link}"
    return Result({"email": made["email"], "sign_in": link}, text)


def _reset_two_factor(deployment: Deployment, given: argparse.Namespace) -> Result:
    email = deployment.execute("reset-two-factor", email=given.email)
    return Result({"email": email}, f"{email} signs in without a second factor, until one is set up again.")


def _issue_token(deployment: Deployment, given: argparse.Namespace) -> Result:
    token = deployment.execute("issue-token", email=given.email, name=given.name)
    return Result({"token": token}, f"{token}\n\nStore it now; it cannot be shown again.")


def _list_dead_letters(deployment: Deployment, given: argparse.Namespace) -> Result:
    found = deployment.execute("list-dead-letters", limit=given.limit, reason=given.reason)
    lines = [f"{found['messages']} dead letters" + (f"; the first {found['seen']}:" if found["seen"] else "")]
    lines += [f"  {number:>7} {_reason(reason)}" for reason, number in found["reasons"].items()]
    for one in found["dead_letters"]:
        lines.append(f"\n{one['id']}  {one['sent_at']}  {one['bytes']} bytes  {_reason(one['reason'])}")
        lines += [f"  {one['detail']}"] if one["detail"] else []
    return Result(found, "\n".join(lines))


def _show_dead_letter(deployment: Deployment, given: argparse.Namespace) -> Result:
    found = deployment.execute("show-dead-letter", letter_id=given.id)
    lines = [f"{name + ':':<9} {found[name]}" for name in ("id", "reason", "detail", "sent_at") if found[name]]
    return Result(found, "\n".join([*lines, "", found["body"]]))


def _redrive_dead_letters(deployment: Deployment, given: argparse.Namespace) -> Result:
    number = deployment.execute("redrive-dead-letters", **_chosen(given))
    return Result({"redriven": number}, f"Sent to the queue again: {number}. What still cannot be stored comes back.")


def _discard_dead_letters(deployment: Deployment, given: argparse.Namespace) -> Result:
    chosen = _chosen(given)
    _confirm("Delete these dead letters for good? Their hits will never be counted.", given.yes)
    number = deployment.execute("discard-dead-letters", **chosen)
    return Result({"discarded": number}, f"Deleted: {number}.")


def _rebuild_days(deployment: Deployment, given: argparse.Namespace) -> Result:
    days = deployment.execute(
        "rebuild-days", site=given.site, first=given.first.isoformat(), last=given.last.isoformat(),
        from_segments=given.from_segments,
    )  # fmt: skip
    text = f"Days with hits: {len(days)}. The aggregation builds them within minutes." if days else "No day has hits."
    return Result({"days": days}, text)


def _rotate_signing_key(deployment: Deployment, given: argparse.Namespace) -> Result:
    if given.sign_everybody_out:
        _confirm("End the sessions of all people now?", given.yes)
    key = deployment.execute("rotate-signing-key", sign_everybody_out=given.sign_everybody_out)
    after = "Everybody has to sign in again" if given.sign_everybody_out else "Sessions stay valid"
    return Result({"key": key}, f"The new key is {key}. {after}. All functions know the key within 5 minutes.")


def _chosen(given: argparse.Namespace) -> dict[str, object]:
    return {"reason": None if given.all else given.reason, "ids": given.id or []}


def _reason(reason: str) -> str:
    return reason or "(no reason: it failed until SQS gave up)"


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise DeployError(f"{question} If so, add --yes.")
    if input(f"{question} Type yes: ").strip().lower() != "yes":
        raise DeployError("Nothing was changed.")


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError("must be from 1 to 1000")
    return number


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-11-24") from None


_EMAIL: Final = {"email": {"metavar": "EMAIL", "help": "the person's e-mail address"}}
_YES: Final = {"--yes": {"action": "store_true", "help": "do not ask"}}
# Exactly one of them has to be given.
_WHICH: Final = {
    "--all": {"action": "store_true", "help": "all of them"},
    "--reason": {"metavar": "REASON", "help": 'those of this reason; "" for those without one'},
    "--id": {"metavar": "ID", "action": "append", "help": "this one; may be repeated"},
}

COMMANDS: Final[Mapping[str, Command]] = {
    "status": Command("Show the health of each part; exit code 1 if one is failing", _status),
    "verify": Command("Send one page view and wait until it is counted", _verify),
    "create-administrator": Command("Create an administrator, and print a sign-in link", _create_administrator, _EMAIL),
    "reset-two-factor": Command("Remove the second factors of a person who lost them", _reset_two_factor, _EMAIL),
    "issue-token": Command(
        "Create an API token of a person, and print it", _issue_token,
        {**_EMAIL, "--name": {"metavar": "NAME", "required": True, "help": "what the token is for"}},
    ),
    "list-dead-letters": Command(
        "List messages that could not be stored, by reason", _list_dead_letters,
        {
            "--reason": {"metavar": "REASON", "help": "list those of this reason"},
            "--limit": {"metavar": "N", "type": _positive, "default": 20, "help": "look at so many, 20 by default"},
        },
    ),
    "show-dead-letter": Command(
        "Show one of them, with its content", _show_dead_letter, {"id": {"metavar": "ID", "help": "from the list"}}
    ),
    "redrive-dead-letters": Command("Send them to the queue again; a hit counts once", _redrive_dead_letters, _WHICH),
    "discard-dead-letters": Command("Delete them for good", _discard_dead_letters, {**_WHICH, **_YES}),
    "rebuild-days": Command(
        "Build days of a site anew from its stored hits", _rebuild_days,
        {
            "site": {"metavar": "SITE", "help": "the site's id"},
            "first": {"metavar": "FIRST", "type": _day, "help": "the first day, such as 2026-11-24"},
            "last": {"metavar": "LAST", "type": _day, "help": "the last day, which is included"},
            "--from-segments": {"action": "store_true", "help": "read only the bucket, not the table of sessions"},
        },
    ),
    "rotate-signing-key": Command(
        "Sign with a new key; sessions stay valid", _rotate_signing_key,
        {"--sign-everybody-out": {"action": "store_true", "help": "end all sessions"}, **_YES},
    ),
}  # fmt: skip
