"""Inviting people, and the list of invitations: what the pages of a site, a team and the installation share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final, NamedTuple

from chalicelib.accounts.installation import settings_of_installation
from chalicelib.accounts.mailing import mail
from chalicelib.accounts.membership import invitations
from chalicelib.accounts.membership.invitations import Listed, Sent
from chalicelib.dashboard import formatting, role_names
from chalicelib.dashboard.role_names import RoleChoice
from chalicelib.errors import BadRequest
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request

# What the pages confirm, by the value of `done` in their query.
DONE: Final[Mapping[str, str]] = {
    "invited": N_("The invitation was mailed."),
    "revoked": N_("The invitation was revoked. Its link no longer works."),
}


class Row(NamedTuple):
    """An invitation in the list. `sentence`: its state in words; `open`: it can be sent again and revoked."""

    id: str
    email: str
    role: str
    state: str
    sentence: str
    open: bool


class Panel(NamedTuple):
    """The form, the list, and what to say of an invitation that was sent just now.

    :ivar choices: the roles to choose from; none in the installation.
    :ivar email: as it was entered.
    :ivar sent: an invitation whose link has to be handed over.
    :ivar hint: who can accept, and what becomes of the mail.
    """

    choices: list[RoleChoice]
    rows: list[Row]
    hint: str
    email: str = ""
    role: str = ""
    sent: Sent | None = None


def panel(
    subject: Site | Team | None,
    person: Person,
    entered: Mapping[str, str] | None = None,
    sent: Sent | None = None,
) -> Panel:
    """The panel on the page of a site, a team or, for None, the installation."""
    roles: tuple[str, ...] = ()
    if isinstance(subject, Site):
        roles = invitations.SITE_ROLES
    elif isinstance(subject, Team):
        roles = invitations.TEAM_ROLES
    given = entered or {}
    return Panel(
        role_names.choices(roles),
        [_row(listed) for listed in invitations.list_of(subject)],
        _hint(person),
        given.get("email", ""),
        given.get("role", ""),
        sent,
    )


def invite(request: Request, person: Person, subject: Site | Team | None) -> Sent:
    """Invite whom the form names.

    :raises BadRequest, Conflict, TooManyRequests: as `accounts.membership.invitations.invite` does.
    """
    fields = ("email", "role") if subject is not None else ("email",)
    form = request.form()
    return invitations.invite(subject, person, {name: form[name] for name in fields if name in form}, request.address)


def change(request: Request, person: Person, subject: Site | Team | None, invitation_id: str) -> Sent | None:
    """Send an invitation again, or revoke it (None), as the field `action` of the form says.

    :raises BadRequest: if it says neither.
    """
    action = request.form().get("action", "")
    if action == "send":
        return invitations.send_again(subject, person, invitation_id, request.address)
    if action == "revoke":
        invitations.revoke(subject, person, invitation_id)
        return None
    raise BadRequest(_("action must be one of: %(actions)s.", actions="send, revoke"), field="action")


def _hint(person: Person) -> str:
    if not mail.can_send():
        return _("This installation sends no mail, so you get a link to hand over to the person.")
    if not person.admin and settings_of_installation().sign_up == "closed":
        return _("The person gets a mail with a link. Only people who have an account here can accept.")
    return _("The person gets a mail with a link. Somebody without an account can create one with it.")


def _row(listed: Listed) -> Row:
    invitation = listed.invitation
    state = invitation.state(time.time())
    inviter = listed.inviter
    sender = (inviter.name or inviter.email) if inviter else ""
    until = formatting.date_of(invitation.valid_until)
    if state == "accepted":
        sentence = _("Accepted on %(day)s.", day=formatting.date_of(invitation.accepted_at))
    elif state == "expired":
        sentence = _("Expired on %(day)s.", day=until)
    elif not invitation.mailed:
        sentence = _("Not mailed: %(name)s has the link, which is valid until %(day)s.", name=sender, day=until)
    else:
        sentence = _("Invited by %(name)s; valid until %(day)s.", name=sender, day=until)
    return Row(
        invitation.id,
        listed.email or _("A deleted account"),
        role_names.name_of(invitation.role),
        state,
        sentence,
        state != "accepted",
    )
