"""Items of a person that mention a site: each kind that there is."""

from __future__ import annotations

import json
import time
import uuid

from chalicelib.store import credentials, site_order
from chalicelib.store.credentials import Token
from chalicelib.store.idempotency_keys import OF_KEY, KeyItem
from chalicelib.store.people import partition
from chalicelib.store.site_order import SiteOrder

OTHER = "00000000-0000-4000-8000-00000000aaaa"


def mention(person_id: str, site_id: str) -> None:
    """The person has the site and another one among their favourites and in a token, and created it with a key."""
    site_order.write(person_id, SiteOrder(frozenset({site_id, OTHER}), (site_id, OTHER)))
    digest = uuid.uuid4().hex
    credentials.add_token(person_id, Token(digest, "limited", int(time.time()), sites=(site_id, OTHER)))
    credentials.add_token(person_id, Token(uuid.uuid4().hex, "named", int(time.time()), sites=(OTHER,)))
    body = json.dumps({"request": "", "creation_id": site_id})
    KeyItem(partition(person_id), f"{OF_KEY}{digest}", body=body, expires=int(time.time()) + 3600).save()
