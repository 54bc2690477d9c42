"""Counters of sign-in attempts, in ``core``: per key, in a time window that begins with the first attempt."""

from __future__ import annotations

from typing import Final

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import PutError, UpdateError

from chalicelib.store import aws
from chalicelib.store.tables import CoreItem

_SK: Final = "attempts"
_RACES: Final = 5


class AttemptsItem(CoreItem):
    """How many attempts were made under one key in the window that ends at ``expires``."""

    made = NumberAttribute(null=True)


def count_attempt(key: str, limit: int, window_s: int, now: int) -> int:
    """Count an attempt under `key`: returns 0 if it is allowed, else the seconds until the next one is.

    Counted before the attempt is made, in one conditional write, so that concurrent attempts cannot exceed `limit`.
    """
    item = AttemptsItem(key, _SK)
    for _ in range(_RACES):
        try:
            item.update(
                actions=[AttemptsItem.made.add(1)],
                condition=(AttemptsItem.expires > now) & (AttemptsItem.made < limit),
            )
            return 0
        except UpdateError as error:
            if not aws.condition_failed(error):
                raise
        left = _seconds_left(key, limit, now)
        if left:
            return left
        try:
            first = AttemptsItem(key, _SK, made=1, expires=now + window_s)
            first.save(AttemptsItem.pk.does_not_exist() | (AttemptsItem.expires <= now))
            return 0
        except PutError as error:
            if not aws.condition_failed(error):
                raise
    return 1  # many concurrent attempts under one key


def give_back(key: str, now: int) -> None:
    """Undo one :func:`count_attempt`: the attempt was successful."""
    aws.condition_met(
        lambda: AttemptsItem(key, _SK).update(
            actions=[AttemptsItem.made.add(-1)],
            condition=(AttemptsItem.expires > now) & (AttemptsItem.made > 0),
        )
    )


def clear(key: str) -> None:
    """Delete the counter of `key`."""
    AttemptsItem(key, _SK).delete()


def _seconds_left(key: str, limit: int, now: int) -> int:
    """Seconds until the window ends, if no attempts are left in it; else 0."""
    try:
        item = AttemptsItem.get(key, _SK, consistent_read=True)
    except AttemptsItem.DoesNotExist:
        return 0
    return max(0, int(item.expires or 0) - now) if int(item.made or 0) >= limit else 0
