"""Creating people, and changing their names and passwords."""

from __future__ import annotations

import dataclasses
import time
import uuid

from chalicelib.accounts import audit_log, one_time_links, passwords
from chalicelib.accounts.email_addresses import email_address
from chalicelib.accounts.sites.new_site import site_name
from chalicelib.errors import Conflict
from chalicelib.store import browser_sessions, people
from chalicelib.store.people import Person

__all__ = ["Person", "change_name", "create_administrator", "email_address", "person_name", "set_password"]


def create_administrator(email: str, password: str | None = None) -> Person:
    """The administrator with this e-mail address, created if there is none. Idempotent.

    :param password: the password to set; None leaves it unchanged (a new person then signs in with a link).
    :raises BadRequest: if the address or the password is invalid.
    """
    address = email_address(email)
    if password is not None:
        passwords.check_new(password)
    person = people.find_person(address)
    if person is None:
        person = _add(Person(str(uuid.uuid4()), address, admin=True, created_at=int(time.time())))
    if not person.admin:
        person = people.change_person(dataclasses.replace(person, admin=True))
    if password is not None and not passwords.matches(person.password_hash, password):
        person = set_password(person, password)
    return person


def person_name(given: str) -> str:
    """A person's name without surrounding white space: printable, up to 100 characters; may be empty.

    :raises BadRequest: if it is not.
    """
    return site_name(given) if given.strip() else ""


def change_name(person: Person, given: str) -> Person:
    """Change a person's name; gives the person as stored.

    :raises BadRequest: if the name is not accepted.
    :raises Conflict: if the person was changed at the same time.
    """
    name = person_name(given)
    if name == person.name:
        return person
    stored = people.change_person(dataclasses.replace(person, name=name))
    audit_log.record(person, "person.change_name", subject=person.id)
    return stored


def set_password(person: Person, password: str) -> Person:
    """Change the password of `person` and end all their sessions and one-time links; gives the person as stored.

    :raises BadRequest: if the password is too short or too long.
    :raises Conflict: if the person was changed at the same time.
    """
    passwords.check_new(password)
    changed = dataclasses.replace(person, password_hash=passwords.hash_password(password), epoch=person.epoch + 1)
    stored = people.change_person(changed)
    browser_sessions.end_all(person.id)
    one_time_links.revoke_all(person.id)
    return stored


def _add(person: Person) -> Person:
    try:
        return people.add_person(person)
    except Conflict:  # another request has just created the same person
        found = people.find_person(person.email)
        if found is None:
            raise
        return found
