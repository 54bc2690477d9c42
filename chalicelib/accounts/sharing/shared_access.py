"""Who may open what is shared: whoever has the address, and its password if there is one.

An address that is malformed, wrong, revoked or expired, or of a site that was deleted, gets one and the same answer.
Counters and badges come here too, so nothing is imported that only passwords need.
"""

from __future__ import annotations

import hmac
import logging
import time
from datetime import UTC, datetime

from chalicelib.accounts.sharing import link_tokens
from chalicelib.errors import NotFound, Unauthorized
from chalicelib.routing import Right
from chalicelib.store import aws, counter_keys, shared_links, sites
from chalicelib.store.shared_links import SharedLink
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _
from chalicelib.web import Request

log = logging.getLogger("shylight")


class Locked(Unauthorized):
    """The link has a password, which this browser has not sent yet. `link`: which one."""

    def __init__(self, link: SharedLink) -> None:
        super().__init__(_("This page is protected by a password."))
        self.link = link


def authorize(request: Request, right: Right, address: str) -> tuple[Site] | tuple[Site, SharedLink]:
    """What an address gives access to: a site's counter, or a site's page by a shared link.

    :param address: the parameter of the path: a link's token, a site's id, or a counter's key with an extension.
    :raises NotFound: if there is no such address.
    :raises Locked: if the link has a password, and the request no cookie that proves that it was sent.
    """
    if right is Right.COUNTER_KEY:
        return (_site_with_counter(address.rpartition(".")[0]),)
    site, link = find(right, address)
    if link.password_hash is not None:
        from chalicelib.accounts.sharing import link_passwords

        if not link_passwords.is_unlocked(request, link):
            raise Locked(link)
    _note_opening(link)
    return site, link


def find(right: Right, address: str) -> tuple[Site, SharedLink]:
    """The link with an address, and its site, whether it is locked or not.

    :raises NotFound: if there is no such address.
    """
    link = _public_link(address) if right is Right.PUBLIC_PAGE else _link_with(address)
    site = sites.get_site(link.site_id) if link and not link.is_expired(time.time()) else None
    if link is None or site is None:
        raise no_such_address()
    return site, link


def no_such_address() -> NotFound:
    """The answer for every address that does not work, whatever the reason."""
    return NotFound(_("There is no such page. Its address may be wrong, or it is no longer shared."))


def _link_with(token: str) -> SharedLink | None:
    claim = link_tokens.read(token)
    link = shared_links.get(claim.site_id, claim.link_id) if claim else None
    if link is None or link.is_public or not hmac.compare_digest(link.digest, link_tokens.digest(token)):
        return None
    return link


def _public_link(site_id: str) -> SharedLink | None:
    wanted = sites.read_id(site_id)
    return shared_links.get(wanted, shared_links.PUBLIC) if wanted else None


def _site_with_counter(key: str) -> Site:
    site_id = link_tokens.site_of_counter_key(key)
    known = counter_keys.get(site_id) if site_id else None
    site = sites.cached_site(site_id) if site_id and known and hmac.compare_digest(known, key) else None
    if site is None:
        raise no_such_address()
    return site


def _note_opening(link: SharedLink) -> None:
    """Remember the day; the page is shown even if that fails."""
    today = datetime.now(UTC).date().isoformat()
    if link.last_opened == today:
        return
    try:
        shared_links.mark_opened(link, today)
    except Exception as error:
        if not aws.failed(error):
            raise
        log.warning("could not note that a shared link of %s was opened: %s", link.site_id, error)
