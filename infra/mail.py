"""The address that a stage sends mail from: an identity of Amazon SES, and a setting of the installation."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

from infra import stage_commands
from infra.aws_environment import Cloud


def choose_sender(cloud: Cloud, sender: str) -> str:
    """Send mail from `sender` from now on, or none if it is ``""``; gives its state in words. Idempotent.

    If SES knows neither the address nor a domain that covers it, the address is added to SES, which then sends a mail
    with a link to it. The identity is not in the CloudFormation template, because it may exist already, for other
    programs.
    """
    state = _run(cloud, "choose_sender", sender=sender)
    if sender and not state["known"]:
        cloud.client("sesv2").create_email_identity(EmailIdentity=state["sender"])
        state = _run(cloud, "sender_state")
    return str(state["sentence"])


def sender_state(cloud: Cloud) -> str:
    """The state of the sender in words."""
    return str(_run(cloud, "sender_state")["sentence"])


def _run(cloud: Cloud, command: str, **arguments: str) -> Any:
    return stage_commands.run(cloud, "infra.mail", command, arguments)


def _execute(command: str, arguments: dict[str, Any]) -> object:
    from chalicelib.accounts import installation
    from chalicelib.accounts.mailing import mail

    if command == "choose_sender":
        installation.change(None, {"mail_sender": arguments["sender"]})
    elif command != "sender_state":
        raise ValueError(command)
    return dataclasses.asdict(mail.sender_state())


if __name__ == "__main__":
    sys.exit(stage_commands.main(_execute))
