"""All sites of the installation, as administrators see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.operations.lists import Rows, rows_of
from chalicelib.store import deletions, listings, people, sites, usage
from chalicelib.store.deletions import Deletion
from chalicelib.store.people import Person
from chalicelib.store.sites import Site

DAYS = 7


@dataclass(frozen=True, slots=True)
class ListedSite:
    """A site, as administrators see it in the list.

    :ivar owner: the owner whom the site names; None if their account is gone. There may be more owners.
    :ivar hits: hits stored of today and the six days before, in UTC.
    """

    site: Site
    owner: Person | None
    hits: int


def find(search: str, place: str, limit: int) -> Rows[ListedSite]:
    """Up to `limit` sites by name, whose name or domain contains a text.

    :param search: ``""``: all.
    :param place: `next` of the part before; ``""``: the beginning.
    :raises BadRequest: if there is no such place.
    """
    return rows_of(listings.SITES, search, place, limit, _read)


def being_deleted() -> list[Deletion]:
    """Sites that are being deleted, the latest first. They are in no list of sites any more."""
    return [deletion for deletion in deletions.every() if deletion.state != "done"]


def _read(rows: list[listings.Listed]) -> list[ListedSite]:
    known = {site.id: site for site in sites.get_sites([row.sk for row in rows])}
    found = [known[row.sk] for row in rows if row.sk in known]
    owners = {person.id: person for person in people.get_people({site.owner for site in found if site.owner})}
    today = datetime.now(UTC).date()
    hits = usage.hits_of([site.id for site in found], today - timedelta(days=DAYS - 1), today)
    return [ListedSite(site, owners.get(site.owner), hits.get(site.id, 0)) for site in found]
