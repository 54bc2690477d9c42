"""Changing one's password: with the present one, or with a mailed link by those who have forgotten it."""

from __future__ import annotations

from chalicelib.accounts import audit_log, one_time_links, passwords, throttle
from chalicelib.accounts.email_addresses import email_address
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.mailing.equal_time import equal_time
from chalicelib.accounts.one_time_links import RESET_PASSWORD, Link
from chalicelib.accounts.people import people
from chalicelib.accounts.sign_in import login
from chalicelib.accounts.sign_in.sign_in_ways import refuse_if_provider_only
from chalicelib.store.people import Person, find_person


def change(person: Person, present: str, new: str, source_ip: str, address: str) -> Person:
    """Change a password; ends all sessions of the person. Gives the person as stored.

    :param address: the deployment's public URL.
    :raises BadRequest: if the present password is wrong, or the new one is not accepted.
    :raises Forbidden: if people sign in through the provider only.
    :raises TooManyRequests: after too many wrong passwords.
    """
    refuse_if_provider_only()
    passwords.check_new(new, *words_of(person))
    login.check_password(person, present, source_ip, field="present")
    stored = people.set_password(person, new)
    audit_log.record(stored, "person.change_password", subject=stored.id)
    tell(stored, address)
    return stored


def send_reset_link(given: str, source_ip: str, address: str) -> None:
    """Mail a link to choose a new password, if the address is a verified one of somebody.

    It takes equally long whether it is. A mail that cannot be sent is logged, and not reported to the caller, because
    that would tell.

    :param address: the deployment's public URL.
    :raises BadRequest: if it is not an address.
    :raises Forbidden: if people sign in through the provider only.
    :raises TooManyRequests: after too many mails.
    """
    refuse_if_provider_only()
    email = email_address(given)
    throttle.count_mail(email, source_ip)
    with equal_time():
        person = find_person(email)
        if person is None:
            return
        token = one_time_links.issue(RESET_PASSWORD, person.id)
        link = one_time_links.url(address, RESET_PASSWORD, token)
        mail.send(
            person.as_stored(email),
            "reset-password",
            language=person.language,
            link=link,
            minutes=RESET_PASSWORD.minutes,
        )


def reset(link: Link, new: str, address: str) -> Person:
    """Use a link up and set a new password; ends all sessions of the person. Gives the person as stored.

    :param address: the deployment's public URL.
    :raises BadRequest: if the new password is not accepted; the link stays valid.
    :raises Forbidden: if people sign in through the provider only.
    :raises NotFound: if the link was used, or its person is gone.
    """
    refuse_if_provider_only()
    if link.person is None:
        raise one_time_links.invalid()
    passwords.check_new(new, *words_of(link.person))
    one_time_links.use(link)
    stored = people.set_password(link.person, new)
    audit_log.record(stored, "person.reset_password", subject=stored.id)
    tell(stored, address)
    return stored


def tell(person: Person, address: str) -> None:
    """Mail a notice that the password was changed. `address`: the deployment's public URL."""
    mail.send(person, "password-changed", link=f"{address}/forgot-password")


def words_of(person: Person) -> tuple[str, ...]:
    """What a password of this person must not consist of."""
    return (person.name, person.email, *person.other_emails)
