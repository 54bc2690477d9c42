"""Accepting an invitation, with an account that has the invited address, or with a new account.

The link alone gives nothing to whoever has another account. It proves who owns the address only if it was mailed: one
that was handed over creates an account only if an administrator sent it, who could create one anyway. An invitation is
worth no more than the rights that its sender has when it is accepted.
"""

from __future__ import annotations

import hmac
import time
import uuid
from dataclasses import dataclass

from chalicelib import translation
from chalicelib.accounts import audit_log, one_time_links, passwords, secret_tokens
from chalicelib.accounts.access import auth, team_rights
from chalicelib.accounts.installation import settings_of_installation
from chalicelib.accounts.membership import invitation_tokens
from chalicelib.accounts.membership.invitations import SITE_ROLES, TEAM_ROLES
from chalicelib.accounts.people import people
from chalicelib.accounts.sign_in.sign_in_ways import sign_in_ways
from chalicelib.config import MAX_PERSON_TEAMS, MAX_SITE_PEOPLE, MAX_TEAM_MEMBERS
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.routing import Right
from chalicelib.store import invitations as store
from chalicelib.store import people as stored_people
from chalicelib.store import site_people, teams
from chalicelib.store.invitations import Invitation
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team
from chalicelib.translation import gettext as _

_RACES = 10


@dataclass(frozen=True, slots=True)
class Offer:
    """A valid invitation. `subject`: the site or team, or None for the installation; `inviter`: who sent it."""

    invitation: Invitation
    subject: Site | Team | None
    inviter: Person


def find(token: str, source_ip: str) -> Offer:
    """What the secret of a link offers; it stays valid.

    :param source_ip: where the request comes from.
    :raises NotFound: if the invitation is unknown, revoked, accepted, expired, or no longer backed by its inviter.
    :raises TooManyRequests: after too many lookups from the same network that found nothing.
    """
    named = invitation_tokens.read(token)
    if named is None:
        raise _invalid()
    with one_time_links.counted_lookup(source_ip):
        invitation = store.get(*named)
        if invitation is None or not hmac.compare_digest(invitation.digest, secret_tokens.digest(token)):
            raise _invalid()
    return _offer(invitation)


def is_for(offer: Offer, person: Person) -> bool:
    """Whether a person has the invited address, as one of those that are verified."""
    return offer.invitation.email.casefold() in {one.casefold() for one in (person.email, *person.other_emails)}


def creates_account(offer: Offer) -> bool:
    """Whether somebody can create an account with this invitation.

    Where the inviter has the link, the answer does not depend on whether the address has an account, unless the inviter
    is an administrator.
    """
    if sign_in_ways().provider_only or not may_create_account(offer):
        return False
    proven = offer.inviter.admin or offer.invitation.mailed
    return proven and stored_people.find_person(offer.invitation.email) is None


def may_create_account(offer: Offer) -> bool:
    """Whether the owner of the invited address, once proven, may create an account."""
    return _may_bring_people(offer.inviter)


def is_invited(email: str) -> bool:
    """Whether somebody who has proven to own this address may have an account because of an invitation."""
    for invitation in store.naming_address(email):
        try:
            offer = _offer(invitation)
        except NotFound:
            continue
        if may_create_account(offer):
            return True
    return False


def create_account(offer: Offer, name: str, password: str) -> Person:
    """Create the account of an invited person, who then can accept.

    :raises BadRequest: if the name or the password is not accepted, naming the field.
    :raises Forbidden: if this invitation creates no accounts.
    :raises Conflict: if the address has an account by now.
    """
    if not creates_account(offer):
        raise Forbidden(_("Sign in to accept this invitation."))
    email = offer.invitation.email
    name = people.person_name(name)
    passwords.check_new(password, name, email)
    person = Person(
        str(uuid.uuid4()),
        email,
        name,
        password_hash=passwords.hash_password(password),
        language=translation.current_language(),
        created_at=int(time.time()),
    )
    try:
        stored = stored_people.add_person(person)
    except Conflict as error:
        raise Conflict(_("This address has an account by now. Sign in with it."), field="email") from error
    audit_log.record(stored, "person.sign_up", subject=stored.id)
    return stored


