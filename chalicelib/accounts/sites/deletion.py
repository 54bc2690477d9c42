"""Deleting a site: who may, with which confirmation, and what is shown of it.

The site itself is deleted at once, so that nobody can open it any more and its hits are rejected. Everything else that
is stored of it is removed by a function in the background (`accounts.sites.deletion_work`).
"""

from __future__ import annotations

import time
import unicodedata
from datetime import UTC, datetime
from typing import Final

from chalicelib.accounts import audit_log
from chalicelib.errors import BadRequest, NotFound
from chalicelib.store import deletions, site_people, sites
from chalicelib.store.deletions import Deletion
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

_RACES: Final = 5


def begin(site: Site, person: Person, name: object) -> Deletion:
    """Delete a site, and have the rest removed. This cannot be undone.

    :param name: the site's name, entered as a confirmation.
    :raises BadRequest: if that is another name.
    :raises NotFound: if the site has been deleted meanwhile.
    :raises Conflict: if others kept changing the site at the same time.
    """
    if not isinstance(name, str) or not _equal(name, site.name):
        raise BadRequest(_("To delete the site, enter its name: %(name)s", name=site.name), field="name")
    for _attempt in range(_RACES):
        found = sites.read_with_version(site.id)
        if found is None:
            raise NotFound(_("This site has been deleted."))
        stored, version = found
        roles = site_people.read(stored, person.id).roles
        owners = tuple(sorted(one for one, role in roles.items() if role == "owner"))
        made = Deletion(stored.id, stored.name, stored.domain, person.id, owners, int(time.time()))
        if deletions.begin(stored, version, made):
            audit_log.record(person, "site.delete", site=site.id)
            deletions.start_function()
            return made
    raise deletions.changing()


def find(person: Person, site_id: str) -> Deletion:
    """The deletion of a site, for those who owned it or began its deletion, and for administrators.

    :raises NotFound: for others, and if there is none.
    """
    wanted = sites.read_id(site_id)
    found = deletions.get(wanted) if wanted else None
    if found is None or not _may_see(person, found):
        raise unknown()
    return found


def unknown() -> NotFound:
    """The error for a deletion that does not exist, or not for the caller."""
    return NotFound(_("There is no such deletion. The receipt of a deleted site is kept for a year."))


def visible_to(person: Person) -> list[Deletion]:
    """The deletions that a person may see, the latest first."""
    return [one for one in deletions.every() if _may_see(person, one)]


def as_json(deletion: Deletion) -> dict[str, object]:
    """A deletion as the API shows it."""
    return {
        "site": deletion.site_id,
        "name": deletion.name,
        "domain": deletion.domain,
        "state": deletion.state,
        "percent": deletion.percent,
        "removed": dict(sorted(deletion.removed.items())),
        "began_by": deletion.by,
        "began_at": _time(deletion.began),
        "finished_at": _time(deletion.finished) if deletion.finished else None,
    }


def _may_see(person: Person, deletion: Deletion) -> bool:
    return person.admin or person.id == deletion.by or person.id in deletion.owners


def _equal(entered: str, name: str) -> bool:
    return unicodedata.normalize("NFC", entered.strip()) == unicodedata.normalize("NFC", name)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
