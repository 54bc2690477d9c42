"""Signing up: an account exists once its owner has opened the mailed link and entered their password again.

Without the password, somebody could sign up with the address of another, who would then confirm an account whose
password they do not know. The answer and its time do not tell whether an address has an account; the mail does.
"""

from __future__ import annotations

import time
import uuid
from typing import Literal

from chalicelib import translation
from chalicelib.accounts import audit_log, one_time_links, passwords, throttle
from chalicelib.accounts.email_addresses import new_address
from chalicelib.accounts.installation import settings_of_installation
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.equal_time import equal_time
from chalicelib.accounts.mailing.mail import Delivery
from chalicelib.accounts.one_time_links import SIGN_UP, Link
from chalicelib.accounts.people import people
from chalicelib.accounts.sign_in import login
from chalicelib.accounts.sign_in.sign_in_ways import refuse_if_provider_only, sign_in_ways
from chalicelib.errors import Conflict
from chalicelib.store import people as stored_people
from chalicelib.store.people import Person
from chalicelib.translation import gettext as _

# Who may sign up now: everybody, people with an invitation, or nobody; "no mail" means everybody, but links cannot be
# mailed.
Availability = Literal["open", "invited", "closed", "no mail"]


def availability() -> Availability:
    """Who may sign up now, with a password; see `accounts.oidc.identities` for those who come through the provider."""
    chosen = "closed" if sign_in_ways().provider_only else settings_of_installation().sign_up
    return "no mail" if chosen == "open" and not mail.can_send() else chosen


def sign_up(name: str, given: str, password: str, source_ip: str, address: str) -> Delivery:
    """Mail a link that creates the account, or, to an address with an account, that it has one.

    :param address: the deployment's public URL.
    :raises BadRequest: if the name, the address or the password is not accepted, naming the field.
    :raises Conflict: if sign-up is not open.
    :raises TooManyRequests: after too many mails.
    """
    if availability() != "open":
        raise Conflict(_("Nobody can sign up here by themselves. Ask an administrator for an invitation."))
    name, email = people.person_name(name), new_address(given)
    passwords.check_new(password, name, email)
    throttle.count_mail(email, source_ip)
    with equal_time():
        password_hash = passwords.hash_password(password)
        known = stored_people.find_person(email)
        if known is not None:
            link = f"{address}/sign-in"
            return mail.send(known.as_stored(email), "sign-up-of-known-address", language=known.language, link=link)
        token = one_time_links.issue(
            SIGN_UP,
            str(uuid.uuid4()),
            name=name,
            email=email,
            password_hash=password_hash,
            language=translation.current_language(),
        )
        link = one_time_links.url(address, SIGN_UP, token)
        return mail.send(email, "confirm-sign-up", link=link, minutes=SIGN_UP.minutes)


def confirm(link: Link, password: str, source_ip: str) -> Person:
    """Use a link up and create the account; gives the person.

    :param password: as entered when signing up.
    :raises BadRequest: if it is another; the link stays valid.
    :raises Conflict: if the address has an account by now.
    :raises Forbidden: if people sign in through the provider only.
    :raises NotFound: if the link was used.
    :raises TooManyRequests: after too many wrong passwords.
    """
    refuse_if_provider_only()
    person = Person(
        link.person_id,
        link.details["email"],
        link.details["name"],
        password_hash=link.details["password_hash"],
        language=link.details["language"],
        created_at=int(time.time()),
    )
    login.check_password(person, password, source_ip)
    one_time_links.use(link)
    try:
        stored = stored_people.add_person(person)
    except Conflict as error:
        raise Conflict(_("This address has an account by now. Sign in with it."), field="email") from error
    audit_log.record(stored, "person.sign_up", subject=stored.id)
    return stored
