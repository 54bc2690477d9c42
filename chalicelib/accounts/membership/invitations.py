"""Inviting people by e-mail to a site, to a team or to the installation.

Whether an address has an account makes no difference to who invites it: neither in the answer, nor in what is done
before it. The link is mailed; where no mail can be sent, whoever invites gets it to hand over. Inviting an address
again replaces its earlier invitation.
"""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from chalicelib import config
from chalicelib.accounts import audit_log, input_fields, secret_tokens, throttle
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.membership import invitation_tokens
from chalicelib.errors import Conflict, NotFound, TooManyRequests
from chalicelib.store import invitations as store
from chalicelib.store import login_throttle, people, site_people, sites
from chalicelib.store.invitations import Invitation, Place
from chalicelib.store.people import Person, Role
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team, TeamRole
from chalicelib.translation import gettext as _

# What people can be invited as. A site gets another owner by transfer, a team by its owners.
SITE_ROLES: Final[tuple[Role, ...]] = ("admin", "editor", "viewer")
TEAM_ROLES: Final[tuple[TeamRole, ...]] = ("admin", "member")
PATH: Final = "invitations"
INSTALLATION: Final = Place("installation")
_DAYS: Final = config.INVITATION_LIFE_S // (24 * 60 * 60)


@dataclass(frozen=True, slots=True)
class Sent:
    """An invitation that was sent.

    :ivar link: to hand over to the person; ``""`` if it was mailed to them.
    :ivar problem: why it was not mailed, in the language in use.
    """

    invitation: Invitation
    link: str = field(default="", repr=False)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An invitation as it is listed. `email`: of the person, once they have accepted; `inviter`: who sent it last."""

    invitation: Invitation
    email: str
    inviter: Person | None


def place_of(subject: Site | Team | None) -> Place:
    """The place of invitations to a site, a team or, for None, the installation."""
    if subject is None:
        return INSTALLATION
    return Place("site" if isinstance(subject, Site) else "team", subject.id)


def invite(subject: Site | Team | None, caller: Person, data: Mapping[str, object], address: str) -> Sent:
    """Invite the `email` in `data`, to a site or team as the `role` in `data`. The route checks the caller's right.

    :param subject: the site or team; None for the installation.
    :param address: the deployment's public URL.
    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    :raises Conflict: if the person is listed there already, or there are too many open invitations.
    :raises TooManyRequests: after too many invitations by the caller, or to the address.
    """
    input_fields.check_names(data, ("email", "role") if subject is not None else ("email",))
    email = input_fields.email(data)
    role = ""
    if subject is not None:
        role = input_fields.role(data, SITE_ROLES if isinstance(subject, Site) else TEAM_ROLES)
        _check_is_new(subject, caller, email)
    _count(caller, email)
    earlier = None
    open_ones = [one for one in store.of_place(place_of(subject)) if not one.accepted_at]
    for one in open_ones:
        if one.email.casefold() == email.casefold():
            earlier = one
    if earlier is None and len(open_ones) >= config.MAX_INVITATIONS:
        raise Conflict(_("There are %(number)s open invitations already. Revoke some first.", number=len(open_ones)))
    return _send(subject, caller, email, role, earlier, address)


def send_again(subject: Site | Team | None, caller: Person, invitation_id: str, address: str) -> Sent:
    """Send an invitation again, with a new link that is valid from now on; the earlier link no longer is.

    :param address: the deployment's public URL.
    :raises NotFound: if there is no such invitation.
    :raises Conflict: if it was accepted.
    :raises TooManyRequests: after too many invitations by the caller, or to the address.
    """
    invitation = _open(subject, invitation_id)
    _count(caller, invitation.email)
    return _send(subject, caller, invitation.email, invitation.role, invitation, address)


def revoke(subject: Site | Team | None, caller: Person, invitation_id: str) -> None:
    """Make an invitation invalid, and forget it.

    :raises NotFound: if there is no such invitation.
    :raises Conflict: if it was accepted.
    """
    if not store.remove(_open(subject, invitation_id)):
        raise _changed()
    audit_log.record(caller, "invitation.revoke", subject=invitation_id, **_where(subject))


def list_of(subject: Site | Team | None) -> list[Listed]:
    """The invitations to a place that were not revoked, the newest first."""
    found = store.of_place(place_of(subject))
    named = {one for invitation in found for one in (invitation.invited_by, invitation.accepted_by) if one}
    known = {person.id: person for person in people.get_people(named)}
    return [
        Listed(
            one,
            one.email or (known[one.accepted_by].email if one.accepted_by in known else ""),
            known.get(one.invited_by),
        )
        for one in found
    ]


def forget_person(person: Person) -> None:
    """Delete all invitations that name a person: those that they have sent or accepted, and those to their addresses.

    For deleting an account.
    """
    found = store.naming_person(person.id)
    for email in (person.email, *person.other_emails):
        found += store.naming_address(email)
    for invitation in found:
        store.remove(invitation)


def forget_place(place: Place) -> None:
    """Delete all invitations to a site or team that is deleted."""
    for invitation in store.of_place(place):
        store.remove(invitation)


def _check_is_new(subject: Site | Team, caller: Person, email: str) -> None:
    """Reject an address that the caller sees in the list of people anyway."""
    if isinstance(subject, Site):
        listed = [person for person, _role in site_people.profiles(site_people.read(subject, caller.id))]
    else:
        listed = people.get_people(subject.members)
    if any(person.email.casefold() == email.casefold() for person in listed):
        raise Conflict(_("This person is here already. Change their role instead."), field="email")


def _count(caller: Person, email: str) -> None:
    """Count an invitation, before anything is known of the address."""
    limits = (
        (
            throttle.key("invitations by", caller.id),
            config.INVITATIONS_PER_PERSON,
            _("You have sent too many invitations today. Try again tomorrow."),
        ),
        (
            throttle.key("invitations to", email.casefold()),
            config.INVITATIONS_PER_ADDRESS,
            _("Too many invitations were sent to this address today. Try again tomorrow."),
        ),
    )
    for key, limit, message in limits:
        wait = login_throttle.count_attempt(key, limit, config.INVITATIONS_WINDOW_S, int(time.time()))
        if wait:
            raise TooManyRequests(message, retry_after=wait)


def _send(
    subject: Site | Team | None, caller: Person, email: str, role: str, earlier: Invitation | None, address: str
) -> Sent:
    place = place_of(subject)
    invitation_id = earlier.id if earlier else str(uuid.uuid4())
    token = invitation_tokens.new(place, invitation_id)
    now = int(time.time())
    made = Invitation(
        place,
        invitation_id,
        email,
        role,
        caller.id,
        now,
        now + config.INVITATION_LIFE_S,
        secret_tokens.digest(token),
        mailed=mail.can_send(),
    )
    stored = store.write(earlier, made)
    if stored is None:
        raise _changed()
    audit_log.record(caller, "invitation.send", subject=invitation_id, **_where(subject), role=role)
    link = f"{address}/{PATH}/{token}"
    delivery = _mail(subject, caller, email, invitation_id, role, link)
    if delivery:
        return Sent(stored)
    # From now on somebody else than the owner of the address has the link, so it proves nothing.
    shown = store.write(stored, dataclasses.replace(stored, mailed=False)) if stored.mailed else stored
    if shown is None:
        raise _changed()
    return Sent(shown, link, delivery.problem)


def _mail(
    subject: Site | Team | None, caller: Person, email: str, invitation_id: str, role: str, link: str
) -> mail.Delivery:
    # The same number of reads for an address without an account.
    known = people.find_person(email) or people.get_person(invitation_id)
    values: dict[str, object] = {"inviter": caller.name, "inviter_email": caller.email, "link": link, "days": _DAYS}
    if subject is not None:
        values |= {"name": subject.name, "role": role}
    template = f"invitation-to-{place_of(subject).kind}"
    return mail.send(email, template, language=known.language if known else "", **values)


def _open(subject: Site | Team | None, invitation_id: str) -> Invitation:
    known = sites.read_id(invitation_id)  # ids of sites and of invitations have the same form
    invitation = store.get(place_of(subject), known) if known is not None else None
    if invitation is None:
        raise NotFound(_("There is no such invitation; it may have been revoked."))
    if invitation.accepted_at:
        raise Conflict(_("This invitation was accepted already."))
    return invitation


def _where(subject: Site | Team | None) -> dict[str, str]:
    place = place_of(subject)
    return {place.kind: place.id} if place.id else {}


def _changed() -> Conflict:
    return Conflict(_("This invitation was changed by someone else; please try again."))
