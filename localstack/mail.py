"""Mail on the local AWS: ministack's SES keeps what was sent, as long as it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from infra import mail
from infra.aws_environment import Cloud, DeployError
from infra.http_client import ask

SENDER = "shylight@example.com"


@dataclass(frozen=True)
class Mail:
    """A mail that was sent. `sent_at`: epoch seconds."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    sent_at: float


def set_up(cloud: Cloud) -> None:
    """Have the stage send mail."""
    cloud.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    mail.choose_sender(cloud, SENDER)


def sent(cloud: Cloud) -> list[Mail]:
    """The mails that were sent since the local AWS was started, the oldest first.

    :raises DeployError: if it does not keep them.
    """
    answer = ask(f"{cloud.endpoint_url}/_ministack/ses/messages")
    if answer.status != 200:
        raise DeployError("This local AWS keeps no mail; ministack does.")
    accounts = json.loads(answer.text)["messages"]
    found = [
        Mail(
            entry["Source"],
            tuple(entry["To"]),
            entry["Subject"],
            entry["BodyText"],
            entry["BodyHtml"] or "",
            float(entry["Timestamp"]),
        )
        for entries in accounts.values()
        for entry in entries
    ]
    return sorted(found, key=lambda mail: mail.sent_at)


def show(cloud: Cloud, say: Callable[[str], None]) -> None:
    """Print the text of the mails that were sent, the newest last."""
    mails = sent(cloud)
    for number, one in enumerate(mails, 1):
        at = datetime.fromtimestamp(one.sent_at, UTC)
        say(f"── {number} of {len(mails)} · {at:%Y-%m-%d %H:%M:%S} UTC ──")
        say(f"From:    {one.sender}\nTo:      {', '.join(one.recipients)}\nSubject: {one.subject}\n")
        say(one.text.rstrip() + "\n")
    if not mails:
        say("No mail was sent since the local AWS was started.")
