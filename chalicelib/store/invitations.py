"""Invitations to a site, to a team or to the installation, in ``core``.

==================  =====================================  =====================================================
pk                  sk                                     holds
==================  =====================================  =====================================================
``site#<id>``       ``invitation#<id>``                    an :class:`Invitation` to a site
``team#<id>``       ``invitation#<id>``                    to a team
``installation``    ``invitation#<id>``                    to the installation
``email#<addr>``    ``invitation#<pk above>#<id>``         that this address is invited, until it has accepted
``person#<id>``     ``invitation#<pk above>#<id>``         that this person has sent it, or accepted it
==================  =====================================  =====================================================

The last two lead to everything that names a person or an address, for when an account is deleted. All expire some time
after the invitation. Of an invitation's secret, only the SHA-256 is stored.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from pynamodb.transactions import TransactWrite

from chalicelib.config import INVITATION_KEPT_S
from chalicelib.store import people
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import transact

_SK: Final = "invitation#"
Kind = Literal["site", "team", "installation"]
State = Literal["pending", "expired", "accepted"]


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody is invited to. `id`: of the site or the team."""

    kind: Kind
    id: str = ""

    @property
    def partition(self) -> str:
        """The partition key of its invitations."""
        return f"{self.kind}#{self.id}" if self.id else self.kind


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation.

    :ivar id: UUID; not secret.
    :ivar email: the address that is invited; ``""`` once it was accepted.
    :ivar role: the role in the site or team; ``""`` in the installation.
    :ivar invited_by: id of the person who sent it last.
    :ivar sent_at, valid_until: epoch seconds.
    :ivar digest: SHA-256 of the secret in its link.
    :ivar mailed: the link was mailed to the address, and shown to nobody.
    :ivar accepted_at: epoch seconds, 0 if it was not; :ivar accepted_by: id of the person.
    :ivar version: of the stored item, for optimistic locking; 0 if it is not stored yet.
    """

    place: Place
    id: str
    email: str
    role: str
    invited_by: str
    sent_at: int
    valid_until: int
    digest: str = field(repr=False)
    mailed: bool = True
    accepted_at: int = 0
    accepted_by: str = ""
    version: int = 0

    def state(self, now: float) -> State:
        """Its state at `now` (epoch seconds)."""
        if self.accepted_at:
            return "accepted"
        return "expired" if self.valid_until <= now else "pending"


def get(place: Place, invitation_id: str) -> Invitation | None:
    """The invitation, read consistently, or None."""
    try:
        item = CoreItem.get(place.partition, _SK + invitation_id, consistent_read=True)
    except CoreItem.DoesNotExist:
        return None
    return _parse(place, item) if _is_kept(item) else None


def of_place(place: Place) -> list[Invitation]:
    """The invitations to a place, the newest first."""
    items = CoreItem.query(place.partition, CoreItem.sk.startswith(_SK), consistent_read=True)
    found = [_parse(place, item) for item in items if _is_kept(item)]
    return sorted(found, key=lambda one: (one.accepted_at or one.sent_at, one.id), reverse=True)


def write(before: Invitation | None, after: Invitation) -> Invitation | None:
    """Store a new invitation, or a changed one; as stored, or None if it was changed since `before` was read."""
    stored = dataclasses.replace(after, version=(before.version if before else 0) + 1)
    unchanged = CoreItem.version == before.version if before else CoreItem.pk.does_not_exist()

    def change(transaction: TransactWrite) -> None:
        transaction.save(_item(stored), unchanged)
        _point(transaction, stored, gone=_pointers(before) if before else ())

    return stored if transact(change) else None


def accept(before: Invitation, person_id: str, now: int, also: Callable[[TransactWrite], None] | None = None) -> bool:
    """Mark an invitation as accepted, in one transaction with what `also` writes.

    :param also: from `site_people.saving` or `teams.saving_member`.
    :returns: False if the invitation, or what `also` depends on, was changed since it was read.
    """
    accepted = dataclasses.replace(
        before, email="", digest="", accepted_at=now, accepted_by=person_id, version=before.version + 1
    )

    def change(transaction: TransactWrite) -> None:
        transaction.save(_item(accepted), CoreItem.version == before.version)
        _point(transaction, accepted, gone=_pointers(before))
        if also is not None:
            also(transaction)

    return transact(change)


def remove(invitation: Invitation) -> bool:
    """Delete an invitation; False if it was changed since it was read."""

    def change(transaction: TransactWrite) -> None:
        transaction.delete(_item(invitation), CoreItem.version == invitation.version)
        for key in _pointers(invitation):
            transaction.delete(CoreItem(*key))

    return transact(change)


def naming_person(person_id: str) -> list[Invitation]:
    """The invitations that a person has sent or accepted."""
    return _pointed_to_by(people.partition(person_id))


def naming_address(email: str) -> list[Invitation]:
    """The invitations of an address that were not accepted."""
    return _pointed_to_by(_email_partition(email))


def _pointed_to_by(partition: str) -> list[Invitation]:
    found = []
    for item in CoreItem.query(partition, CoreItem.sk.startswith(_SK), consistent_read=True):
        key, _, invitation_id = item.sk.removeprefix(_SK).rpartition("#")
        kind, _, place_id = key.partition("#")
        invitation = get(Place(kind, place_id), invitation_id)  # type: ignore[arg-type]  # as it was written
        if invitation is not None:
            found.append(invitation)
    return found


def _point(transaction: TransactWrite, invitation: Invitation, gone: Iterable[tuple[str, str]]) -> None:
    kept = _pointers(invitation)
    for key in kept:
        transaction.save(CoreItem(*key, expires=_expires(invitation)))
    for key in set(gone) - kept:
        transaction.delete(CoreItem(*key))


def _pointers(invitation: Invitation) -> set[tuple[str, str]]:
    """The keys of the items that lead to an invitation."""
    sk = f"{_SK}{invitation.place.partition}#{invitation.id}"
    named = {people.partition(one) for one in (invitation.invited_by, invitation.accepted_by) if one}
    if invitation.email:
        named.add(_email_partition(invitation.email))
    return {(partition, sk) for partition in named}


def _email_partition(email: str) -> str:
    return f"email#{email.casefold()}"


def _expires(invitation: Invitation) -> int:
    return (invitation.accepted_at or invitation.valid_until) + INVITATION_KEPT_S


def _is_kept(item: CoreItem) -> bool:
    """Whether an item has not expired; DynamoDB deletes expired items within days."""
    return bool((item.expires or 0) > time.time())


def _item(invitation: Invitation) -> CoreItem:
    left_out = ("place", "id", "version")
    body = {name: value for name, value in dataclasses.asdict(invitation).items() if name not in left_out}
    return CoreItem(
        invitation.place.partition,
        _SK + invitation.id,
        body=json.dumps(body, sort_keys=True),
        version=invitation.version,
        expires=_expires(invitation),
    )


def _parse(place: Place, item: CoreItem) -> Invitation:
    known = {entry.name for entry in dataclasses.fields(Invitation)} - {"place", "id", "version"}
    body = {name: value for name, value in json.loads(item.body or "{}").items() if name in known}
    return Invitation(place, item.sk.removeprefix(_SK), **body, version=int(item.version))
