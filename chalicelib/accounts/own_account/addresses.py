"""The e-mail addresses of a person: one primary, which mail goes to, and others, which they can sign in with, too.

An address counts once its owner has opened a mailed link. Before that anybody may enter it, and its owner can have it:
an unverified address reserves nothing. The answers do not tell whether an address belongs to another account; the mail
does, to its owner.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from chalicelib.accounts import audit_log, one_time_links, throttle
from chalicelib.accounts.email_addresses import new_address
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.equal_time import equal_time
from chalicelib.accounts.mailing.mail import Delivery
from chalicelib.accounts.one_time_links import RESET_PASSWORD, VERIFY_EMAIL, Link
from chalicelib.accounts.sign_in import login
from chalicelib.config import MAX_PERSON_ADDRESSES
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.store import people
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _

State = Literal["primary", "verified", "unverified"]


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address of a person."""

    email: str
    state: State


def addresses_of(person: Person) -> list[Address]:
    """The person's addresses, the primary one first."""
    return [
        Address(person.email, "primary"),
        *(Address(email, "verified") for email in person.other_emails),
        *(Address(email, "unverified") for email in person.unverified_emails),
    ]


def add(person: Person, given: str, password: str, source_ip: str, address: str) -> Delivery:
    """Add an address, unverified, and mail a link to it; adding it again mails another one.

    :param password: the person's password, so that nobody can add an address at a browser that was left alone.
    :param address: the deployment's public URL.
    :raises BadRequest: if it is not an address, or the password is wrong.
    :raises Conflict: if it is verified already, or there are too many.
    :raises TooManyRequests: after too many mails, or too many wrong passwords.
    """
    email = new_address(given)
    taken = {one.email.casefold() for one in addresses_of(person) if one.state != "unverified"}
    if email.casefold() in taken:
        raise Conflict(_("This address belongs to your account already."), field="email")
    known = {one.casefold(): one for one in person.unverified_emails}
    if email.casefold() not in known and len(addresses_of(person)) >= MAX_PERSON_ADDRESSES:
        raise Conflict(
            _("An account can have at most %(number)s addresses. Remove one first.", number=MAX_PERSON_ADDRESSES),
            field="email",
        )
    login.check_password(person, password, source_ip)
    throttle.count_mail(email, source_ip)
    with equal_time():
        if email.casefold() not in known:
            person = _store(dataclasses.replace(person, unverified_emails=(*person.unverified_emails, email)))
        return _mail_link(person, known.get(email.casefold(), email), address)


def send_again(person: Person, email: str, source_ip: str, address: str) -> Delivery:
    """Mail another link to an unverified address.

    :raises NotFound: if the person has no such address.
    :raises TooManyRequests: after too many mails.
    """
    if email not in person.unverified_emails:
        raise _unknown()
    throttle.count_mail(email, source_ip)
    with equal_time():
        return _mail_link(person, email, address)


def email_of(link: Link) -> str:
    """The address that a link verifies.

    :raises NotFound: if the person has removed it since.
    """
    email = link.details.get("email", "")
    if link.person is None or email not in link.person.unverified_emails:
        raise one_time_links.invalid()
    return email


def verify(link: Link, address: str) -> Person:
    """Use a link up: its address is the person's from now on. Gives the person.

    :param address: the deployment's public URL.
    :raises NotFound: if the link was used, or the address removed.
    :raises Conflict: if another account has verified the address meanwhile.
    """
    email = email_of(link)
    person = link.person
    if person is None:
        raise one_time_links.invalid()
    one_time_links.use(link)
    changed = dataclasses.replace(
        person, other_emails=(*person.other_emails, email), unverified_emails=_without(person.unverified_emails, email)
    )
    try:
        stored = people.add_address(changed, email)
    except Conflict as error:
        raise _translated(error) from error
    audit_log.record(person, "person.add_address", subject=person.id)
    mail.send(stored, "address-added", address=email, link=f"{address}/account")
    return stored


def make_primary(person: Person, email: str, address: str) -> Person:
    """Make a verified address the primary one, and tell the former one. Gives the person as stored.

    :param address: the deployment's public URL.
    :raises NotFound: if the person has no such verified address.
    """
    if email not in person.other_emails:
        raise _unknown()
    others = (person.email, *_without(person.other_emails, email))
    stored = _store(dataclasses.replace(person, email=email, other_emails=others))
    audit_log.record(person, "person.change_primary_address", subject=person.id)
    former = dataclasses.replace(stored, email=person.email)
    mail.send(former, "primary-address-changed", address=email, link=f"{address}/account")
    return stored


def remove(person: Person, email: str) -> Person:
    """Remove an address other than the primary one, and make links that were mailed to it invalid.

    :raises BadRequest: if it is the primary one.
    :raises NotFound: if the person has no such address.
    """
    if email == person.email:
        raise BadRequest(_("Make another address the main one first."), field="email")
    if email in person.unverified_emails:
        return _store(dataclasses.replace(person, unverified_emails=_without(person.unverified_emails, email)))
    if email not in person.other_emails:
        raise _unknown()
    changed = dataclasses.replace(person, other_emails=_without(person.other_emails, email))
    try:
        stored = people.remove_address(changed, email)
    except Conflict as error:
        raise _translated(error) from error
    one_time_links.revoke_all(person.id, RESET_PASSWORD)
    audit_log.record(person, "person.remove_address", subject=person.id)
    return stored


def _mail_link(person: Person, email: str, address: str) -> Delivery:
    owner = people.find_person(email)
    if owner is not None and owner.id != person.id:
        return mail.send(owner.as_stored(email), "address-of-another-account", language=owner.language)
    token = one_time_links.issue(VERIFY_EMAIL, person.id, email=email)
    link = one_time_links.url(address, VERIFY_EMAIL, token)
    return mail.send(email, "verify-email", language=person.language, link=link, minutes=VERIFY_EMAIL.minutes)


def _store(changed: Person) -> Person:
    try:
        return people.change_person(changed)
    except Conflict as error:
        raise _translated(error) from error


def _without(emails: tuple[str, ...], email: str) -> tuple[str, ...]:
    return tuple(one for one in emails if one != email)


def _translated(error: Conflict) -> Conflict:
    if error.field == "email":
        return Conflict(_("This address belongs to another account."), field="email")
    return Conflict(_("Your account was changed at the same time. Reload the page and try again."))


def _unknown() -> NotFound:
    return NotFound(_("Your account has no such address."))
