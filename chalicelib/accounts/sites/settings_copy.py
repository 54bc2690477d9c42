"""Copying the settings of a site: to a new site, or to another one.

Name, domain, time zone and status say what a site is, not how it counts; they are never copied.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from chalicelib.accounts import audit_log
from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import site_settings
from chalicelib.errors import BadRequest, NotFound
from chalicelib.routing import FULL_ACCESS, Access, Right
from chalicelib.store import site_changes, sites
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

_OWN: Final = frozenset({"name", "domain", "timezone", "status"})
# The settings that can be copied; each is the field of `Site` of the same name.
COPIED: Final = tuple(name for name in site_settings.NAMES if name not in _OWN)


def sources(person: Person, site: Site | None = None) -> list[Site]:
    """The sites whose settings `person` may copy, by name; without `site`, to which they are copied."""
    return [one for one in auth.sites_with(person, Right.SITE_EDIT) if site is None or one.id != site.id]


def source(person: Person, site_id: object, field: str, access: Access = FULL_ACCESS) -> Site:
    """The site whose settings are copied. The person must be able to change them there, too.

    :param field: of the request, for errors; :param access: of the token of the request.
    :raises BadRequest: if it is not the id of a site that `person` may edit.
    """
    wanted = sites.read_id(site_id) if isinstance(site_id, str) else None
    role = auth.role_of(person, wanted) if wanted else None
    site = sites.get_site(wanted) if wanted and role else None
    if site is None or not access.reaches(site.id) or Right.SITE_EDIT not in auth.rights_in(person, site):
        raise BadRequest(
            _("%(field)s must be the id of a site whose settings you may change.", field=field), field=field
        )
    return site


def fields_of(person: Person, given: Site) -> dict[str, Any]:
    """The fields of a new site of `person` with the settings of `given`, except those that only administrators set."""
    return {name: getattr(given, name) for name in COPIED if person.admin or not _of_administrators(name)}


def copy(person: Person, given: Site, site: Site, names: object = None) -> tuple[Site, list[str]]:
    """Copy settings from one site to another; gives the changed site, and the names of what was copied.

    :param names: of the settings to copy; None: all that the person may change in `site`.
    :raises BadRequest: if `names` is not a list of settings that can be copied.
    :raises Forbidden: if the person may not change one of those in `names`.
    :raises NotFound: if the site has been deleted.
    :raises Conflict: if others kept changing the site at the same time.
    """
    if names is None:
        wanted = [name for name in COPIED if name not in site_settings.forbidden_to(person, site)]
    else:
        wanted = _names(names)
        site_settings.check_rights(person, site, dict.fromkeys(wanted))
    changed = site_changes.change_site(site.id, {name: getattr(given, name) for name in wanted})
    if changed is None:
        raise NotFound(_("This site has been deleted."))
    audit_log.record(person, "site.copy_settings", site=site.id, source=given.id, settings=", ".join(wanted))
    return changed, wanted


def _names(given: object) -> list[str]:
    if not isinstance(given, Iterable) or isinstance(given, str | bytes) or not all(name in COPIED for name in given):
        raise BadRequest(_("settings must be a list of these: %(names)s.", names=", ".join(COPIED)), field="settings")
    return [name for name in COPIED if name in set(given)]


def _of_administrators(name: str) -> bool:
    return site_settings.RIGHTS.get(name) is Right.ADMINISTRATOR
