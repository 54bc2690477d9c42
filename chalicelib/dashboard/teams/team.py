"""The page of a team: its members, its sites, and invitations."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from chalice import Response

from chalicelib.accounts.access import auth, team_rights
from chalicelib.accounts.membership import site_teams, teams
from chalicelib.accounts.membership.invitations import Sent
from chalicelib.accounts.membership.teams import TeamMember
from chalicelib.dashboard import invitation_forms, render, role_names, sections
from chalicelib.dashboard.teams import index
from chalicelib.errors import BadRequest, Conflict, NotFound, ShylightError, TooManyRequests
from chalicelib.routing import Right
from chalicelib.store import teams as stored_teams
from chalicelib.store.people import Person
from chalicelib.store.teams import TEAM_ROLES, Team
from chalicelib.translation import N_
from chalicelib.web import Request, redirect

_DONE: Final[Mapping[str, str]] = {
    **invitation_forms.DONE,
    "saved": N_("The team has its new name."),
    "role": N_("The role was changed."),
    "removed": N_("The member was removed."),
    "site": N_("The team no longer has access to the site."),
}
_ERRORS: Final = (BadRequest, Conflict, NotFound, TooManyRequests)


class MemberRow(NamedTuple):
    """A member in the list. `changeable`: the caller may change their role, and remove them."""

    member: TeamMember
    role: str
    is_you: bool
    changeable: bool


def show(request: Request, person: Person, team: Team) -> Response:
    """``GET /teams/{team}``."""
    return _page(request, person, team, done=render.confirmation(request, _DONE))


def save(request: Request, person: Person, team: Team) -> Response:
    """``POST /teams/{team}`` with name."""
    name = request.form().get("name", "")
    try:
        teams.rename(team, person, {"name": name})
    except _ERRORS as error:
        return _page(request, person, team, error=error, name=name)
    return _back(request, team, "saved")


def delete(request: Request, person: Person, team: Team) -> Response:
    """``POST /teams/{team}/delete`` with the team's name as a confirmation."""
    try:
        teams.delete(team, person, request.form().get("name", ""))
    except _ERRORS as error:
        return _page(request, person, team, error=error)
    return redirect(f"{request.root}teams?done=deleted")


def invite(request: Request, person: Person, team: Team) -> Response:
    """``POST /teams/{team}/members`` with email and role: invites somebody."""
    try:
        sent = invitation_forms.invite(request, person, team)
    except _ERRORS as error:
        return _page(request, person, team, error=error, entered=request.form())
    return _page(request, person, team, sent=sent) if sent.link else _back(request, team, "invited")


def change_invitation(request: Request, person: Person, team: Team, invitation: str) -> Response:
    """``POST /teams/{team}/invitations/{invitation}`` with action: send (again) or revoke."""
    try:
        sent = invitation_forms.change(request, person, team, invitation)
    except _ERRORS as error:
        return _page(request, person, team, error=error)
    if sent is not None and sent.link:
        return _page(request, person, team, sent=sent)
    return _back(request, team, "invited" if sent is not None else "revoked")


def change_role(request: Request, caller: Person, team: Team, person: str) -> Response:
    """``POST /teams/{team}/members/{person}`` with role."""
    try:
        teams.change_role(team, caller, person, {"role": request.form().get("role", "")})
    except _ERRORS as error:
        return _page(request, caller, team, error=error)
    return _back(request, team, "role")


def remove(request: Request, caller: Person, team: Team, person: str) -> Response:
    """``POST /teams/{team}/members/{person}/remove``: removes somebody, or the caller, who leaves the team."""
    try:
        teams.remove(team, caller, person)
    except _ERRORS as error:
        return _page(request, caller, team, error=error)
    if person == caller.id and not caller.admin:
        return redirect(f"{request.root}teams?done=left")
    return _back(request, team, "removed")


def give_back(request: Request, caller: Person, team: Team, site: str) -> Response:
    """``POST /teams/{team}/sites/{site}/remove``: takes a site from the team."""
    try:
        site_teams.give_back(team, caller, site)
    except _ERRORS as error:
        return _page(request, caller, team, error=error)
    return _back(request, team, "site")


def _back(request: Request, team: Team, done: str) -> Response:
    return redirect(f"{request.root}teams/{team.id}?done={done}")


def _page(
    request: Request,
    person: Person,
    team: Team,
    *,
    error: ShylightError | None = None,
    name: str | None = None,
    entered: Mapping[str, str] | None = None,
    sent: Sent | None = None,
    done: str = "",
) -> Response:
    """The page. `name`, `entered`: what was not accepted; `sent`: an invitation whose link has to be handed over."""
    team = stored_teams.read(team.id) or team  # as it is after the change that failed
    rights = team_rights.rights_in(person, team)
    owns = Right.TEAM_OWN in rights
    manages = Right.TEAM_ADMIN in rights
    members = teams.members_of(team)
    return render.page(
        request,
        "teams/team.html",
        error.status if error else HTTPStatus.OK,
        render.retry_after(error),
        person=person,
        csrf=auth.csrf_token(request),
        sections=sections.of_account(index.PATH),
        team=team,
        name=team.name if name is None else name,
        rows=[_row(member, person, owns) for member in members],
        is_member=person.id in team.members,
        sites=[(one.site, role_names.name_of(one.role)) for one in teams.sites_of(team)],
        roles=role_names.choices(TEAM_ROLES if owns else [role for role in TEAM_ROLES if role != "owner"]),
        manages=manages,
        owns=owns,
        invitations=invitation_forms.panel(team, person, entered, sent) if manages else None,
        alert=render.sentence(error),
        done=done,
    )


def _row(member: TeamMember, caller: Person, owns: bool) -> MemberRow:
    return MemberRow(
        member,
        role_names.name_of(member.role),
        member.person.id == caller.id,
        owns or member.role != "owner",
    )