def accept(offer: Offer, person: Person) -> None:
    """Accept an invitation: the person is in the site or team from now on. Nobody's role becomes lower by it.

    :raises Forbidden: if it is for another address.
    :raises NotFound: if it is no longer valid.
    :raises Conflict: if the site or team is full, or is being changed.
    """
    if not is_for(offer, person):
        raise Forbidden(wrong_account(offer, person))
    for _attempt in range(_RACES):
        if _accept(offer, person):
            place = offer.invitation.place
            where = {place.kind: place.id} if place.id else {}
            audit_log.record(person, "invitation.accept", subject=offer.invitation.id, **where)
            return
        invitation = store.get(offer.invitation.place, offer.invitation.id)
        if invitation is None or invitation.digest != offer.invitation.digest:
            raise _invalid()
        offer = _offer(invitation)
    raise Conflict(_("This is being changed by someone else; please try again."))


def wrong_account(offer: Offer, person: Person) -> str:
    """What to tell somebody who is signed in with another account."""
    return _(
        "This invitation is for %(invited)s, and you are signed in as %(email)s.",
        invited=offer.invitation.email,
        email=person.email,
    )


def _accept(offer: Offer, person: Person) -> bool:
    """Whether it was accepted; False if something was changed at the same time."""
    if isinstance(offer.subject, Site):
        return _join_site(offer.invitation, offer.subject, person)
    if isinstance(offer.subject, Team):
        return _join_team(offer.invitation, offer.subject, person)
    return store.accept(offer.invitation, person.id, int(time.time()))


def _join_site(invitation: Invitation, site: Site, person: Person) -> bool:
    before = site_people.read(site, person.id)
    had = before.roles.get(person.id)
    role = stored_people.highest((had, next(one for one in SITE_ROLES if one == invitation.role)))
    if had is None and len(before.roles) >= MAX_SITE_PEOPLE:
        raise Conflict(_("A site can have at most %(number)s people.", number=MAX_SITE_PEOPLE))
    joining = site_people.saving(before, person.id, role) if role != had else None
    return store.accept(invitation, person.id, int(time.time()), joining)


def _join_team(invitation: Invitation, team: Team, person: Person) -> bool:
    """`team`: as it was just read."""
    had = team.members.get(person.id)
    role = teams.highest((had, next(one for one in TEAM_ROLES if one == invitation.role)))
    if had is None and len(team.members) >= MAX_TEAM_MEMBERS:
        raise Conflict(_("A team can have at most %(number)s members.", number=MAX_TEAM_MEMBERS))
    if had is None and len(teams.ids_of(person.id)) >= MAX_PERSON_TEAMS:
        raise Conflict(_("You can be in at most %(number)s teams.", number=MAX_PERSON_TEAMS))
    joining = teams.saving_member(team, person.id, role) if role != had else None
    return store.accept(invitation, person.id, int(time.time()), joining)


def _offer(invitation: Invitation) -> Offer:
    inviter = stored_people.get_person(invitation.invited_by)
    if invitation.state(time.time()) != "pending" or inviter is None:
        raise _invalid()
    place = invitation.place
    try:
        if place.kind == "site":
            return Offer(invitation, auth.site_for(inviter, place.id, Right.SITE_ADMIN), inviter)
        if place.kind == "team":
            return Offer(invitation, team_rights.team_for(inviter, place.id, Right.TEAM_ADMIN), inviter)
    except (NotFound, Forbidden):
        raise _invalid() from None
    if not inviter.admin:
        raise _invalid()
    return Offer(invitation, None, inviter)


def _may_bring_people(inviter: Person) -> bool:
    return inviter.admin or settings_of_installation().sign_up != "closed"


def _invalid() -> NotFound:
    return NotFound(_("This invitation was accepted, revoked or has expired. Ask for a new one."))
