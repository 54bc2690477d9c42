"""Mail: what is sent, in which form, and what is said when it cannot be."""

from __future__ import annotations

import dataclasses
import inspect
from email import message_from_string
from email.header import decode_header, make_header
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import translation
from chalicelib.accounts import installation
from chalicelib.accounts.email_addresses import deliverable
from chalicelib.accounts.mailing import invitation_texts, mail, texts
from chalicelib.errors import BadRequest
from chalicelib.store import aws
from chalicelib.store import installation as stored
from chalicelib.store.installation import Installation
from chalicelib.store.people import Person

LINK = "https://stats.example/reset-password/" + "A" * 64
PERSON = Person("1", "ada@example.com", "Ada")
VALUES: dict[str, Any] = {
    "link": LINK, "minutes": 60, "days": 7, "address": "new@example.com", "name": "Fieldnotes", "role": "admin",
    "inviter": "Ada", "inviter_email": "ada@example.com", "giver": "grace@example.com", "site": "Blog",
    "kind": "passkey_added", "by": "grace@example.com",
}  # fmt: skip


class Ses:
    """Stands in for SES; `error` is raised by every call."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.identities: dict[str, bool] = {}
        self.error: Exception | None = None

    def send_email(self, **given: Any) -> dict[str, str]:
        if self.error:
            raise self.error
        self.sent.append(given)
        return {"MessageId": "1"}

    def get_email_identity(self, EmailIdentity: str) -> dict[str, bool]:  # noqa: N803
        if self.error:
            raise self.error
        if EmailIdentity not in self.identities:
            raise refusal("NotFoundException")
        return {"VerifiedForSendingStatus": self.identities[EmailIdentity]}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "SendEmail")


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Ses:
    service = Ses()
    monkeypatch.setattr(aws, "client", lambda *_: service)
    configure(monkeypatch)
    return service


def configure(monkeypatch: pytest.MonkeyPatch, name: str = "Acme", sender: str = "stats@mail.acme.example") -> None:
    monkeypatch.setattr(stored, "cached", lambda: Installation(name=name, mail_sender=sender))


def values_of(template: str) -> dict[str, Any]:
    wanted = set(inspect.signature(texts.MAILS[template]).parameters) - {"installation"}
    return {name: VALUES[name] for name in wanted}


def parts(sent: dict[str, Any]) -> tuple[str, str, str]:
    content = sent["Content"]["Simple"]
    return content["Subject"]["Data"], content["Body"]["Text"]["Data"], content["Body"]["Html"]["Data"]


class Page(HTMLParser):
    """What an HTML mail would load, and where it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "background", "action")}


@pytest.mark.parametrize("template", texts.MAILS)
def test_every_mail_has_the_same_text_with_and_without_html(ses: Ses, template: str) -> None:
    assert mail.send(PERSON, template, **values_of(template))
    (sent,) = ses.sent
    assert sent["Destination"] == {"ToAddresses": ["ada@example.com"]}
    subject, text, html = parts(sent)
    assert "Acme" in subject
    assert text.startswith(subject)
    page = Page(html)
    content = texts.MAILS[template](installation="Acme", **values_of(template))
    for paragraph in (*content.paragraphs, *content.notes):
        assert paragraph in text
        assert paragraph in html
    if "link" in values_of(template):
        assert LINK in text
        assert LINK in html
    # Nothing is loaded from anywhere, so that opening a mail tells nobody.
    assert not page.tags & {"img", "link", "script", "iframe", "form", "object"}
    assert page.links <= {LINK}
    assert "url(" not in html


def test_a_mail_is_marked_as_automatic(ses: Ses) -> None:
    mail.send(PERSON, "password-changed", link=LINK)
    assert ses.sent[0]["Content"]["Simple"]["Headers"] == [{"Name": "Auto-Submitted", "Value": "auto-generated"}]


