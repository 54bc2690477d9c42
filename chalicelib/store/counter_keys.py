"""The key of a site's counter and badge, in ``core``: ``site#<id>`` / ``counter``, if they are switched on.

The key is in the HTML of the site's pages, so it is stored as it is.
"""

from __future__ import annotations

import json

from chalicelib.store import aws
from chalicelib.store.tables import CoreItem

_SK = "counter"


def get(site_id: str) -> str | None:
    """The key, read consistently; None if the counter is switched off."""
    try:
        item = CoreItem.get(_partition(site_id), _SK, consistent_read=True)
    except CoreItem.DoesNotExist:
        return None
    return str(json.loads(item.body or "{}").get("key", "")) or None


def add(site_id: str, key: str) -> bool:
    """Switch the counter on with a new key; False if it is on already."""
    return aws.condition_met(
        lambda: CoreItem(_partition(site_id), _SK, body=json.dumps({"key": key})).save(CoreItem.pk.does_not_exist())
    )


def remove(site_id: str) -> bool:
    """Switch the counter off; False if it is off already."""
    return aws.condition_met(lambda: CoreItem(_partition(site_id), _SK).delete(CoreItem.pk.exists()))


def _partition(site_id: str) -> str:
    return f"site#{site_id}"
