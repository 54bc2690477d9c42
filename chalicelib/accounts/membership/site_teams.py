"""The teams of a site: giving a team a role in a site, and taking the site from it.

Admins and owners of a site give it to teams that they are in themselves, and take it from any. Admins and owners of a
team can give a site back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.accounts import audit_log, input_fields
from chalicelib.accounts.access import team_rights
from chalicelib.accounts.membership.invitations import SITE_ROLES
from chalicelib.accounts.membership.site_people import TeamAccess
from chalicelib.config import MAX_SITE_TEAMS, MAX_TEAM_SITES
from chalicelib.errors import Conflict, NotFound
from chalicelib.routing import Right
from chalicelib.store import sites, teams
from chalicelib.store.people import Person, Role
from chalicelib.store.sites import Site
from chalicelib.store.teams import SiteTeams, Team
from chalicelib.translation import gettext as _

_RACES: Final = 10


def teams_of(site: Site) -> list[TeamAccess]:
    """The teams that have a role in a site, by name."""
    return [TeamAccess(team.id, team.name, team.sites[site.id]) for team in teams.of_site(site.id)]


def give(site: Site, caller: Person, team_id: str, data: Mapping[str, object]) -> TeamAccess:
    """Give a team, which the caller is in, the `role` in `data` in a site. The route checks the right in the site.

    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    :raises NotFound: if there is no such team, or the caller is not in it.
    :raises Conflict: if there are too many, or somebody is changing them.
    """
    input_fields.check_names(data, ("role",))
    role = input_fields.role(data, SITE_ROLES)
    team = team_rights.team_for(caller, team_id, Right.TEAM_VIEW)
    _store(site.id, team.id, role)
    audit_log.record(caller, "site_team.give", site=site.id, subject=team.id, role=role)
    return TeamAccess(team.id, team.name, role)


def take(site: Site, caller: Person, team_id: str) -> None:
    """Take a site from a team, as somebody who manages the site.

    :raises NotFound: if the team has no role in the site.
    :raises Conflict: if somebody is changing the team or the site.
    """
    _take(site.id, caller, team_id.lower())


def give_back(team: Team, caller: Person, site_id: str) -> None:
    """Take a site from a team, as somebody who manages the team.

    :raises NotFound: if the team has no role in the site.
    :raises Conflict: if somebody is changing the team or the site.
    """
    _take(site_id.lower(), caller, team.id)


def _take(site_id: str, caller: Person, team_id: str) -> None:
    if sites.read_id(site_id) is None or team_id not in teams.read_site(site_id).roles:
        raise NotFound(_("This team has no role in this site."))
    _store(site_id, team_id, None)
    audit_log.record(caller, "site_team.take", site=site_id, subject=team_id)


def _store(site_id: str, team_id: str, role: Role | None) -> None:
    for _attempt in range(_RACES):
        team = teams.read(team_id)
        if team is None:
            teams.drop(site_id, (team_id,))
            raise NotFound(_("This team was deleted."))
        before = _without_deleted(teams.read_site(site_id))
        if before.roles.get(team_id) == role:
            return
        if role is not None and team_id not in before.roles:
            _check_limits(team, before)
        if teams.write_site(team, before, role):
            return
    raise Conflict(_("The teams of this site are being changed by someone else; please try again."))


def _without_deleted(before: SiteTeams) -> SiteTeams:
    """The teams of a site that exist; others no longer give access, and are dropped with the next change."""
    known = {team.id for team in teams.of_site(before.site_id)}
    roles = {team_id: role for team_id, role in before.roles.items() if team_id in known}
    return SiteTeams(before.site_id, roles, before.version)


def _check_limits(team: Team, before: SiteTeams) -> None:
    if len(before.roles) >= MAX_SITE_TEAMS:
        raise Conflict(_("A site can have at most %(number)s teams. Remove one first.", number=MAX_SITE_TEAMS))
    if len(team.sites) >= MAX_TEAM_SITES:
        raise Conflict(_("A team can have at most %(number)s sites. Remove one first.", number=MAX_TEAM_SITES))
