"""Creating administrators of the installation."""

from __future__ import annotations

from chalicelib.accounts import audit_log
from chalicelib.accounts.people import people
from chalicelib.store.people import Person


def create(actor: Person | None, email: str) -> Person:
    """The administrator with this e-mail address: a new person, or one who becomes an administrator.

    :raises BadRequest: if it is not an e-mail address.
    """
    person = people.create_administrator(email)
    audit_log.record(actor, "person.make_administrator", subject=person.id)
    return person
