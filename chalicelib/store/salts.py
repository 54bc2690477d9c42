"""The salts: 32 random bytes per site-day, created on first use and destroyed when the day is over.

Only a salt can link a visitor key to an IP address, so salts are in a table of their own that is never backed up. Once
a salt is destroyed, nobody can compute the visitor keys of that day again, even with all tables, backups and settings.
"""

from __future__ import annotations

import secrets
import time
from datetime import date

from pynamodb.exceptions import DeleteError

from chalicelib.config import IMPORT_SALT_LIFE_S, SALT_GRACE_S
from chalicelib.store import aws
from chalicelib.store.sites import Site
from chalicelib.store.tables import SaltItem
from chalicelib.timed_cache import TimedCache

_SALT_BYTES = 32
# Cached until the salt expires, which the table states in epoch seconds.
_salts: TimedCache[str, bytes] = TimedCache(wall_clock=True)


def salt(site: Site, day: date) -> bytes:
    """The salt of a site-day, created if there is none."""
    known = find_salt(site, day)
    if known is not None:
        return known
    now = time.time()
    key = _key(site.id, day)
    over = site.calendar.day_end(day) / 1000 + SALT_GRACE_S
    item = SaltItem(key, salt=secrets.token_bytes(_SALT_BYTES), expires=int(max(over, now + IMPORT_SALT_LIFE_S)))
    if not aws.condition_met(lambda: item.save(SaltItem.site_day.does_not_exist() | (SaltItem.expires <= int(now)))):
        # Another collector has created it first.
        item = SaltItem.get(key, consistent_read=True)
    return _remembered(key, item)


def find_salt(site: Site, day: date) -> bytes | None:
    """The salt of a site-day, if it exists and has not expired."""
    key = _key(site.id, day)
    now = time.time()
    _salts.drop_expired()
    known = _salts.peek(key)
    if known is not None:
        return known
    try:
        item = SaltItem.get(key)
    except SaltItem.DoesNotExist:
        return None
    if item.expires <= now:
        return None
    return _remembered(key, item)


def delete_expired(now: float) -> int:
    """Delete all salts that have expired at `now` (epoch seconds); returns how many.

    DynamoDB's TTL deletes them, too, but may take two days.
    """
    destroyed = 0
    for item in SaltItem.scan(SaltItem.expires <= int(now)):
        try:
            item.delete(SaltItem.expires <= int(now))
        except DeleteError as error:  # created again for an import just now, with a new expiry
            if not aws.condition_failed(error):
                raise
        else:
            destroyed += 1
    return destroyed


def _remembered(key: str, item: SaltItem) -> bytes:
    salt = bytes(item.salt)
    _salts.put(key, salt, float(item.expires))
    return salt


def _key(site_id: str, day: date) -> str:
    return f"{site_id}#{day.isoformat()}"
