"""The identities at OpenID Connect providers with which people sign in, in ``core``.

==========================  ======================  =================================================================
pk                          sk                      holds
==========================  ======================  =================================================================
``identity#<digest>``       ``person``              the id of the person; keeps an identity with one person
``person#<id>``             ``identity#<digest>``   an :class:`Identity`
==========================  ======================  =================================================================

The digest is that of issuer and subject, which together name an identity for good; an e-mail address does not.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.errors import Conflict
from chalicelib.store import aws, people
from chalicelib.store.people import Person
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import connection


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity that is connected to a person.

    :ivar digest: of issuer and subject, see :func:`digest_of`.
    :ivar issuer: URL of the provider.
    :ivar email: the address that the provider gave when it was connected; ``""`` if it gave none.
    :ivar connected_at: epoch seconds.
    """

    digest: str
    issuer: str
    email: str
    connected_at: int


def digest_of(issuer: str, subject: str) -> str:
    """The SHA-256, in hex, by which an identity is stored. The length keeps issuer and subject apart."""
    return hashlib.sha256(f"{len(issuer)} {issuer} {subject}".encode()).hexdigest()


def person_with(digest: str) -> Person | None:
    """The person that an identity is connected to, or None."""
    try:
        pointer = CoreItem.get(*_pointer_key(digest), consistent_read=True)
    except CoreItem.DoesNotExist:
        return None
    return people.get_person(str(pointer.body))


def identities_of(person_id: str) -> list[Identity]:
    """The identities of a person, the oldest first."""
    found = []
    for item in CoreItem.query(people.partition(person_id), CoreItem.sk.startswith("identity#"), consistent_read=True):
        body = json.loads(item.body or "{}")
        digest = item.sk.removeprefix("identity#")
        found.append(
            Identity(digest, str(body["issuer"]), str(body.get("email", "")), int(body.get("connected_at", 0)))
        )
    return sorted(found, key=lambda identity: (identity.connected_at, identity.digest))


def connect(person_id: str, identity: Identity) -> None:
    """Connect an identity to a person; again, if it is connected to them already.

    :raises Conflict: if it is connected to somebody else.
    """
    body = json.dumps(
        {"issuer": identity.issuer, "email": identity.email, "connected_at": identity.connected_at}, sort_keys=True
    )
    pointer = CoreItem(*_pointer_key(identity.digest), body=person_id)
    try:
        with TransactWrite(connection=connection()) as transaction:
            transaction.save(pointer, CoreItem.pk.does_not_exist() | (CoreItem.body == person_id))
            transaction.save(CoreItem(*_key(person_id, identity.digest), body=body))
    except TransactWriteError as error:
        if not aws.transaction_canceled(error):
            raise
        raise Conflict("This identity is connected to another account.") from error


def disconnect(person_id: str, digest: str) -> bool:
    """Disconnect an identity from a person; gives whether it was connected to them."""
    try:
        with TransactWrite(connection=connection()) as transaction:
            transaction.delete(CoreItem(*_pointer_key(digest)), CoreItem.body == person_id)
            transaction.delete(CoreItem(*_key(person_id, digest)))
    except TransactWriteError as error:
        if not aws.transaction_canceled(error):
            raise
        return False
    return True


def _pointer_key(digest: str) -> tuple[str, str]:
    return f"identity#{digest}", "person"


def _key(person_id: str, digest: str) -> tuple[str, str]:
    return people.partition(person_id), f"identity#{digest}"
