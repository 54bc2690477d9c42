"""The audit log in ``core``: who changed what.

====================  ============================================  ====================================================
pk                    sk                                            holds
====================  ============================================  ====================================================
``audit#2026-11``     ``2026-11-26T15:04:05.123Z#<id>``             an :class:`Entry`, deleted after a year; one about a
                                                                    site is in a list of that site, too, see
                                                                    `store.listings`
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
from typing import Final, NamedTuple

from chalicelib.config import AUDIT_LOG_LIFE_S
from chalicelib.store import listings
from chalicelib.store.tables import CoreItem

# How many entries one search looks at; how many are read at once: of a month, and of a site, whose list is read first.
READ_ENTRIES: Final = 5_000
_READ_AT_ONCE: Final = 1_000
_LISTED_AT_ONCE: Final = 100
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
    :ivar as_administrator: the actor is an administrator of the installation, without a role in the site.
    """

    at: str
    id: str
    actor: str
    action: str
    site: str = ""
    subject: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    as_administrator: bool = False

    @property
    def place(self) -> str:
        """Where it is in the log: `at` and `id`. Later entries have greater ones."""
        return f"{self.at}#{self.id}"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted. Fields that are ``""`` do not matter.

    :ivar month: as ``2026-11``; without a site, it is needed.
    :ivar person: id of the actor or the subject.
    """

    month: str = ""
    site: str = ""
    person: str = ""
    action: str = ""

    def matches(self, entry: Entry) -> bool:
        """Whether an entry is wanted."""
        return (
            self.site in ("", entry.site)
            and self.person in ("", entry.actor, entry.subject)
            and self.action in ("", entry.action)
            and entry.at.startswith(self.month)
        )


class Part(NamedTuple):
    """Some entries, the newest first. `next`: where to go on; None at the end."""

    entries: list[Entry]
    next: str | None


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
    entry = Entry(at, secrets.token_hex(6), actor, action, site, subject, details, as_administrator)
    body = {name: value for name, value in dataclasses.asdict(entry).items() if name not in ("at", "id") and value}
    text, expires = json.dumps(body, sort_keys=True, ensure_ascii=False), int(now) + AUDIT_LOG_LIFE_S
    item = CoreItem(_PREFIX + at[:7], entry.place, body=text, expires=expires)
    if site:
        item.listed_in, item.listed_by = listings.of_audit(site), entry.place
    item.save()
    if as_administrator:
        CoreItem(f"site#{site}", f"{_BY_ADMINISTRATOR}{entry.place}", body=text, expires=expires).save()
    return entry


def entries(month: str, before: str = "", limit: int | None = None) -> Iterator[Entry]:
    """The entries of a month (``2026-11``), newest first.

    :param before: only entries older than this one, as ``at#id``.
    """
    items = CoreItem.query(
        _PREFIX + month,
        CoreItem.sk < before if before else None,
        scan_index_forward=False,
        limit=limit,
        page_size=min(limit or _READ_AT_ONCE, _READ_AT_ONCE),
        filter_condition=CoreItem.expires > time.time(),
    )
    yield from (_parse(item.sk, item.body) for item in items)


def find(wanted: Filter, before: str, limit: int) -> Part:
    """Up to `limit` entries, newest first.

    At most :data:`READ_ENTRIES` are looked at, so there may be fewer, or none, although there is a `next`.

    :param before: `next` of the part before; ``""``: the beginning.
    """
    most = READ_ENTRIES if wanted.person or wanted.action else limit + 1
    read = of_site(wanted.site, wanted.month, before) if wanted.site else entries(wanted.month, before, most)
    found: list[Entry] = []
    for number, entry in enumerate(read, 1):
        if len(found) == limit:
            return Part(found, found[-1].place)
        if wanted.matches(entry):
            found.append(entry)
        if number == READ_ENTRIES:
            return Part(found, entry.place)
    return Part(found, None)


def of_site(site_id: str, month: str, before: str) -> Iterator[Entry]:
    """The entries about a site, newest first.

    :param month: as ``2026-11``; ``""``: of a year.
    :param before: only entries older than this one, as ``at#id``; ``""``: all.
    """
    end = min((text for text in (before, f"{month}~" if month else "") if text), default="")
    while rows := listings.latest(listings.of_audit(site_id), end, _LISTED_AT_ONCE, month):
        items = CoreItem.batch_get([(row.pk, row.sk) for row in rows])
        kept = {item.sk: item for item in items if item.expires and item.expires > time.time()}
        yield from (_parse(row.sk, kept[row.sk].body) for row in rows if row.sk in kept)
        end = rows[-1].text


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
