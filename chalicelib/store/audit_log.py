"""The audit log in ``core``: who changed what.

====================  ==================================  ============================================
pk                    sk                                  holds
====================  ==================================  ============================================
``audit#2026-11``     ``2026-11-26T15:04:05.123Z#<id>``   an :class:`Entry`, deleted after a year
====================  ==================================  ============================================

People are stored by id, so that an entry has nothing of them once they are deleted.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from chalicelib.config import AUDIT_LOG_LIFE_S
from chalicelib.store.tables import CoreItem

_PREFIX: Final = "audit#"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change.

    :ivar at: time, ISO 8601 in UTC with milliseconds.
    :ivar id: unique among entries; with `at`, the entry's place in the log.
    :ivar actor: id of the person who made it; ``""`` for the program itself or its command line.
    :ivar action: ``area.verb``, e.g. ``site.archive``.
    :ivar site: id of the site that it is about, or ``""``.
    :ivar subject: id of the person or thing that was changed, or ``""``.
    :ivar details: what else to know, by name.
    """

    at: str
    id: str
    actor: str
    action: str
    site: str = ""
    subject: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


def add(actor: str, action: str, site: str, subject: str, details: Mapping[str, str]) -> Entry:
    """Write an entry, with the time of now."""
    now = time.time()
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entry = Entry(at, secrets.token_hex(6), actor, action, site, subject, details)
    body = {name: value for name, value in dataclasses.asdict(entry).items() if name not in ("at", "id") and value}
    CoreItem(
        _PREFIX + at[:7],
        f"{at}#{entry.id}",
        body=json.dumps(body, sort_keys=True, ensure_ascii=False),
        expires=int(now) + AUDIT_LOG_LIFE_S,
    ).save()
    return entry


def entries(month: str, before: str = "", limit: int | None = None) -> Iterator[Entry]:
    """The entries of a month (``2026-11``), newest first.

    :param before: only entries older than this one, as ``at#id``.
    """
    older = CoreItem.sk < before if before else None
    for item in CoreItem.query(
        _PREFIX + month, older, scan_index_forward=False, limit=limit, filter_condition=CoreItem.expires > time.time()
    ):
        at, _, identity = item.sk.partition("#")
        yield Entry(at, identity, **{"actor": "", "action": "", **json.loads(item.body or "{}")})
