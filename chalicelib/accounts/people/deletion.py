"""Deleting the account of a person: one's own, or another's as an administrator.

The profile is deleted at once, so that nobody can sign in as the person any more; tokens and links are rejected from
then on, too. The same request removes everything else. What it could not, because it died or because something was
stored meanwhile, a schedule removes (`accounts.people.removal`). See docs/adr/0047.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import audit_log
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.people import removal
from chalicelib.accounts.sites import deletion as site_deletion
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.store import administrators, aws, people, person_deletions, site_people, sites
from chalicelib.store.people import Person
from chalicelib.store.person_deletions import PersonDeletion
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

log = logging.getLogger("shylight")

_RACES: Final = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What deleting a person means for sites.

    :ivar alone: sites of which they are the only owner: to be handed over first, or deleted, too.
    :ivar shared: other sites that they are in; these stay.
    :ivar last_administrator: the installation would have no administrator any more, so they cannot be deleted.
    """

    alone: tuple[Site, ...]
    shared: tuple[Site, ...]
    last_administrator: bool


def plan_of(person: Person, actor: Person | None = None) -> Plan:
    """What deleting a person means for sites. `actor`: who would delete them; None for the person themselves."""
    alone: list[Site] = []
    shared: list[Site] = []
    for site in sorted(sites.get_sites(people.site_ids_of(person.id)), key=lambda one: one.name.lower()):
        roles = site_people.read(site, person.id).roles
        owners = [one for one, role in roles.items() if role == "owner"]
        (alone if owners == [person.id] else shared).append(site)
    return Plan(tuple(alone), tuple(shared), person.admin and another_administrator(person, actor or person) is None)


def delete(person: Person, actor: Person, entered: object, *, with_sites: bool = False) -> None:
    """Delete a person's account. This cannot be undone.

    :param actor: the person themselves, or an administrator. Callers check first that it is really them.
    :param entered: the person's main address, entered as a confirmation.
    :param with_sites: delete the sites that they own alone, too.
    :raises NotFound: if the actor may not delete this person.
    :raises BadRequest: if that is another address.
    :raises Conflict: if they are the last administrator or the only owner of a site, or kept being changed.
    """
    if actor.id != person.id and not actor.admin:
        raise NotFound(_("There is no such person."))
    if not isinstance(entered, str) or entered.strip().casefold() != person.email.casefold():
        raise BadRequest(
            _("To delete the account, enter its main address: %(email)s", email=person.email), field="email"
        )
    for _attempt in range(_RACES):
        current = people.get_person(person.id)
        if current is None:
            raise NotFound(_("This account has been deleted."))
        deletion = _begin(current, actor, with_sites)
        if deletion is not None:
            break
    else:
        raise Conflict(_("This account is being changed; please try again."))
    audit_log.record(actor, "person.delete", subject=person.id)
    mail.send(person, "account-deleted", by=actor.email if actor.id != person.id else "")
    try:
        removal.remove_own(deletion)
    except Exception as error:
        if not aws.failed(error) and not isinstance(error, Conflict):
            raise
        log.exception("what is left of person %s is removed later", person.id)


def _begin(person: Person, actor: Person, with_sites: bool) -> PersonDeletion | None:
    other = another_administrator(person, actor) if person.admin else None
    if person.admin and other is None:
        raise Conflict(_("The last administrator cannot be deleted. Make somebody else an administrator first."))
    plan = plan_of(person, actor)
    if plan.alone and not with_sites:
        names = ", ".join(site.name for site in plan.alone)
        raise Conflict(
            _("These sites have no other owner: %(names)s. Hand them over, or delete them, too.", names=names),
            field="delete_sites",
        )
    for site in plan.alone:
        site_deletion.begin(site, actor, site.name)
    return person_deletions.begin(person, actor.id, other)


def another_administrator(person: Person, actor: Person) -> Person | None:
    """An administrator besides a person, who is one: the actor, as stored now, or else any; None if there is none."""
    if actor.id != person.id:
        stored = people.get_person(actor.id)
        if stored is not None and stored.admin:
            return stored
    return next((one for one in administrators.find() if one.id != person.id), None)
