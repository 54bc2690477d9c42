"""The audit log: who changed what in the installation and its sites. Kept for a year."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chalicelib.errors import BadRequest
from chalicelib.store import audit_log, people, sites
from chalicelib.store.audit_log import Entry, Filter, Part
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

__all__ = ["Entry", "Filter", "Names", "Part", "changes_by_administrators", "find", "names_in", "read_filter", "record"]

_MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_ACTION: Final = re.compile(r"[a-z_]{1,40}\.[a-z_]{1,40}")
_PLACE: Final = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[0-9a-f]{12}")


def record(actor: Person | None, action: str, *, site: str = "", subject: str = "", **details: str) -> None:
    """Record a change, after it was made.

    What an administrator of the installation changes in a site in which they have no role is also shown to the people
    who manage the site, see :func:`changes_by_administrators`.

    :param actor: who made it; None for the command line of the deployment.
    :param action: ``area.verb``, e.g. ``site.archive``; documented in docs/audit-log.md.
    :param site: id of the site that it is about.
    :param subject: id of the person or thing that was changed. People by id, never by address.
    :param details: what else to know. Never secrets, and never anything of visitors.
    """
    as_administrator = bool(site) and actor is not None and actor.admin and people.role_in(actor.id, site) is None
    audit_log.add(actor.id if actor else "", action, site, subject, details, as_administrator=as_administrator)


def changes_by_administrators(site_id: str, limit: int) -> list[Entry]:
    """What administrators of the installation changed in a site in which they had no role, the newest first."""
    return audit_log.by_administrators(site_id, limit)


def read_filter(query: Mapping[str, str], site: Site | None = None) -> Filter:
    """Which entries a request asks for by `month`, `site`, `person` (an id or address) and `action`.

    Without a month, those of this month; of a site, those of a year.

    :param site: the site whose log it is; None for the log of the installation.
    :raises BadRequest: if one of them is invalid, naming it.
    """
    month = query.get("month", "")
    if month and not _MONTH.fullmatch(month):
        raise BadRequest(_("month must be a month such as 2026-11."), field="month")
    action = query.get("action", "")
    if action and not _ACTION.fullmatch(action):
        raise BadRequest(_("action must be the name of an action, such as site.archive."), field="action")
    site_id = site.id if site else _site_id(query.get("site", "").strip())
    return Filter(month or ("" if site_id else this_month()), site_id, _person_id(query.get("person", "")), action)


def this_month() -> str:
    """The current month in UTC, as ``2026-11``."""
    return f"{datetime.now(UTC):%Y-%m}"


def find(wanted: Filter, place: str, limit: int) -> Part:
    """Up to `limit` entries, the newest first. See :func:`store.audit_log.find`.

    :param place: `next` of the part before; ``""``: the beginning.
    :raises BadRequest: if there is no such place.
    """
    if place and not _PLACE.fullmatch(place):
        raise BadRequest("cursor must be the value of an earlier answer's next.", field="cursor")
    return audit_log.find(wanted, place, limit)


@dataclass(frozen=True, slots=True)
class Names:
    """The people and sites that entries name, as far as they still exist, by id."""

    people: Mapping[str, Person]
    sites: Mapping[str, Site]


def names_in(entries: list[Entry]) -> Names:
    """The people and sites that entries name: as actor, as subject, as site."""
    ids = {one for entry in entries for one in (entry.actor, entry.subject, entry.details.get("person", "")) if one}
    of_sites = {entry.site for entry in entries if entry.site}
    return Names(
        {person.id: person for person in people.get_people(ids)},
        {site.id: site for site in sites.get_sites(list(of_sites))},
    )


def _site_id(text: str) -> str:
    found = sites.read_id(text) if text else ""
    if found is None:
        raise BadRequest(_("site must be the id of a site; it is in the address of its pages."), field="site")
    return found


def _person_id(text: str) -> str:
    """The id of a person who is entered by id or address. Ids need not exist any more, addresses do."""
    entered = text.strip()
    if "@" not in entered:
        return entered
    person = people.find_person(entered)
    if person is None:
        raise BadRequest(_("Nobody has the address %(email)s.", email=entered), field="person")
    return person.id
