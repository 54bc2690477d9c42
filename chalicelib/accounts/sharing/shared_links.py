"""The shared links of a site, for those who manage them: creating, changing and revoking.

The route checks the right. Who may open a link is decided in `accounts.sharing.shared_access`.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from chalicelib.accounts import audit_log
from chalicelib.accounts.sharing import link_fields, link_tokens
from chalicelib.accounts.sharing.link_fields import CHANGEABLE, FIELDS, PUBLIC, UNLISTED
from chalicelib.config import MAX_SHARED_LINKS
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.store import shared_links
from chalicelib.store.people import Person
from chalicelib.store.shared_links import SharedLink
from chalicelib.store.signing_key import signing_key, signing_keys
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _


def of_site(site: Site) -> list[SharedLink]:
    """The links of a site, oldest first."""
    return shared_links.of_site(site.id)


def get(site: Site, link_id: str) -> SharedLink:
    """A link of a site.

    :raises NotFound: if the site has no such link.
    """
    link = shared_links.get(site.id, link_id) if link_tokens.is_id(link_id) or link_id == PUBLIC else None
    if link is None:
        raise _no_link()
    return link


def create(site: Site, caller: Person, data: Mapping[str, object], creation_id: str = "") -> SharedLink:
    """Create a link from its fields in `data`, see `shared_link_fields`; it needs a `name`.

    :param creation_id: UUID; a second call with the same one gives the link that the first one created.
    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    :raises Conflict: if the site has a public page already, or as many links as it may have.
    """
    now = int(time.time())
    fields = link_fields.parsed({"name": None, **data}, now, FIELDS)
    is_public = link_fields.access(data) == PUBLIC
    link_id = shared_links.PUBLIC if is_public else link_tokens.new_id(creation_id)
    digest = "" if is_public else link_tokens.digest(link_tokens.token(site.id, link_id, signing_key()))
    link = SharedLink(site.id, link_id, digest=digest, created_at=now, **fields)
    _check_indexed(link)
    if len(shared_links.of_site(site.id)) >= MAX_SHARED_LINKS:
        raise Conflict(_("A site can have at most %(most)s shared links. Revoke one first.", most=MAX_SHARED_LINKS))
    if not shared_links.add(link):
        existing = shared_links.get(site.id, link_id)
        if existing is not None and not is_public:
            return existing
        raise Conflict(_("This site has a public page already."), field="access")
    audit_log.record(caller, "share.create", site=site.id, subject=link.id, access=PUBLIC if is_public else UNLISTED)
    return link


def change(site: Site, caller: Person, link_id: str, data: Mapping[str, object]) -> SharedLink:
    """Change those fields of a link that are in `data`; gives the changed link.

    :raises BadRequest: if a field is unknown or invalid, naming it.
    :raises NotFound: if the site has no such link.
    :raises Conflict: if somebody changed the link at the same time.
    """
    before = get(site, link_id)
    changed = dataclasses.replace(before, **link_fields.parsed(data, int(time.time()), CHANGEABLE))
    _check_indexed(changed)
    if changed == before:
        return before
    stored = shared_links.change(changed)
    if stored is None:
        raise Conflict(_("Somebody else changed this link at the same time. Reload and try again."))
    audit_log.record(caller, "share.change", site=site.id, subject=link_id, fields=", ".join(sorted(data)))
    return stored


def revoke(site: Site, caller: Person, link_id: str) -> None:
    """Delete a link, so that it does not work from then on.

    :raises NotFound: if the site has no such link.
    """
    if not shared_links.remove(site.id, get(site, link_id).id):
        raise _no_link()
    audit_log.record(caller, "share.revoke", site=site.id, subject=link_id)


def path_of(link: SharedLink) -> str | None:
    """The path of a link below the deployment's root, without a leading slash.

    None if the signing key was changed since the link was created: it still works, but its address cannot be shown.
    """
    if link.is_public:
        return f"public/{link.site_id}"
    tokens = (link_tokens.token(link.site_id, link.id, key.secret) for key in signing_keys())
    return next((f"share/{token}" for token in tokens if link_tokens.digest(token) == link.digest), None)


def as_json(link: SharedLink, base_url: str) -> dict[str, object]:
    """A link, as the API shows it."""
    path = path_of(link)
    return {
        "id": link.id,
        "name": link.name,
        "access": PUBLIC if link.is_public else UNLISTED,
        "url": f"{base_url}/{path}" if path else None,
        "has_password": link.password_hash is not None,
        "expires_at": None if link.expires_at is None else datetime.fromtimestamp(link.expires_at, UTC).isoformat(),
        "hidden": list(link.hidden),
        "embed_origins": list(link.embed_origins),
        "indexed": link.indexed,
        "created_at": datetime.fromtimestamp(link.created_at, UTC).isoformat(),
        "last_opened": link.last_opened or None,
    }


def _check_indexed(link: SharedLink) -> None:
    if link.indexed and not link.is_public:
        raise BadRequest(_("Only the public page can be listed by search engines."), field="indexed")


def _no_link() -> NotFound:
    return NotFound(_("This site has no such shared link; it may have been revoked."))
