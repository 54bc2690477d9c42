"""Sending mail to people: plain text and HTML, in the recipient's language, without anything that tracks them.

The sender is a setting of the installation and must be verified in Amazon SES. Without one no mail is sent: callers
then show the link that the mail would have had, to those who may have it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from email.header import Header
from email.utils import formataddr
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chalicelib import translation
from chalicelib.accounts.email_addresses import deliverable
from chalicelib.accounts.installation import settings_of_installation
from chalicelib.accounts.mailing.texts import MAILS
from chalicelib.store import mail as ses
from chalicelib.store.people import Person
from chalicelib.structured_log import log_line
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import current_address

if TYPE_CHECKING:
    from jinja2 import Environment

_LAYOUT: Final = Path(__file__).with_name("layout")
_MAX_SUBJECT_CHARS: Final = 200
_MAX_NAME_CHARS: Final = 100
_MAX_VALUE_CHARS: Final = 200
_MAX_LINK_CHARS: Final = 2048
_NO_SENDER: Final = N_("No mail can be sent, because this installation has no mail sender.")
_UNDELIVERABLE: Final = N_("No mail can be sent to this address.")
_NO_ANSWER: Final = N_("Amazon SES did not answer, so the mail was not sent. Try again later.")
# Error code of SES -> what it means; the codes: https://docs.aws.amazon.com/ses/latest/APIReference-V2/
_PROBLEMS: Final = {
    "MessageRejected": N_(
        "Amazon SES rejected the mail. The sender's address is not verified, or SES is in its sandbox, where it sends "
        "only to verified addresses."
    ),
    "MailFromDomainNotVerifiedException": N_("Amazon SES has not verified the sender's MAIL FROM domain."),
    "TooManyRequestsException": N_("Amazon SES is sending too many mails at the moment. Try again in a minute."),
    "LimitExceededException": N_("The sending quota of Amazon SES is used up. Try again tomorrow, or raise the quota."),
    "AccountSuspendedException": N_("Amazon SES has suspended the AWS account's sending. See the SES console."),
    "SendingPausedException": N_("Sending is paused in Amazon SES. See the SES console."),
    "BadRequestException": N_("Amazon SES cannot send to this address."),
    "AccessDeniedException": N_("The API function may not send mail. Deploy this version with its policies."),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a mail; true if it was handed over to SES.

    :ivar problem: why it was not, in the language in use.
    """

    problem: str = ""

    def __bool__(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True)
class SenderState:
    """The sender of the installation.

    :ivar known: whether SES has an identity for it; true if SES did not say.
    :ivar ready: whether SES sends from it.
    :ivar sentence: its state, in the language in use.
    """

    sender: str
    known: bool
    ready: bool
    sentence: str


def can_send() -> bool:
    """Whether the installation has a sender."""
    return bool(settings_of_installation().mail_sender)


def send(to: Person | str, template: str, *, language: str = "", **values: object) -> Delivery:
    """Send a mail.

    :param to: a person, who gets it at their primary address, or an address.
    :param template: name of the mail in :data:`mail_texts.MAILS`.
    :param language: of the mail; by default, the person's, or else the language in use.
    :param values: what the mail is about. Links in it must begin with the deployment's public URL.
    """
    address = to.email if isinstance(to, Person) else to
    sender = settings_of_installation().mail_sender
    recipient = deliverable(address)
    if not sender or recipient is None:
        return _failed(template, "no sender" if not sender else "address", _NO_SENDER if not sender else _UNDELIVERABLE)
    spoken = language or (to.language if isinstance(to, Person) else "") or translation.current_language()
    with translation.language(spoken):
        message = _message(sender, recipient, template, values)
    try:
        ses.send(message)
    except ses.NotSent as error:
        return _failed(template, error.code or "no answer", _PROBLEMS.get(error.code, _NO_ANSWER))
    log_line(mail=template, sent=True)
    return Delivery()


def prepare() -> None:
    """Load what sending takes, so that the first mail of a process takes no longer than others."""
    _layouts()
    ses.prepare()


def sender_state(sender: str | None = None) -> SenderState:
    """The state of a sender, asked of SES; by default, of the installation's."""
    if sender is None:
        sender = settings_of_installation().mail_sender
    if not sender:
        return SenderState("", False, False, _(_NO_SENDER))
    try:
        found = [ses.is_verified(identity) for identity in _identities(sender)]
    except ses.NotSent:
        sentence = _("Amazon SES did not say whether it sends from %(sender)s.", sender=sender)
        return SenderState(sender, True, False, sentence)
    if True in found:
        return SenderState(sender, True, True, _("Amazon SES sends from %(sender)s.", sender=sender))
    if False in found:
        sentence = _("%(sender)s is not verified yet. Open the link in the mail that Amazon sent to it.", sender=sender)
        return SenderState(sender, True, False, sentence)
    sentence = _("Amazon SES does not know %(sender)s. Create it there as an identity, or its domain.", sender=sender)
    return SenderState(sender, False, False, sentence)


def _identities(sender: str) -> list[str]:
    """The identities of SES that allow a sender: the address, its domain, and the domains above that."""
    labels = sender.rpartition("@")[2].split(".")
    return [sender, *(".".join(labels[start:]) for start in range(len(labels) - 1))]


def _message(sender: str, recipient: str, template: str, values: dict[str, object]) -> ses.Message:
    installation = one_line(settings_of_installation().name, _MAX_NAME_CHARS) or "Shylight"
    content = MAILS[template](installation=installation, **{name: _value(name, it) for name, it in values.items()})
    shown = {
        "content": content,
        "installation": installation,
        "address": current_address(),
        "language": translation.current_language(),
    }
    return ses.Message(
        sender=_with_name(installation, sender),
        recipient=recipient,
        subject=one_line(content.subject, _MAX_SUBJECT_CHARS),
        text=_layouts().get_template("mail.txt").render(shown),
        html=_layouts().get_template("mail.html").render(shown),
    )


def _value(name: str, value: object) -> object:
    """A value as mails may show it: names that people choose must not look like further lines of the mail."""
    return one_line(value, _MAX_LINK_CHARS if name == "link" else _MAX_VALUE_CHARS) if isinstance(value, str) else value


def one_line(text: str, limit: int) -> str:
    """`text` as it may stand in a header: without control characters, on one line, at most `limit` characters."""
    printable = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)
    line = " ".join(printable.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def _with_name(name: str, address: str) -> str:
    """The header ``From``, in ASCII (RFC 2047)."""
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8').encode(linesep='')} <{address}>"


def _failed(template: str, reason: str, problem: str) -> Delivery:
    log_line(mail=template, sent=False, reason=reason)
    return Delivery(_(problem))


@cache
def _layouts() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    layouts = Environment(
        loader=FileSystemLoader(_LAYOUT),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    layouts.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        translation.translation_of, translation.plural_translation_of, newstyle=True
    )
    layouts.policies["ext.i18n.trimmed"] = True
    return layouts
