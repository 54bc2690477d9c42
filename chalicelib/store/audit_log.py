"""The audit log in ``core``: who changed what.

====================  ============================================  ====================================================
pk                    sk                                            holds
====================  ============================================  ====================================================
``audit#2026-11``     ``2026-11-26T15:04:05.123Z#<id>``             an :class:`Entry`, deleted after a year
``site#<id>``         ``by-administrator#2026-11-26T15:0…Z#<id>``   the same once more, if an administrator without a
                                                                    role in this site made the change
====================  ============================================  ====================================================

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
_BY_ADMINISTRATOR: Final = "by-administrator#"


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


def add(
    actor: str,
    action: str,
    site: str,
    subject: str,
    details: Mapping[str, str],
    *,
    as_administrator: bool = False,
) -> Entry:
    """Write an entry, with the time of now.

    :param as_administrator: the actor has no role in `site`, so the change is shown to those who manage the site.
    """
    now = time.time()
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entry = Entry(at, secrets.token_hex(6), actor, action, site, subject, details)
    body = {name: value for name, value in dataclasses.asdict(entry).items() if name not in ("at", "id") and value}
    keys = [(_PREFIX + at[:7], f"{at}#{entry.id}")]
    if as_administrator:
        keys.append((f"site#{site}", f"{_BY_ADMINISTRATOR}{at}#{entry.id}"))
    for key in keys:
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        CoreItem(*key, body=text, expires=int(now) + AUDIT_LOG_LIFE_S).save()
    return entry


def entries(month: str, before: str = "", limit: int | None = None) -> Iterator[Entry]:
    """The entries of a month (``2026-11``), newest first.

    :param before: only entries older than this one, as ``at#id``.
    """
    older = CoreItem.sk < before if before else None
    for item in CoreItem.query(
        _PREFIX + month, older, scan_index_forward=False, limit=limit, filter_condition=CoreItem.expires > time.time()
    ):
        yield _parse(item.sk, item.body)


def by_administrators(site_id: str, limit: int) -> list[Entry]:
    """What administrators without a role in a site changed there, newest first."""
    items = CoreItem.query(
        f"site#{site_id}",
        CoreItem.sk.startswith(_BY_ADMINISTRATOR),
        scan_index_forward=False,
        limit=limit,
        filter_condition=CoreItem.expires > time.time(),
    )
    return [_parse(item.sk.removeprefix(_BY_ADMINISTRATOR), item.body) for item in items]


def _parse(place: str, body: str | None) -> Entry:
    at, _, identity = place.partition("#")
    return Entry(at, identity, **{"actor": "", "action": "", **json.loads(body or "{}")})
