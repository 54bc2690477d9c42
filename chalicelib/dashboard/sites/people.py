"""The page of a site's people: their roles, the site's teams, and invitations."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from chalice import Response

from chalicelib import pagination
from chalicelib.accounts.access import auth
from chalicelib.accounts.membership import invitations, site_people, site_teams, teams
from chalicelib.accounts.membership.invitations import Sent
from chalicelib.accounts.membership.site_people import Member
from chalicelib.dashboard import invitation_forms, render, role_names, sections
from chalicelib.dashboard.role_names import RoleChoice
from chalicelib.dashboard.sites import administrator_changes
from chalicelib.errors import BadRequest, Conflict, NotFound, ShylightError, TooManyRequests
from chalicelib.routing import Right
from chalicelib.store.people import ROLES, Person
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _
from chalicelib.web import Request, redirect

PATH: Final = "/sites/{site}/people"
PEOPLE_PER_PAGE: Final = 100
_DONE: Final[Mapping[str, str]] = {
    **invitation_forms.DONE,
    "role": N_("The role was changed."),
    "removed": N_("The person was removed."),
    "team": N_("The team has access to the site."),
    "team-removed": N_("The team no longer has access to the site."),
}
_ERRORS: Final = (BadRequest, Conflict, NotFound, TooManyRequests)


class Row(NamedTuple):
    """A person in the list.

    :ivar through: the teams through which they are in the site, in words; ``""`` if they are not.
    :ivar changeable: the caller may change their own role, and remove them.
    :ivar roles: to choose from. Owners are made by transfer, except by administrators.
    """

    member: Member
    role: str
    through: str
    is_you: bool
    changeable: bool
    roles: list[RoleChoice]


def show(request: Request, person: Person, site: Site) -> Response:
    """``GET /sites/{site}/people?next=…``: all people for those who manage them, else one's own access."""
    return _page(request, person, site, done=render.confirmation(request, _DONE))


def invite(request: Request, person: Person, site: Site) -> Response:
    """``POST /sites/{site}/people`` with email and role: invites somebody."""
    try:
        sent = invitation_forms.invite(request, person, site)
    except _ERRORS as error:
        return _page(request, person, site, error=error, entered=request.form())
    return _page(request, person, site, sent=sent) if sent.link else _back(request, site, "invited")


def change_invitation(request: Request, person: Person, site: Site, invitation: str) -> Response:
    """``POST /sites/{site}/invitations/{invitation}`` with action: send (again) or revoke."""
    try:
        sent = invitation_forms.change(request, person, site, invitation)
    except _ERRORS as error:
        return _page(request, person, site, error=error)
    if sent is not None and sent.link:
        return _page(request, person, site, sent=sent)
    return _back(request, site, "invited" if sent is not None else "revoked")


def change_role(request: Request, caller: Person, site: Site, person: str) -> Response:
    """``POST /sites/{site}/people/{person}`` with role."""
    try:
        site_people.change_role(site, caller, person, _fields(request, "role"))
    except _ERRORS as error:
        return _page(request, caller, site, error=error)
    return _back(request, site, "role")


def remove(request: Request, caller: Person, site: Site, person: str) -> Response:
    """``POST /sites/{site}/people/{person}/remove``: removes somebody, or the caller, who leaves the site."""
    try:
        site_people.remove(site, caller, person)
    except _ERRORS as error:
        return _page(request, caller, site, error=error)
    if person == caller.id and auth.role_of(caller, site.id) is None:
        return redirect(f"{request.root}sites")
    return _back(request, site, "removed")


def give_to_team(request: Request, person: Person, site: Site) -> Response:
    """``POST /sites/{site}/teams`` with team and role: gives a team a role in the site, or another one."""
    try:
        site_teams.give(site, person, request.form().get("team", ""), _fields(request, "role"))
    except _ERRORS as error:
        return _page(request, person, site, error=error)
    return _back(request, site, "team")


def take_from_team(request: Request, person: Person, site: Site, team: str) -> Response:
    """``POST /sites/{site}/teams/{team}/remove``."""
    try:
        site_teams.take(site, person, team)
    except _ERRORS as error:
        return _page(request, person, site, error=error)
    if auth.role_of(person, site.id) is None:
        return redirect(f"{request.root}sites")
    return _back(request, site, "team-removed")


def _fields(request: Request, *names: str) -> dict[str, str]:
    form = request.form()
    return {name: form[name] for name in names if name in form}


def _back(request: Request, site: Site, done: str) -> Response:
    return redirect(f"{request.root}sites/{site.id}/people?done={done}")


def _page(
    request: Request,
    person: Person,
    site: Site,
    *,
    error: ShylightError | None = None,
    entered: Mapping[str, str] | None = None,
    sent: Sent | None = None,
    done: str = "",
) -> Response:
    """The page. `entered`: the form that was not accepted; `sent`: an invitation whose link has to be handed over."""
    manages = Right.SITE_ADMIN in auth.rights_in(person, site)
    people = site_people.people_of(site, person)
    own = next((member for member in people if member.person.id == person.id), None)
    return render.page(
        request,
        "sites/people.html",
        error.status if error else HTTPStatus.OK,
        render.retry_after(error),
        person=person,
        csrf=auth.csrf_token(request),
        site=site,
        sections=sections.of_site(person, site, PATH),
        own=own,
        own_role=role_names.name_of(own.role) if own else "",
        own_through=_through(own) if own else "",
        manages=manages,
        alert=render.sentence(error),
        done=done,
        **(_for_managers(request, person, site, people, entered, sent) if manages else {}),
    )


def _for_managers(
    request: Request,
    person: Person,
    site: Site,
    people: list[Member],
    entered: Mapping[str, str] | None,
    sent: Sent | None,
) -> dict[str, Any]:
    owns = Right.SITE_OWN in auth.rights_in(person, site)
    shown, further = pagination.part(people, pagination.read_place(request.query), PEOPLE_PER_PAGE, lambda _one: "")
    held = site_teams.teams_of(site)
    known = {team.id for team in held}
    return {
        "rows": [_row(member, person, owns) for member in shown],
        "further": further,
        "teams": held,
        "other_teams": [team for team in teams.teams_of(person) if team.id not in known],
        "team_roles": role_names.choices(invitations.SITE_ROLES),
        "invitations": invitation_forms.panel(site, person, entered, sent),
        "changes": administrator_changes.of_site(site),
    }


def _row(member: Member, caller: Person, owns: bool) -> Row:
    changeable = member.own_role is not None and (owns or member.own_role != "owner")
    roles = ROLES if caller.admin or member.own_role == "owner" else invitations.SITE_ROLES
    return Row(
        member,
        role_names.name_of(member.role),
        _through(member),
        member.person.id == caller.id,
        changeable,
        role_names.choices(roles),
    )


def _through(member: Member) -> str:
    names = ", ".join(team.name for team in member.teams)
    return _("Through %(teams)s", teams=names) if names else ""
