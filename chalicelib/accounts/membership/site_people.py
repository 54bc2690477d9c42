"""The people of a site: removing them, and changing their roles.

Others are invited, see `accounts.membership.invitations`.
Admins and owners manage the people of a site. Only owners decide who its owners are, and a site keeps at least one.
Nobody becomes an owner without agreeing (`accounts.sites.transfers`), except by an administrator of the installation.
Everybody may leave. Each change is decided on the roles as they are when it is stored, not as they were when the
request came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import audit_log, input_fields
from chalicelib.accounts.access import auth
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.routing import Right
from chalicelib.store import people, site_people, teams
from chalicelib.store.people import ROLES, Person, Role
from chalicelib.store.site_people import SitePeople
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team
from chalicelib.translation import gettext as _

_RACES: Final = 10


@dataclass(frozen=True, slots=True)
class TeamAccess:
    """A team, and the role that it gives its members in a site."""

    id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a role in a site.

    :ivar role: the highest of their own role and those of their teams.
    :ivar own_role: given to them alone; None if they are in the site through teams only.
    :ivar teams: through which they have a role, by name.
    """

    person: Person
    role: Role
    own_role: Role | None
    teams: tuple[TeamAccess, ...] = ()


def people_of(site: Site, caller: Person) -> list[Member]:
    """Everybody with a role in a site, also through teams, by e-mail address; without those whose account is gone."""
    own = site_people.read(site, caller.id).roles
    through: dict[str, list[TeamAccess]] = {}
    for team in teams.of_site(site.id):
        for person_id in team.members:
            through.setdefault(person_id, []).append(TeamAccess(team.id, team.name, team.sites[site.id]))
    members = []
    for person in people.get_people({*own, *through}):
        of_teams = tuple(through.get(person.id, ()))
        role = people.highest((own.get(person.id), *(team.role for team in of_teams)))
        if role is not None:
            members.append(Member(person, role, own.get(person.id), of_teams))
    return sorted(members, key=lambda member: member.person.email.casefold())


def change_role(site: Site, caller: Person, person_id: str, data: Mapping[str, object]) -> Member:
    """Give a person of the site the `role` in `data`.

    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    :raises Forbidden: if the caller may not do this.
    :raises NotFound: if the person has no role of their own in the site.
    :raises Conflict: if this is the last owner, or the site is being changed.
    """
    input_fields.check_names(data, ("role",))
    role = input_fields.role(data, ROLES)
    if _store(site, caller, person_id, role):
        audit_log.record(caller, "site_person.change_role", site=site.id, subject=person_id, role=role)
    person = people.get_person(person_id)
    if person is None:
        raise _no_own_role(())
    of_teams = _teams_of(site, person_id)
    effective = people.highest((role, *(team.role for team in of_teams))) or role
    return Member(person, effective, role, of_teams)


def remove(site: Site, caller: Person, person_id: str) -> None:
    """Take a person's own role in the site from them: another one's, or the caller's, who leaves it.

    :raises Forbidden: if the caller may not do this.
    :raises NotFound: if the person is not in the site.
    :raises Conflict: if this is the last owner, the person is in the site through a team only, or the site is being
        changed.
    """
    _store(site, caller, person_id, None)
    audit_log.record(caller, "site_person.remove", site=site.id, subject=person_id)


def check(
    before: SitePeople,
    caller: Person,
    person_id: str,
    role: Role | None,
    of_teams: Iterable[Team] = (),
) -> None:
    """Check that `caller` may give a person of the site a role, or remove them (None).

    :param of_teams: the teams of the site.
    """
    through_teams = (team.sites[before.site_id] for team in of_teams if caller.id in team.members)
    own = "owner" if caller.admin else people.highest((before.roles.get(caller.id), *through_teams))
    leaves = role is None and person_id == caller.id
    auth.require(own, Right.SITE_VIEW if leaves else Right.SITE_ADMIN)
    current = before.roles.get(person_id)
    if current is not None and current == role:
        return
    if role == "owner":
        auth.require(own, Right.SITE_OWN, "role")
    if current == "owner":
        auth.require(own, Right.SITE_OWN)
    if current is None:
        raise _no_own_role([team for team in of_teams if person_id in team.members])
    if role == "owner" and not caller.admin:
        raise Forbidden(_("People become owners by accepting the site: offer it to them instead."), field="role")
    if current == "owner" and list(before.roles.values()).count("owner") == 1:
        raise Conflict(_("A site needs an owner. Offer the site to another person first."))


def _store(site: Site, caller: Person, person_id: str, role: Role | None) -> bool:
    """Whether this changed anything."""
    for _attempt in range(_RACES):
        before = site_people.read(site, caller.id, person_id)
        check(before, caller, person_id, role, teams.of_site(site.id))
        if before.roles.get(person_id) == role:
            return False
        if site_people.write(before, person_id, role):
            return True
    raise Conflict(_("The people of this site are being changed by someone else; please try again."))


def _teams_of(site: Site, person_id: str) -> tuple[TeamAccess, ...]:
    """The teams through which a person has a role in a site."""
    return tuple(
        TeamAccess(team.id, team.name, team.sites[site.id])
        for team in teams.of_site(site.id)
        if person_id in team.members
    )


def _no_own_role(through: Sequence[Team]) -> NotFound | Conflict:
    """The error for somebody who has no role of their own. `through`: the teams through which they are in the site."""
    if not through:
        return NotFound(_("This person has no role in this site."))
    message = _(
        "This person is in the site through the team %(team)s. Change the team, or take the site from it.",
        team=through[0].name,
    )
    return Conflict(message)
