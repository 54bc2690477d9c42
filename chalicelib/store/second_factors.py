"""The second factors of people, in the partition of their person in ``core``.

==========================  ===================================================================================
sk                          holds
==========================  ===================================================================================
``factor#totp``             an authenticator app: its encrypted secret, and the step of the last code used
``factor#recovery``         the SHA-256 of the recovery codes that are left
``factor#passkey#<id>``     a :class:`Passkey`
==========================  ===================================================================================

What may happen only once (a code, a count of a passkey) is decided by a conditional write.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.store import aws
from chalicelib.store.people import partition
from chalicelib.store.tables import CoreItem

_TOTP: Final = "factor#totp"
_RECOVERY: Final = "factor#recovery"
_PASSKEY: Final = "factor#passkey#"


class FactorItem(CoreItem):
    """A second factor."""

    counter = NumberAttribute(null=True)  # the last step of an authenticator app, or the sign count of a passkey
    used_at = NumberAttribute(null=True)  # epoch seconds
    label = UnicodeAttribute(null=True)  # the name of a passkey
    digests = UnicodeSetAttribute(null=True)


@dataclass(frozen=True, slots=True)
class Totp:
    """An authenticator app.

    :ivar sealed: the secret, encrypted.
    :ivar last_step: the step of time of the last code that was used.
    :ivar created_at: epoch seconds.
    """

    sealed: str
    last_step: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey.

    :ivar id: of the item; in URLs.
    :ivar credential_id: as the authenticator gave it.
    :ivar public_key: with the credential id, in WebAuthn's format ``attestedCredentialData``.
    :ivar transports: how browsers may reach the authenticator, e.g. ``internal``.
    :ivar sign_count: as the authenticator last reported it; 0 if it does not count.
    :ivar created_at, used_at: epoch seconds; `used_at` 0 if never used.
    """

    id: str
    credential_id: bytes
    public_key: bytes
    name: str
    transports: tuple[str, ...] = ()
    sign_count: int = 0
    created_at: int = 0
    used_at: int = 0


@dataclass(frozen=True, slots=True)
class Factors:
    """The second factors of a person."""

    totp: Totp | None = None
    recovery_digests: frozenset[str] = frozenset()
    passkeys: tuple[Passkey, ...] = ()

    @property
    def required(self) -> bool:
        """Whether signing in takes a second step."""
        return self.totp is not None or bool(self.passkeys)


def factors_of(person_id: str) -> Factors:
    """The second factors of a person, read consistently; passkeys with the oldest first."""
    totp, digests, passkeys = None, frozenset[str](), []
    for item in FactorItem.query(partition(person_id), FactorItem.sk.startswith("factor#"), consistent_read=True):
        body = json.loads(item.body or "{}")
        if item.sk == _TOTP:
            totp = Totp(body["sealed"], int(item.counter or 0), body["created_at"])
        elif item.sk == _RECOVERY:
            digests = frozenset(item.digests or ())
        elif item.sk.startswith(_PASSKEY):
            passkeys.append(_passkey(item, body))
    return Factors(totp, digests, tuple(sorted(passkeys, key=lambda one: (one.created_at, one.id))))


def find_passkey(person_id: str, passkey_id: str) -> Passkey | None:
    """A passkey of a person, or None."""
    try:
        item = FactorItem.get(partition(person_id), _PASSKEY + passkey_id, consistent_read=True)
    except FactorItem.DoesNotExist:
        return None
    return _passkey(item, json.loads(item.body or "{}"))


def add_totp(person_id: str, sealed: str, step: int) -> bool:
    """Store an authenticator app, whose code of `step` is used up; False if there is one already."""
    body = json.dumps({"sealed": sealed, "created_at": int(time.time())})
    return _add(FactorItem(partition(person_id), _TOTP, body=body, counter=step))


def use_step(person_id: str, step: int) -> bool:
    """Use up the code of `step`; False if it, or a later one, has been used."""
    return _update(person_id, _TOTP, [FactorItem.counter.set(step)], FactorItem.counter < step)


def remove_totp(person_id: str) -> None:
    """Delete the authenticator app, if there is one."""
    FactorItem(partition(person_id), _TOTP).delete()


def set_recovery_digests(person_id: str, digests: Collection[str]) -> None:
    """Replace the recovery codes."""
    FactorItem(partition(person_id), _RECOVERY, digests=set(digests)).save()


def remove_recovery_digests(person_id: str) -> None:
    """Delete the recovery codes, if there are any."""
    FactorItem(partition(person_id), _RECOVERY).delete()


def use_recovery_digest(person_id: str, digest: str) -> bool:
    """Use up a recovery code; False if there is no such code, or it has been used."""
    actions = [FactorItem.digests.delete({digest})]
    return _update(person_id, _RECOVERY, actions, FactorItem.digests.contains(digest))


def add_passkey(person_id: str, passkey: Passkey) -> bool:
    """Store a new passkey; False if there is one with its id already."""
    body = {
        "credential_id": base64.b64encode(passkey.credential_id).decode(),
        "public_key": base64.b64encode(passkey.public_key).decode(),
        "transports": list(passkey.transports),
        "created_at": passkey.created_at,
    }
    key = partition(person_id), _PASSKEY + passkey.id
    return _add(FactorItem(*key, body=json.dumps(body), label=passkey.name, counter=passkey.sign_count))


def use_passkey(person_id: str, passkey_id: str, sign_count: int) -> bool:
    """Store that a passkey was used; False if it was removed, or its count is not higher than the stored one.

    Passkeys that do not count always report 0.
    """
    newer = FactorItem.counter < sign_count
    allowed = newer if sign_count else FactorItem.counter == 0
    actions = [FactorItem.counter.set(sign_count), FactorItem.used_at.set(int(time.time()))]
    return _update(person_id, _PASSKEY + passkey_id, actions, allowed)


def rename_passkey(person_id: str, passkey_id: str, name: str) -> bool:
    """Rename a passkey; False if there is none."""
    return _update(person_id, _PASSKEY + passkey_id, [FactorItem.label.set(name)], FactorItem.pk.exists())


def remove_passkey(person_id: str, passkey_id: str) -> None:
    """Delete a passkey, if it exists."""
    FactorItem(partition(person_id), _PASSKEY + passkey_id).delete()


def _add(item: FactorItem) -> bool:
    return aws.condition_met(lambda: item.save(FactorItem.pk.does_not_exist()))


def _update(person_id: str, sk: str, actions: list[Any], condition: Any) -> bool:
    return aws.condition_met(lambda: FactorItem(partition(person_id), sk).update(actions=actions, condition=condition))


def _passkey(item: FactorItem, body: dict[str, Any]) -> Passkey:
    return Passkey(
        id=item.sk.removeprefix(_PASSKEY),
        credential_id=base64.b64decode(body["credential_id"]),
        public_key=base64.b64decode(body["public_key"]),
        name=str(item.label or ""),
        transports=tuple(body.get("transports", ())),
        sign_count=int(item.counter or 0),
        created_at=int(body.get("created_at", 0)),
        used_at=int(item.used_at or 0),
    )
