"""The Idempotency-Keys that a person's programs have sent, in ``core``, until they expire.

``person#<id>`` / ``idempotency#<sha256 of the key>``: what the request was, and then its answer, sealed by
`api.idempotency`. `until` is there while the request is running: its lease, epoch seconds.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Final

from pynamodb.attributes import BinaryAttribute, NumberAttribute
from pynamodb.exceptions import PutError

from chalicelib.store import aws
from chalicelib.store.people import partition
from chalicelib.store.tables import CoreItem

OF_KEY: Final = "idempotency#"
_RACES: Final = 5


class KeyItem(CoreItem):
    """A key and its request."""

    until = NumberAttribute(null=True)
    answer = BinaryAttribute(legacy_encoding=False, null=True)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key that was sent with a request.

    :ivar request: digest of the request that was the first with this key.
    :ivar creation_id: UUID for what that request creates.
    :ivar lease: epoch seconds until which the caller may run the request; 0: somebody else is running it or has.
    :ivar answer: the sealed answer, once there is one.
    """

    request: str
    creation_id: str
    lease: int = 0
    answer: bytes | None = None


def begin(person_id: str, key: str, request: str, now: int, lease_s: int, life_s: int) -> KeyUse:
    """Take a key for a request, if nobody has it; gives who has it.

    :param key: SHA-256 of the key, in hex; :param request: digest of the request.
    """
    lease = now + lease_s
    for _ in range(_RACES):
        first = KeyUse(request, str(uuid.uuid4()), lease)
        body = json.dumps({"request": first.request, "creation_id": first.creation_id})
        item = KeyItem(*_key(person_id, key), body=body, until=lease, expires=now + life_s)
        try:
            item.save(KeyItem.pk.does_not_exist() | (KeyItem.expires <= now))
            return first
        except PutError as error:
            if not aws.condition_failed(error):
                raise
        try:
            found = KeyItem.get(*_key(person_id, key), consistent_read=True)
        except KeyItem.DoesNotExist:  # given back meanwhile
            continue
        use = KeyUse(**json.loads(found.body or "{}"), answer=found.answer)
        ran_until = int(found.until or 0)
        if use.request != request or use.answer is not None or ran_until > now:
            return use
        if _take_over(found, ran_until, lease):
            return KeyUse(use.request, use.creation_id, lease)
    return KeyUse(request, "")


def finish(person_id: str, key: str, lease: int, answer: bytes) -> None:
    """Store the sealed answer to the request that holds `lease`, unless somebody else runs it by now."""
    aws.condition_met(
        lambda: KeyItem(*_key(person_id, key)).update(
            actions=[KeyItem.answer.set(answer), KeyItem.until.remove()], condition=KeyItem.until == lease
        )
    )


def give_back(person_id: str, key: str, lease: int) -> None:
    """Forget the key of the request that holds `lease`: it failed, so the key may be used again."""
    aws.condition_met(lambda: KeyItem(*_key(person_id, key)).delete(KeyItem.until == lease))


def forget_creation(person_partition: str, sk: str, _site_id: str) -> None:
    """Delete a key whose request has created a site that is deleted."""
    KeyItem(person_partition, sk).delete()


def _take_over(item: KeyItem, ran_until: int, lease: int) -> bool:
    """Take the lease of a request that must have died."""
    return aws.condition_met(
        lambda: item.update(actions=[KeyItem.until.set(lease)], condition=KeyItem.until == ran_until)
    )


def _key(person_id: str, key: str) -> tuple[str, str]:
    return partition(person_id), f"{OF_KEY}{key}"