@pytest.mark.parametrize(
    "name",
    ["Acme", "Ünïcode GmbH & Co", 'a "quoted", <name>', "日本語の名前" * 20, "x" * 200, "Evil\r\nBcc: all@example.com"],
)
def test_the_senders_name_is_the_installations(ses: Ses, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    configure(monkeypatch, name)
    mail.send(PERSON, "password-changed", link=LINK)
    sender = ses.sent[0]["FromEmailAddress"]
    assert sender.isascii()
    assert sender.isprintable()
    header = message_from_string(f"From: {sender}\n\n", policy=default)["From"]
    assert [address.addr_spec for address in header.addresses] == ["stats@mail.acme.example"]
    assert str(make_header(decode_header(sender.rpartition(" <")[0]))).strip('"').replace("\\", "") == mail.one_line(
        name, 100
    )


@given(st.text())
def test_no_text_makes_a_header_longer_than_one_line(text: str) -> None:
    line = mail.one_line(text, 50)
    assert len(line) <= 50
    assert not set(line) & {chr(code) for code in (*range(32), 0x7F, 0x85, 0x2028, 0x2029)}


def test_names_that_people_choose_stay_on_their_line(ses: Ses) -> None:
    mail.send(PERSON, "primary-address-changed", address="x\r\n\r\nSign in at https://evil.example", link=LINK)
    _, text, html = parts(ses.sent[0])
    assert "\nSign in at" not in text
    assert Page(html).links <= {LINK}


def test_html_in_a_value_is_text(ses: Ses) -> None:
    mail.send(PERSON, "primary-address-changed", address="<img src=https://evil.example/x.gif>", link=LINK)
    assert "<img" in parts(ses.sent[0])[1]
    assert "img" not in Page(parts(ses.sent[0])[2]).tags


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada.Lovelace+x@EXAMPLE.com", "Ada.Lovelace+x@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@sub.example.co.uk", "ada@sub.example.co.uk"),
        ("o'hara@example.com", "o'hara@example.com"),
        ("ada@localhost", None),
        ("ada@192.0.2.1", None),
        ("ada@[192.0.2.1]", None),
        ("mädchen@example.com", None),
        ("a,b@example.com", None),
        ("foo<evil@example.com", None),
        ("foo@example.com>", None),
        ('"a b"@example.com', None),
        ("a..b@example.com", None),
        (".a@example.com", None),
        ("x" * 65 + "@example.com", None),
        ("ada@-example.com", None),
        ("ada@example.com\r\nBcc: b@example.com", None),
        ("ada@evil.example;b@example.com", None),
        ("@example.com", None),
        ("ada@", None),
        ("", None),
    ],
)
def test_which_addresses_mail_is_sent_to(address: str, form: str | None) -> None:
    assert deliverable(address) == form


def test_no_mail_goes_to_what_is_no_address(ses: Ses) -> None:
    delivery = mail.send("foo<evil@example.com>", "password-changed", link=LINK)
    assert not delivery
    assert delivery.problem == "No mail can be sent to this address."
    assert not ses.sent


def test_without_a_sender_it_is_said_and_nothing_is_sent(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, sender="")
    assert not mail.can_send()
    delivery = mail.send(PERSON, "password-changed", link=LINK)
    assert not delivery
    assert "no mail sender" in delivery.problem
    assert not ses.sent


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("MessageRejected", "sandbox"),
        ("TooManyRequestsException", "Try again in a minute"),
        ("LimitExceededException", "quota"),
        ("AccountSuspendedException", "suspended"),
        ("SendingPausedException", "paused"),
        ("MailFromDomainNotVerifiedException", "MAIL FROM"),
        ("BadRequestException", "cannot send to this address"),
        ("AccessDeniedException", "may not send mail"),
        ("SomethingElse", "did not answer"),
    ],
)
def test_what_ses_refuses_is_told_in_words_and_logged(
    ses: Ses, capsys: pytest.CaptureFixture[str], code: str, words: str
) -> None:
    ses.error = refusal(code)
    delivery = mail.send(PERSON, "reset-password", link=LINK, minutes=60)
    assert not delivery
    assert words in delivery.problem
    logged = capsys.readouterr().out
    assert f'"sent":false,"reason":"{code}"' in logged
    # The log has neither addresses nor secrets.
    assert "@" not in logged
    assert LINK not in logged


def test_silence_of_ses_is_told_in_words(ses: Ses) -> None:
    ses.error = EndpointConnectionError(endpoint_url="https://email.example")
    assert "did not answer" in mail.send(PERSON, "password-changed", link=LINK).problem


