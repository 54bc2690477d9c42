"""Annotations of a site: notes on dates, and markers of deployments, which its charts show.

Everybody who may view the site sees them; who may edit it adds, changes and deletes them. See docs/adr/0057.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from chalicelib import config
from chalicelib.accounts import audit_log
from chalicelib.accounts.sites.annotation_fields import Fields
from chalicelib.errors import Conflict, NotFound
from chalicelib.store import site_annotations
from chalicelib.store.people import Person
from chalicelib.store.site_annotations import Annotation
from chalicelib.store.sites import Site
from chalicelib.timed_cache import TimedCache
from chalicelib.translation import gettext as _

_ID_DIGITS: Final = 16
_VERSION_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class PeriodAnnotations:
    """The annotations of a period.

    :ivar found: by moment; one of a whole day comes before those with a time.
    :ivar version: changes with what they say.
    """

    first: date
    last: date
    found: tuple[Annotation, ...]
    version: str


# The latest period of a site that a page has shown, for the page to bring itself up to date.
_shown: TimedCache[str, PeriodAnnotations] = TimedCache()


def of_period(site: Site, first: date, last: date, seen: str = "") -> PeriodAnnotations:
    """Those of the days from `first` to `last`.

    :param seen: the `version` that an open page shows. It may go on showing it for a minute, which saves reading them
        each time that it brings itself up to date; without it, they are read.
    """
    shown = _shown.peek(site.id)
    if seen and shown is not None and (shown.first, shown.last, shown.version) == (first, last, seen):
        return shown
    found = [one for one in site_annotations.around(site.id, first, last) if first <= day_of(site, one) <= last]
    ordered = _by_moment(site, found)
    digest = hashlib.sha256(repr([(one.id, one.version) for one in ordered]).encode()).hexdigest()[:_VERSION_DIGITS]
    read = PeriodAnnotations(first, last, tuple(ordered), digest)
    _shown.put(site.id, read, _shown.now() + config.ANNOTATIONS_CACHE_S)
    return read


def of_site(site: Site) -> list[Annotation]:
    """All of a site, the latest moment first."""
    return _by_moment(site, site_annotations.of_site(site.id))[::-1]


def day_of(site: Site, annotation: Annotation) -> date:
    """The site's day that an annotation is about, or in which its moment lies."""
    return annotation.day or site.calendar.day_of(annotation.t or 0)


def get(site: Site, annotation_id: str) -> Annotation:
    """One of a site.

    :raises NotFound: if there is none.
    """
    found = site_annotations.find(site.id, annotation_id)
    if found is None:
        raise _no_annotation()
    return found


def create(site: Site, person: Person, fields: Fields, creation_id: str = "", token_name: str = "") -> Annotation:
    """Add one.

    :param creation_id: UUID; a second call with the same one gives what the first one created.
    :param token_name: of the API token, if a program adds it.
    :raises Conflict: if there are as many as there may be.
    """
    new_id = UUID(creation_id).hex[:_ID_DIGITS] if creation_id else secrets.token_hex(_ID_DIGITS // 2)
    known = site_annotations.ids_in(site.id)
    if new_id in known:
        return get(site, new_id)
    if len(known) >= config.MAX_ANNOTATIONS:
        most = config.MAX_ANNOTATIONS
        raise Conflict(_("A site can have at most %(most)s annotations. Delete some first.", most=most))
    annotation = Annotation(
        site.id,
        new_id,
        fields.at,
        fields.text,
        fields.url,
        fields.kind,
        person.id,
        token_name or person.name,
        created_at=int(time.time()),
    )
    if not site_annotations.add(annotation):
        return get(site, new_id)
    audit_log.record(person, "annotation.create", site=site.id, subject=new_id, kind=annotation.kind)
    return annotation


def change(site: Site, person: Person, before: Annotation, fields: Fields) -> Annotation:
    """Change one that was read; gives it as it is now.

    :raises Conflict: if it was changed or deleted at the same time.
    """
    after = dataclasses.replace(before, text=fields.text, at=fields.at, url=fields.url, kind=fields.kind)
    if after == before:
        return before
    if not site_annotations.change(before, after):
        raise Conflict(_("This annotation was changed at the same time. Reload and try again."))
    audit_log.record(person, "annotation.change", site=site.id, subject=before.id)
    return dataclasses.replace(after, version=before.version + 1)


def delete(site: Site, person: Person, annotation_id: str) -> None:
    """Delete one.

    :raises NotFound: if there is none.
    """
    if not site_annotations.remove(get(site, annotation_id)):
        raise _no_annotation()
    audit_log.record(person, "annotation.delete", site=site.id, subject=annotation_id)


def _by_moment(site: Site, found: list[Annotation]) -> list[Annotation]:
    def begins(one: Annotation) -> tuple[int, bool]:
        at = site.calendar.day_start(one.day) if one.day else one.t or 0
        return at, one.day is None

    return sorted(found, key=begins)


def _no_annotation() -> NotFound:
    return NotFound(_("There is no such annotation; it may have been deleted."))
