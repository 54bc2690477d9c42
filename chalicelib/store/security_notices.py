"""What happened to the ways in which a person signs in, in the person's partition of ``core``.

===============================  ==================================================
sk                               holds
===============================  ==================================================
``notice#<epoch ms>#<random>``   a :class:`Notice`; deleted after three months
===============================  ==================================================
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import Final

from chalicelib.config import SECURITY_NOTICE_LIFE_S
from chalicelib.store.people import partition
from chalicelib.store.tables import CoreItem

_PREFIX: Final = "notice#"


@dataclass(frozen=True, slots=True)
class Notice:
    """A change. `kind`: see `accounts.mailing.notices`; `at`: epoch seconds."""

    kind: str
    at: int


def add(person_id: str, kind: str) -> None:
    """Store a change, with the time of now."""
    now = time.time()
    sk = f"{_PREFIX}{int(now * 1000):014}#{secrets.token_hex(4)}"
    body = json.dumps({"kind": kind})
    CoreItem(partition(person_id), sk, body=body, expires=int(now) + SECURITY_NOTICE_LIFE_S).save()


def latest(person_id: str, limit: int) -> list[Notice]:
    """The latest changes, newest first."""
    items = CoreItem.query(partition(person_id), CoreItem.sk.startswith(_PREFIX), scan_index_forward=False, limit=limit)
    return [
        Notice(str(json.loads(item.body or "{}").get("kind", "")), int(item.sk.split("#")[1]) // 1000)
        for item in items
        if (item.expires or 0) > time.time()
    ]
