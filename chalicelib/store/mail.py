"""Mail through Amazon SES (API version 2), and the state of the addresses that it may be sent from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.store import aws

# A failed call is repeated once: people wait for the answer, and what was sent cannot be recalled.
_ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to one person.

    :ivar sender: the header ``From``, in ASCII: an address, or a name and an address in angle brackets.
    :ivar recipient: an address in ASCII.
    :ivar text, html: the same content for programs that show HTML and for those that do not.
    """

    sender: str
    recipient: str
    subject: str
    text: str
    html: str


class NotSent(Exception):
    """SES did not accept a mail.

    :ivar code: its error code, such as ``MessageRejected``; ``""`` if it did not answer.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def prepare() -> None:
    """Create the client, so that the first mail takes no longer than others."""
    aws.client("sesv2", _ATTEMPTS)


def send(message: Message) -> str:
    """Hand a mail over to SES; gives its id there.

    :raises NotSent: if SES does not accept it, or does not answer.
    """
    content = {
        "Subject": _utf8(message.subject),
        "Body": {"Text": _utf8(message.text), "Html": _utf8(message.html)},
        # Asks programs for no automatic answer, such as an absence note (RFC 3834).
        "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
    }
    try:
        answer = aws.client("sesv2", _ATTEMPTS).send_email(
            FromEmailAddress=message.sender,
            Destination={"ToAddresses": [message.recipient]},
            Content={"Simple": content},
        )
    except aws.AwsError as error:
        raise NotSent(aws.error_code(error), str(error)) from error
    return str(answer["MessageId"])


def is_verified(identity: str) -> bool | None:
    """Whether SES may send from an identity (an address or a domain); None if it does not know the identity.

    :raises NotSent: if SES does not answer.
    """
    try:
        answer = aws.client("sesv2", _ATTEMPTS).get_email_identity(EmailIdentity=identity)
    except aws.AwsError as error:
        if aws.error_code(error) == "NotFoundException":
            return None
        raise NotSent(aws.error_code(error), str(error)) from error
    return bool(answer.get("VerifiedForSendingStatus"))


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
