"""Lists of people, sites and audit entries, in the index ``listing`` of ``core``, so that a page reads what it shows.

An item is in at most one list:

=====================  ===================================  ===========================================================
`listed_in`            `listed_by`                          the item
=====================  ===================================  ===========================================================
``people``             ``ada@example.com ada lovelace``     a person, see `store.people`
``sites``              ``fieldnotes fieldnotes.example``    a site, see `store.sites`
``audit#<site id>``    ``2026-11-26T15:04:05.123Z#<id>``    an entry about a site, see `store.audit_log`
=====================  ===================================  ===========================================================

The index has the keys alone; the items are read for the rows that are shown. It is up to date within a second. Items
that an earlier version has written are added by :func:`fill`, which every deployment calls.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from chalicelib.store import aws
from chalicelib.store.tables import CoreItem

PEOPLE: Final = "people"
SITES: Final = "sites"
# Rows of the index that one search reads: of 200 bytes, about 2 MB, which DynamoDB gives in two or three answers.
SEARCHED_ROWS: Final = 10_000
_MAX_KEY_BYTES: Final = 1000  # DynamoDB's limit is 1,024


class Listed(NamedTuple):
    """A row of a list: the text that it is sorted by and searched in, and the key of the item."""

    text: str
    pk: str
    sk: str


class Part(NamedTuple):
    """Some rows of a list.

    :ivar next: where to go on; None at the end. After a search there may be no more rows, or fewer than wanted.
    """

    rows: list[Listed]
    next: str | None


class InvalidPlace(ValueError):
    """A place in a list that no part of it has given."""


def sorted_by(*texts: str) -> str:
    """What an item is listed by: texts, without regard to case, as long as an index allows."""
    joined = " ".join(text for text in texts if text).casefold()
    return joined.encode("utf-8", "replace")[:_MAX_KEY_BYTES].decode("utf-8", "ignore")


def find(listed_in: str, text: str, place: str, limit: int) -> Part:
    """Up to `limit` rows of a list, in its order, beginning at a place.

    :param text: only rows that contain it, ignoring case; ``""``: all. At most :data:`SEARCHED_ROWS` are looked at.
    :param place: `next` of the part before; ``""``: the beginning.
    :raises InvalidPlace: if there is no such place.
    """
    wanted = text.strip().casefold()
    found: list[Listed] = []
    rows = _rows(listed_in, _read_place(place), SEARCHED_ROWS if wanted else limit + 1)
    for number, row in enumerate(rows, 1):
        if len(found) == limit:
            return Part(found, _place_of(found[-1]))
        if wanted in row.text:
            found.append(row)
        if number == SEARCHED_ROWS:
            return Part(found, _place_of(row))
    return Part(found, None)


def every(listed_in: str) -> Iterator[Listed]:
    """All rows of a list, in its order: about 5,000 in one answer of DynamoDB."""
    return map(_row, CoreItem.listing.query(listed_in))


def latest(listed_in: str, before: str, limit: int, at_least: str = "") -> list[Listed]:
    """Up to `limit` rows of a list, backwards, that come before a text, and not before `at_least`."""
    texts = CoreItem.listed_by.between(at_least or " ", before or "~")
    items = CoreItem.listing.query(listed_in, texts, scan_index_forward=False, limit=limit + 1)
    rows = [_row(item) for item in items]
    return [row for row in rows if row.text != before][:limit]


def fill() -> int:
    """List what earlier versions have stored; gives how much that was. Looks through the whole table."""
    missing = CoreItem.listed_in.does_not_exist() & (
        (CoreItem.sk == "profile") | (CoreItem.pk == "site") | CoreItem.pk.startswith("audit#")
    )
    return sum(map(_list, CoreItem.scan(missing, consistent_read=True)))


def _list(item: CoreItem) -> bool:
    body = json.loads(item.body or "{}")
    if item.sk == "profile":
        listed_in, listed_by = PEOPLE, of_person(body["email"], body.get("name", ""))
    elif item.pk == "site":
        listed_in, listed_by = SITES, of_site(body["name"], body["domain"])
    elif body.get("site"):
        listed_in, listed_by = of_audit(body["site"]), item.sk
    else:
        return False
    return aws.condition_met(
        lambda: item.update(
            actions=[CoreItem.listed_in.set(listed_in), CoreItem.listed_by.set(listed_by)],
            condition=CoreItem.pk.exists() & (CoreItem.version == item.version) & CoreItem.listed_in.does_not_exist(),
        )
    )


def of_person(email: str, name: str) -> str:
    """What a person is listed by."""
    return sorted_by(email, name)


def of_site(name: str, domain: str) -> str:
    """What a site is listed by."""
    return sorted_by(name, domain)


def of_audit(site_id: str) -> str:
    """The list of the audit entries about a site."""
    return f"audit#{site_id}"


def _rows(listed_in: str, after: Listed | None, limit: int) -> Iterator[Listed]:
    start: dict[str, Any] | None = None
    if after is not None:
        given = {"listed_in": listed_in, "listed_by": after.text, "pk": after.pk, "sk": after.sk}
        start = {name: {"S": value} for name, value in given.items()}
    for item in CoreItem.listing.query(listed_in, limit=limit, last_evaluated_key=start):
        yield _row(item)


def _row(item: Any) -> Listed:
    return Listed(item.listed_by, item.pk, item.sk)


def _place_of(row: Listed) -> str:
    return base64.urlsafe_b64encode(json.dumps(row, ensure_ascii=False).encode()).decode().rstrip("=")


def _read_place(place: str) -> Listed | None:
    if not place:
        return None
    try:
        given = json.loads(base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)).decode())
    except (ValueError, binascii.Error, RecursionError) as error:
        raise InvalidPlace(place) from error
    if not isinstance(given, list) or len(given) != len(Listed._fields):
        raise InvalidPlace(place)
    if not all(isinstance(part, str) and re.fullmatch(r"[^\ud800-\udfff]{1,1000}", part, re.DOTALL) for part in given):
        raise InvalidPlace(place)
    return Listed(*given)
