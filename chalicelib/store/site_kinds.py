"""What belongs to a site: each kind of items and objects, by their keys, and what of people and teams mentions sites.

What is stored under a key that contains the id of a site needs an entry in :data:`KINDS`, and what has it in the body
of an item that belongs to somebody else needs one in :data:`MENTIONS`. tests/stack/test_site_deletion.py looks through
all tables for what has neither.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from chalicelib.store import credentials, idempotency_keys, people, site_order, start_page, teams
from chalicelib.store.segments import FOLDERS

BUCKET: Final = "bucket"
# The kind of what is the site's by its place, but not declared.
OTHER: Final = "other"


class Kind(NamedTuple):
    """A kind of items in a table, or of objects in the bucket.

    :ivar name: in receipts.
    :ivar table: its short name, or :data:`BUCKET`.
    :ivar keys: patterns of the partition key and the sort key, or of the object's key; ``{site}`` stands for the id.
    """

    name: str
    table: str
    keys: tuple[str, ...]


class Found(NamedTuple):
    """An item or object that belongs to a site: its table, or :data:`BUCKET`, and its key."""

    table: str
    key: tuple[str, ...]


_DAY: Final = r"\d{4}-\d\d-\d\d"
KINDS: Final = (
    Kind("hits", "sessions", (rf"{{site}}#{_DAY}", r"\d\d#.*")),
    Kind("identifiers", "sessions", (rf"{{site}}#{_DAY}", r"id#.*")),
    Kind("salts", "salts", (rf"{{site}}#{_DAY}",)),
    Kind("marks", "marks", (r"\d", rf"{{site}}#{_DAY}#(\d\d|close)")),
    Kind("builds", "marks", (r"build#\d", rf"{{site}}#({_DAY}|woken)")),
    Kind("days", "rollups", ("{site}", r"(day|minutes|full|totals)#.*")),
    Kind("months", "rollups", ("{site}", r"(month|rows)#.*")),
    Kind("excluded_traffic", "rollups", ("{site}", r"ledger#.*")),
    Kind("usage", "rollups", ("{site}", r"usage#.*")),
    Kind("files", BUCKET, (rf"({'|'.join(FOLDERS)})/site={{site}}/.*",)),
    Kind("settings", "core", ("site", "{site}")),
    Kind("people", "core", (r"site#{site}", "people")),
    Kind("people", "core", (r"person#.*", r"site#{site}")),
    Kind("transfers", "core", (r"site#{site}", "transfer")),
    Kind("transfers", "core", (r"email#.*", r"transfer#{site}")),
    Kind("teams", "core", (r"site#{site}", "teams")),
    Kind("invitations", "core", (r"site#{site}", r"invitation#.*")),
    Kind("invitations", "core", (r"(email|person)#.*", r"invitation#site#{site}#.*")),
    Kind("sharing", "core", (r"site#{site}", r"share#.*|counter")),
    Kind("saved_segments", "core", (r"site#{site}", r"segment#.*")),
    Kind("saved_segments", "core", (r"person#.*", r"segment#{site}#.*")),
    Kind("annotations", "core", (r"site#{site}", r"annotation#.*")),
    Kind("administrator_changes", "core", (r"site#{site}", r"by-administrator#.*")),
    # What is in a partition of the site is the site's, even if its kind is not declared.
    Kind(OTHER, "core", (r"site#{site}", ".*")),
    Kind(OTHER, "rollups", ("{site}", ".*")),
)


class Mention(NamedTuple):
    """A kind of items that belong to people or teams and mention sites.

    :ivar pk, sk: what their keys begin with.
    :ivar fields: of their body, in which ids of sites are: as values, in lists, or as names; ``a.b`` is a field in a
        field.
    :ivar take_out: takes a site out of one: its partition key, its sort key, the site's id.
    """

    pk: str
    sk: str
    fields: tuple[str, ...]
    take_out: Callable[[str, str, str], None]

    def is_in(self, sk: str, body: Mapping[str, Any], site_id: str) -> bool:
        """Whether an item with this sort key and body mentions the site."""
        values = (_value(body, name) for name in self.fields)
        return sk.startswith(self.sk) and any(
            site_id in value if isinstance(value, list | dict) else site_id == value for value in values
        )


def _value(body: Mapping[str, Any], name: str) -> Any:
    value: Any = body
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


MENTIONS: Final = (
    Mention("person#", people.PROFILE, ("preferences.default_site",), start_page.take_out),
    Mention("person#", site_order.SK, ("favourites", "places"), site_order.take_out),
    Mention("person#", credentials.OF_TOKEN, ("sites",), credentials.take_site_out),
    Mention("person#", idempotency_keys.OF_KEY, ("creation_id",), idempotency_keys.forget_creation),
    Mention(teams.PREFIX, teams.SK, ("sites",), teams.take_out_site),
)


def kind_of(site_id: str, found: Found) -> str | None:
    """The name of the kind; None for what is declared nowhere."""
    for kind in KINDS:
        if kind.table == found.table and len(kind.keys) == len(found.key):
            patterns = (pattern.replace("{site}", re.escape(site_id)) for pattern in kind.keys)
            if all(re.fullmatch(pattern, part) for pattern, part in zip(patterns, found.key, strict=True)):
                return kind.name
    return "mentions" if mention_of(found) else None


def mention_of(found: Found) -> Mention | None:
    """What an item is that belongs to a person or team and may mention sites; None for other items."""
    if found.table != "core":
        return None
    pk, sk = found.key
    return next((mention for mention in MENTIONS if pk.startswith(mention.pk) and sk.startswith(mention.sk)), None)


def belongs(site_id: str, found: Found, body: str | None) -> bool:
    """Whether what a scan has found is the site's, or mentions it. People may use the id of a site as a name."""
    mention = mention_of(found)
    if mention is None or kind_of(site_id, found) != "mentions":
        return kind_of(site_id, found) is not None
    return mention.is_in(found.key[1], json.loads(body or "{}"), site_id)
