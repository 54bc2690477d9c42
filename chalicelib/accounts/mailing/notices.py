"""Telling people that the ways in which they sign in have changed, so that they notice a change that is not theirs."""

from __future__ import annotations

from typing import Final

from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.texts import SECURITY_CHANGES
from chalicelib.store import security_notices
from chalicelib.store.people import Person
from chalicelib.store.security_notices import Notice
from chalicelib.web import current_address

PAGE: Final = "account/security"
_SHOWN: Final = 10


def security_changed(person: Person, kind: str) -> None:
    """Tell `person` of a change: on the page about their account's security, and by mail.

    :param kind: a key of :data:`mail_texts.SECURITY_CHANGES`.
    """
    if kind not in SECURITY_CHANGES:
        raise ValueError(f"{kind} is not a kind of change")
    security_notices.add(person.id, kind)
    address = current_address()
    if mail.can_send():
        mail.send(person, "security-changed", kind=kind, link=f"{address}/{PAGE}" if address else "")


def latest(person: Person) -> list[Notice]:
    """The latest changes, newest first."""
    return [notice for notice in security_notices.latest(person.id, _SHOWN) if notice.kind in SECURITY_CHANGES]
