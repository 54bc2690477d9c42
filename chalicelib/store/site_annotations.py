"""Annotations of a site, in ``core``: notes on dates, and markers of deployments.

==============  =============================  ======================================================================
pk              sk                             holds
==============  =============================  ======================================================================
``site#<id>``   ``annotation#<moment>#<id>``   an :class:`Annotation`; the moment is a day of the site
                                               (``2026-11-26``) or an instant (``2026-11-26T15:04:05Z``)
==============  =============================  ======================================================================

Those of a period are one range of keys. One of which only the id is known is looked for among all of the site, of which
there are at most `config.MAX_ANNOTATIONS`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

from pynamodb.transactions import TransactWrite

from chalicelib.store import aws
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import transact

Kind = Literal["note", "deploy"]
NOTE: Final[Kind] = "note"
DEPLOY: Final[Kind] = "deploy"
KINDS: Final[tuple[Kind, ...]] = (NOTE, DEPLOY)
_PREFIX: Final = "annotation#"
# A day of a site begins and ends at most so far from the day of the same date in UTC: a day in which the site's time
# zone is changed takes up to 51 hours.
_MARGIN: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Annotation:
    """A note on a date of a site.

    :ivar id: unique in the site.
    :ivar at: a day of the site, as ``2026-11-26``, or an instant in UTC, as ``2026-11-26T15:04:05Z``.
    :ivar url: where to read more; ``""`` without one.
    :ivar author: id of the person who wrote it; :ivar signed: their name then, or that of their API token. Both are
        ``""`` if their account was deleted.
    :ivar created_at: epoch seconds; :ivar version: of the stored item.
    """

    site_id: str
    id: str
    at: str
    text: str
    url: str = ""
    kind: Kind = NOTE
    author: str = ""
    signed: str = ""
    created_at: int = 0
    version: int = 1

    @property
    def day(self) -> date | None:
        """The day that it is about, if it has no time."""
        return date.fromisoformat(self.at) if "T" not in self.at else None

    @property
    def t(self) -> int | None:
        """The instant that it is about, epoch ms, if it has a time."""
        return round(datetime.fromisoformat(self.at).timestamp() * 1000) if "T" in self.at else None


def at_instant(t: int) -> str:
    """`Annotation.at` for an instant, epoch ms, to the second."""
    return datetime.fromtimestamp(t // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def around(site_id: str, first: date, last: date) -> list[Annotation]:
    """Those from `first` to `last`, and some of the days around them, because a site's days are not those of UTC."""
    begin = max(first, date.min + _MARGIN) - _MARGIN
    end = min(last, date.max - _MARGIN) + _MARGIN
    return _query(site_id, CoreItem.sk.between(f"{_PREFIX}{begin}", f"{_PREFIX}{end}~"))


def of_site(site_id: str) -> list[Annotation]:
    """All of a site, by moment."""
    return _query(site_id, CoreItem.sk.startswith(_PREFIX))


def ids_in(site_id: str) -> list[str]:
    """The ids of all of a site."""
    keys = CoreItem.query(
        _partition(site_id), CoreItem.sk.startswith(_PREFIX), consistent_read=True, attributes_to_get=["sk"]
    )
    return [_id_in(item) for item in keys]


def find(site_id: str, annotation_id: str) -> Annotation | None:
    """One of a site; None if there is none."""
    return next((one for one in of_site(site_id) if one.id == annotation_id), None)


def add(annotation: Annotation) -> bool:
    """Store a new one; False if there is one with its moment and id."""
    return aws.condition_met(lambda: _item(annotation).save(CoreItem.pk.does_not_exist()))


def change(before: Annotation, after: Annotation) -> bool:
    """Store a changed one; False if the stored one is no longer `before`."""
    old, new = _item(before), _item(dataclasses.replace(after, version=before.version + 1))
    unchanged = CoreItem.version == before.version
    if before.at == after.at:
        return aws.condition_met(lambda: new.save(unchanged))

    def move(transaction: TransactWrite) -> None:
        transaction.delete(old, condition=unchanged)
        transaction.save(new, condition=CoreItem.pk.does_not_exist())

    return transact(move)


def remove(annotation: Annotation) -> bool:
    """Delete one; False if there is none."""
    return aws.condition_met(lambda: _item(annotation).delete(CoreItem.pk.exists()))


def disown(site_id: str, sk: str, person_id: str) -> bool:
    """Take the name of the author, whose account is deleted, off the one with this sort key.

    False if it is not theirs.
    """
    found = next(iter(_query(site_id, CoreItem.sk == sk)), None)
    if found is None or found.author != person_id:
        return False
    return change(found, dataclasses.replace(found, author="", signed=""))


def _query(site_id: str, keys: Any) -> list[Annotation]:
    items = CoreItem.query(_partition(site_id), keys, consistent_read=True)
    return [_parse(item, site_id) for item in items]


def _partition(site_id: str) -> str:
    return f"site#{site_id}"


def _id_in(item: CoreItem) -> str:
    return str(item.sk).rpartition("#")[2]


def _item(annotation: Annotation) -> CoreItem:
    body = {
        "text": annotation.text,
        "url": annotation.url,
        "kind": annotation.kind,
        "author": annotation.author,
        "signed": annotation.signed,
        "created_at": annotation.created_at,
    }
    return CoreItem(
        _partition(annotation.site_id),
        f"{_PREFIX}{annotation.at}#{annotation.id}",
        body=json.dumps({name: value for name, value in body.items() if value}, ensure_ascii=False),
        version=annotation.version,
    )


def _parse(item: CoreItem, site_id: str) -> Annotation:
    body = json.loads(item.body or "{}")
    return Annotation(
        site_id,
        _id_in(item),
        str(item.sk).split("#")[1],
        body["text"],
        body.get("url", ""),
        body["kind"],
        body.get("author", ""),
        body.get("signed", ""),
        int(body.get("created_at", 0)),
        int(item.version),
    )
