"""Deletions of people: one item in ``core`` for each, which is the state of the work, and afterwards the receipt.

================  =================  ==================================================================================
pk                sk                 holds
================  =================  ==================================================================================
``deletion``      ``person#<id>``    a :class:`PersonDeletion`; the receipt, without addresses, is deleted after a year
================  =================  ==================================================================================

Deletions of sites are beside them, see `store.deletions`.

The item is written in the transaction that deletes the profile, so that there is no moment without either: nobody can
sign in as the person from then on, and what is left of them is removed even if the request dies.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from pynamodb.transactions import TransactWrite

from chalicelib import config
from chalicelib.store import people
from chalicelib.store.deletions import PERSON, RECEIPT
from chalicelib.store.people import Person
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import transact


@dataclass(frozen=True, slots=True)
class PersonDeletion:
    """The deletion of a person.

    :ivar by: id of the person who began it.
    :ivar began: epoch seconds; :ivar finished: the same, 0 while it is not done.
    :ivar addresses: the e-mail addresses of the person, which are searched for; none in the receipt.
    """

    person_id: str
    by: str
    began: int
    finished: int = 0
    addresses: tuple[str, ...] = ()


def begin(person: Person, by: str, other_administrator: Person | None) -> PersonDeletion | None:
    """Delete a person's profile and release their addresses; None if the person, or the other, changed meanwhile.

    :param by: id of the person who deletes it.
    :param other_administrator: who remains, if the person is an administrator.
    """
    addresses = (person.email, *person.other_emails, *person.unverified_emails)
    deletion = PersonDeletion(person.id, by, int(time.time()), addresses=addresses)

    def change(transaction: TransactWrite) -> None:
        transaction.save(_item(deletion), CoreItem.pk.does_not_exist())
        _delete_profile(transaction, person)
        if other_administrator is not None:
            key = people.profile_key(other_administrator.id)
            transaction.condition_check(CoreItem, *key, CoreItem.version == other_administrator.version)

    if not transact(change):
        return None
    return deletion


def _delete_profile(transaction: TransactWrite, person: Person) -> None:
    """Delete the profile, if it has not changed, and release the addresses."""
    transaction.delete(CoreItem(*people.profile_key(person.id)), CoreItem.version == person.version)
    for key in {people.email_key(email) for email in (person.email, *person.other_emails)}:
        transaction.delete(CoreItem(*key), CoreItem.pk.does_not_exist() | (CoreItem.body == person.id))


def finish(deletion: PersonDeletion) -> None:
    """Replace the state of the work by the receipt."""
    _item(PersonDeletion(deletion.person_id, deletion.by, deletion.began, int(time.time()))).save()


def unfinished() -> list[PersonDeletion]:
    """The deletions that are not done, the oldest first."""
    found = map(_parse, CoreItem.query(RECEIPT, CoreItem.sk.startswith(PERSON), consistent_read=True))
    return sorted((one for one in found if not one.finished), key=lambda one: (one.began, one.person_id))


def get(person_id: str) -> PersonDeletion | None:
    """The deletion of a person, or None."""
    try:
        return _parse(CoreItem.get(RECEIPT, PERSON + person_id, consistent_read=True))
    except CoreItem.DoesNotExist:
        return None


def _item(deletion: PersonDeletion) -> CoreItem:
    body = {"by": deletion.by, "began": deletion.began, "finished": deletion.finished}
    if deletion.addresses:
        body["addresses"] = list(deletion.addresses)
    expires = deletion.finished + config.PERSON_RECEIPT_S if deletion.finished else None
    return CoreItem(RECEIPT, PERSON + deletion.person_id, body=json.dumps(body, sort_keys=True), expires=expires)


def _parse(item: CoreItem) -> PersonDeletion:
    body = json.loads(item.body or "{}")
    return PersonDeletion(
        item.sk.removeprefix(PERSON), body["by"], body["began"], body["finished"], tuple(body.get("addresses", ()))
    )
