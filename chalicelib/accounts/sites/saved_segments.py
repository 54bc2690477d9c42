"""Saved segments of a site: filters with a name, which a person keeps for themselves or shares with the site's people.

Everybody who may view the site may save their own. What all see is for editors: sharing one, and changing shared ones;
its owner may always delete it. See docs/adr/0054.
"""

from __future__ import annotations

import dataclasses
import secrets
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chalicelib import config
from chalicelib.accounts import audit_log
from chalicelib.accounts.access import auth
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.routing import Right
from chalicelib.store import saved_segments
from chalicelib.store.people import Person
from chalicelib.store.saved_segments import SavedSegment
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

_ID_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Fields:
    """What is said of a segment: a valid name, valid filters, and whether it is shared."""

    name: str
    filters: tuple[str, ...]
    shared: bool


def visible(site: Site, person: Person) -> list[SavedSegment]:
    """Those that a person sees in a site, by name."""
    found = [*saved_segments.shared_in(site.id), *saved_segments.own_in(site.id, person.id)]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def get(site: Site, person: Person, segment_id: str) -> SavedSegment:
    """One that a person sees.

    :raises NotFound: if there is none.
    """
    found = next((one for one in visible(site, person) if one.id == segment_id), None)
    if found is None:
        raise _no_segment()
    return found


def create(site: Site, person: Person, fields: Fields, creation_id: str = "") -> SavedSegment:
    """Save a new one.

    :param creation_id: UUID; a second call with the same one gives what the first one created.
    :raises Forbidden: if it is to be shared and the person may not edit the site.
    :raises Conflict: if there are as many as there may be.
    """
    if fields.shared:
        _require_edit(site, person)
    new_id = UUID(creation_id).hex[:_ID_DIGITS] if creation_id else secrets.token_hex(_ID_DIGITS // 2)
    segment = SavedSegment(
        site.id, new_id, fields.name, fields.filters, person.id, fields.shared, created_at=int(time.time())
    )
    _check_number(segment)
    if not saved_segments.add(segment):
        return get(site, person, new_id)
    if segment.shared:
        audit_log.record(person, "saved_segment.share", site=site.id, subject=segment.id)
    return segment


def replace(site: Site, person: Person, segment_id: str, fields: Fields) -> SavedSegment:
    """Change one; gives it as it is now.

    :raises NotFound: if the person sees no such segment.
    :raises Forbidden: if it is or becomes shared and the person may not edit the site, or if it is somebody else's and
        would no longer be shared.
    :raises Conflict: if it was changed at the same time, or there are as many as there may be.
    """
    before = get(site, person, segment_id)
    if before.shared or fields.shared:
        _require_edit(site, person)
    if before.owner not in (person.id, "") and not fields.shared:
        raise Forbidden(_("Only the person who shared this segment can keep it for themselves again."), field="shared")
    owner = before.owner if fields.shared else person.id
    after = dataclasses.replace(before, name=fields.name, filters=fields.filters, shared=fields.shared, owner=owner)
    if after == before:
        return before
    if after.shared != before.shared:
        _check_number(after)
    if not saved_segments.change(before, after):
        raise Conflict(_("This segment was changed at the same time. Reload and try again."))
    if before.shared and after.shared:
        audit_log.record(person, "saved_segment.change", site=site.id, subject=segment_id)
    elif after.shared:
        audit_log.record(person, "saved_segment.share", site=site.id, subject=segment_id)
    elif before.shared:
        audit_log.record(person, "saved_segment.unshare", site=site.id, subject=segment_id)
    return after


def delete(site: Site, person: Person, segment_id: str) -> None:
    """Delete one.

    :raises NotFound: if the person sees no such segment.
    :raises Forbidden: if it is somebody else's and the person may not edit the site.
    """
    segment = get(site, person, segment_id)
    if segment.owner != person.id:
        _require_edit(site, person)
    if not saved_segments.remove(segment):
        raise _no_segment()
    if segment.shared:
        audit_log.record(person, "saved_segment.delete", site=site.id, subject=segment_id)


def as_json(segment: SavedSegment, person: Person) -> dict[str, object]:
    """A segment, as the API shows it to a person."""
    return {
        "id": segment.id,
        "name": segment.name,
        "filters": list(segment.filters),
        "shared": segment.shared,
        "own": segment.owner == person.id,
    }


def may_share(site: Site, person: Person) -> bool:
    """Whether a person may share segments, and change and delete those of others."""
    return Right.SITE_EDIT in auth.rights_in(person, site)


def _require_edit(site: Site, person: Person) -> None:
    auth.require(auth.role_of(person, site.id), Right.SITE_EDIT, field="shared")


def _check_number(segment: SavedSegment) -> None:
    """Check that there is room for one more."""
    most = config.MAX_SAVED_SEGMENTS
    if segment.shared and len(saved_segments.shared_in(segment.site_id)) >= most:
        raise Conflict(_("The people of a site can share at most %(most)s segments. Delete one first.", most=most))
    if not segment.shared and len(saved_segments.own_in(segment.site_id, segment.owner)) >= most:
        raise Conflict(_("You can save at most %(most)s segments of a site. Delete one first.", most=most))


def _no_segment() -> NotFound:
    return NotFound(_("There is no such segment; it may have been deleted."))
