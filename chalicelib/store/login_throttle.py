"""Counters of sign-in attempts, in ``core``: a window that opens with the first attempt and expires by itself."""

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


def take(key: str, limit: int, window_s: int, now: int) -> int:
    """Take one of `limit` attempts under `key`: 0 if there was one left, else the seconds until there is.

    Counted before the attempt is made, in one conditional write, so that many at once get no more than `limit`.
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
    return 1  # a stampede under one key: the next second will do


def give_back(key: str, now: int) -> None:
    """Undo one :func:`take`: the attempt turned out to be good."""
    try:
        AttemptsItem(key, _SK).update(
            actions=[AttemptsItem.made.add(-1)],
            condition=(AttemptsItem.expires > now) & (AttemptsItem.made > 0),
        )
    except UpdateError as error:
        if not aws.condition_failed(error):
            raise


def clear(key: str) -> None:
    """Forget all attempts under `key`."""
    AttemptsItem(key, _SK).delete()


def _seconds_left(key: str, limit: int, now: int) -> int:
    """Seconds until a window that is used up ends; 0 if it has ended, or has attempts left, or there is none."""
    try:
        item = AttemptsItem.get(key, _SK, consistent_read=True)
    except AttemptsItem.DoesNotExist:
        return 0
    return max(0, int(item.expires or 0) - now) if int(item.made or 0) >= limit else 0
