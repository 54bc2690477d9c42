"""The shared links of a site, in ``core``: addresses under which anybody may see its figures.

================  =====================  ==========================================================
pk                sk                     holds
================  =====================  ==========================================================
``site#<id>``     ``share#<link id>``    a :class:`SharedLink`; that of the public page is ``public``
================  =====================  ==========================================================
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Final

from pynamodb.attributes import UnicodeAttribute

from chalicelib.store import aws
from chalicelib.store.tables import CoreItem

# The id of the link of a site's public page, whose address contains no secret.
PUBLIC: Final = "public"
_PREFIX: Final = "share#"


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A shared link.

    :ivar id: unique in the site; not secret.
    :ivar name: what its owners call it; visitors do not see it.
    :ivar digest: the SHA-256 of the token in its address; ``""`` for the public page.
    :ivar password_hash: argon2id; None without a password.
    :ivar expires_at: epoch seconds from which it no longer works; None: never.
    :ivar hidden: what its pages do not show, see `accounts.sharing.shared_links.HIDEABLE`.
    :ivar embed_origins: the origins whose pages may embed it, as in a Content-Security-Policy.
    :ivar indexed: search engines may list the page.
    :ivar created_at: epoch seconds.
    :ivar last_opened: UTC date (ISO) on which somebody last opened it; ``""``: never.
    :ivar version: of the stored item, for optimistic locking.
    """

    site_id: str
    id: str
    name: str
    digest: str = field(default="", repr=False)
    password_hash: str | None = field(default=None, repr=False)
    expires_at: int | None = None
    hidden: tuple[str, ...] = ()
    embed_origins: tuple[str, ...] = ()
    indexed: bool = False
    created_at: int = 0
    last_opened: str = ""
    version: int = 1

    @property
    def is_public(self) -> bool:
        """Whether it is the site's public page."""
        return self.id == PUBLIC

    def is_expired(self, now: float) -> bool:
        """Whether it has expired at `now`, epoch seconds."""
        return self.expires_at is not None and self.expires_at <= now


class SharedLinkItem(CoreItem):
    """A shared link. `opened` is its `last_opened`, apart from the body, because opening it is no change."""

    opened = UnicodeAttribute(null=True)


def get(site_id: str, link_id: str) -> SharedLink | None:
    """The link, read consistently, so that a revoked one does not work any more; None if there is none."""
    try:
        return _parse(SharedLinkItem.get(*_key(site_id, link_id), consistent_read=True))
    except SharedLinkItem.DoesNotExist:
        return None


def of_site(site_id: str) -> list[SharedLink]:
    """The links of a site, oldest first."""
    items = SharedLinkItem.query(_partition(site_id), SharedLinkItem.sk.startswith(_PREFIX), consistent_read=True)
    return sorted(map(_parse, items), key=lambda link: (link.created_at, link.id))


def add(link: SharedLink) -> bool:
    """Store a new link; False if the site has one with its id."""
    return _saved(_item(link), SharedLinkItem.pk.does_not_exist())


def change(link: SharedLink) -> SharedLink | None:
    """Store a changed link; as stored. None if the stored item is no longer of ``link.version``."""
    stored = dataclasses.replace(link, version=link.version + 1)
    return stored if _saved(_item(stored), SharedLinkItem.version == link.version) else None


def remove(site_id: str, link_id: str) -> bool:
    """Delete a link; False if there is none."""
    return aws.condition_met(lambda: SharedLinkItem(*_key(site_id, link_id)).delete(SharedLinkItem.pk.exists()))


def mark_opened(link: SharedLink, day: str) -> None:
    """Note that a link was opened on a day (ISO). A link that has been revoked meanwhile stays so."""
    item = SharedLinkItem(*_key(link.site_id, link.id))
    aws.condition_met(
        lambda: item.update(actions=[SharedLinkItem.opened.set(day)], condition=SharedLinkItem.pk.exists())
    )


def _saved(item: SharedLinkItem, condition: Any) -> bool:
    return aws.condition_met(lambda: item.save(condition))


def _partition(site_id: str) -> str:
    return f"site#{site_id}"


def _key(site_id: str, link_id: str) -> tuple[str, str]:
    return _partition(site_id), _PREFIX + link_id


# What is not in the item's body.
_APART: Final = frozenset({"site_id", "id", "last_opened", "version"})


def _item(link: SharedLink) -> SharedLinkItem:
    body = {name: value for name, value in dataclasses.asdict(link).items() if name not in _APART}
    return SharedLinkItem(
        *_key(link.site_id, link.id),
        body=json.dumps(body, sort_keys=True),
        opened=link.last_opened or None,
        version=link.version,
    )


def _parse(item: SharedLinkItem) -> SharedLink:
    known = {entry.name for entry in dataclasses.fields(SharedLink)} - _APART
    body = {name: value for name, value in json.loads(item.body or "{}").items() if name in known}
    for name in ("hidden", "embed_origins"):
        body[name] = tuple(body.get(name, ()))
    return SharedLink(
        site_id=item.pk.partition("#")[2],
        id=item.sk.removeprefix(_PREFIX),
        last_opened=item.opened or "",
        version=int(item.version),
        **body,
    )