@pytest.mark.parametrize(
    ("identities", "known", "ready", "words"),
    [
        ({"stats@mail.acme.example": True}, True, True, "sends from"),
        ({"acme.example": True}, True, True, "sends from"),
        ({"stats@mail.acme.example": False, "mail.acme.example": True}, True, True, "sends from"),
        ({"stats@mail.acme.example": False}, True, False, "not verified yet"),
        ({"other.example": True}, False, False, "does not know"),
        ({"example": True}, False, False, "does not know"),
    ],
)
def test_the_state_of_the_sender(ses: Ses, identities: dict[str, bool], known: bool, ready: bool, words: str) -> None:
    ses.identities = identities
    state = mail.sender_state()
    assert (state.sender, state.known, state.ready) == ("stats@mail.acme.example", known, ready)
    assert words in state.sentence


def test_the_state_of_the_sender_while_ses_is_silent_or_none_is_set(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> None:
    ses.error = refusal("AccessDeniedException")
    assert "did not say" in mail.sender_state().sentence
    configure(monkeypatch, sender="")
    assert (mail.sender_state().sender, mail.sender_state().ready) == ("", False)


@pytest.mark.parametrize("sender", ["stats", "Stats <stats@example.com>", "a@b@c.example", "stats@example.com\r\nx"])
def test_only_an_address_can_be_the_sender(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    monkeypatch.setattr(stored, "read", Installation)
    with pytest.raises(BadRequest) as refused:
        installation.change(None, {"mail_sender": sender})
    assert refused.value.field == "mail_sender"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Fieldnotes", "Fieldnotes"),
        ("fieldnotes.example", "fieldnotes\u2024example"),
        ("Win at https://evil.example/pay now", "Win at https: evil\u2024example/pay now"),
        ("//evil.example", "evil\u2024example"),
        ("\\\\evil.example", "evil\u2024example"),
        ("Dr. Ada etc.", "Dr. Ada etc."),
        ("x" * 200, "x" * 59 + "…"),
    ],
)
def test_a_name_in_an_invitation_is_short_and_no_link(name: str, shown: str) -> None:
    """Whoever invites strangers must not be able to write to them."""
    assert invitation_texts.plain_name(name) == shown


@pytest.mark.parametrize("template", [name for name in texts.MAILS if name.startswith("invitation-")])
def test_an_invitation_says_nothing_that_its_sender_chose_but_short_names(ses: Ses, template: str) -> None:
    evil = "Pay here: https://evil.example/pay\r\nBcc: x@y.example\n\n" + "spam " * 100
    values = values_of(template) | {"inviter": evil} | ({"name": evil} if "name" in values_of(template) else {})
    assert mail.send("new@example.com", template, **values)
    subject, text, html = parts(ses.sent[-1])
    assert "evil.example" not in subject + text + html
    assert "://evil" not in subject + text + html
    assert "\n" not in subject
    assert "spam spam spam" not in text
    assert Page(html).links == {LINK}


def test_a_person_gets_mail_in_their_language(ses: Ses) -> None:
    """Whatever the language of the request is that has it sent."""
    for tag, subject, words in (
        ("de", "Neues Passwort für Acme", "Der Link funktioniert einmal, innerhalb von 1 Stunde."),
        ("zh-Hant", "選擇 Acme 的新密碼", "這個連結在 1 小時內有效，只能使用一次。"),
        ("en", "Choose a new password for Acme", "The link works once, within 1 hour."),
    ):
        person = dataclasses.replace(PERSON, language=tag)
        with translation.language("de"):
            assert mail.send(person, "reset-password", **values_of("reset-password"))
        title, text, html = parts(ses.sent[-1])
        assert str(make_header(decode_header(title))) == subject
        assert words in " ".join(text.split())
        assert words in " ".join(html.split())
        assert f'<html lang="{tag}"' in html


@pytest.mark.parametrize("template", texts.MAILS)
@pytest.mark.parametrize("tag", ["de", "zh-Hant"])
def test_no_mail_is_left_in_english(ses: Ses, template: str, tag: str) -> None:
    assert mail.send(PERSON, template, **values_of(template))
    english = parts(ses.sent[-1])[1]
    assert mail.send(dataclasses.replace(PERSON, language=tag), template, **values_of(template))
    sentences = {line for line in english.splitlines() if len(line.split()) > 1}
    assert not sentences & set(parts(ses.sent[-1])[1].splitlines())
