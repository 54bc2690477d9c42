"""Teams: groups of people that hold sites together, in ``core``.

================  =============  ====================================================================
pk                sk             holds
================  =============  ====================================================================
``team#<id>``     ``team``       a :class:`Team`: its members and its sites, with their roles
``teams``         team id        that there is this team, for the list of all teams
``person#<id>``   ``teams``      the ids of the person's teams, for access and for the list of teams
``site#<id>``     ``teams``      the roles of the site's teams, by team id, for access
================  =============  ====================================================================

The first is written together with one of the others, in one transaction, on the condition that it has not changed since
it was read. A team gives access where the person's item and the site's item both name it. See docs/adr/0045.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, cast, get_args

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from chalicelib.errors import Conflict
from chalicelib.store import aws, people
from chalicelib.store.people import ROLES, AccessItem, Role
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import connection, transact

# What a person is in a team; `accounts.access.auth` says what each role may do.
TeamRole = Literal["owner", "admin", "member"]
TEAM_ROLES: Final[tuple[TeamRole, ...]] = get_args(TeamRole)

SK: Final = "team"
PREFIX: Final = "team#"
_ALL: Final = "teams"
_RACES: Final = 10


@dataclass(frozen=True, slots=True)
class Team:
    """A team at one moment.

    :ivar id: UUID.
    :ivar members: their roles in the team, by person id.
    :ivar sites: the roles of all members in these sites, by site id.
    :ivar created_at: epoch seconds.
    :ivar version: of the stored item, for optimistic locking; 0 if it is not stored yet.
    """

    id: str
    name: str
    members: Mapping[str, TeamRole]
    sites: Mapping[str, Role] = dataclasses.field(default_factory=dict)
    created_at: int = 0
    version: int = 0

    def with_member(self, person_id: str, role: TeamRole | None) -> Team:
        """The team after a person was given a role, or was removed (None)."""
        members = {one: kept for one, kept in self.members.items() if one != person_id}
        return dataclasses.replace(self, members=members | ({person_id: role} if role else {}))

    def with_site(self, site_id: str, role: Role | None) -> Team:
        """The team after it was given a role in a site, or the site was taken from it (None)."""
        sites = {one: kept for one, kept in self.sites.items() if one != site_id}
        return dataclasses.replace(self, sites=sites | ({site_id: role} if role else {}))


@dataclass(frozen=True, slots=True)
class SiteTeams:
    """The roles of a site's teams, by team id. `version`: of the stored item; 0 if it is not stored yet."""

    site_id: str
    roles: Mapping[str, Role]
    version: int = 0


def read(team_id: str) -> Team | None:
    """The team, read consistently, or None."""
    try:
        return _parse(CoreItem.get(partition(team_id), SK, consistent_read=True))
    except CoreItem.DoesNotExist:
        return None


def of_person(person_id: str) -> list[Team]:
    """The teams of a person, by name, read consistently."""
    return sorted(_read_all(ids_of(person_id)), key=_by_name)


def of_site(site_id: str) -> list[Team]:
    """The teams that have a role in a site, by name, read consistently."""
    teams = _read_all(read_site(site_id).roles)
    return sorted((team for team in teams if site_id in team.sites), key=_by_name)


def ids_of(person_id: str) -> frozenset[str]:
    """The ids of a person's teams, read consistently."""
    try:
        item = AccessItem.get(*people.teams_key(person_id), consistent_read=True)
    except AccessItem.DoesNotExist:
        return frozenset()
    return frozenset(item.teams or ())


def all_teams() -> list[Team]:
    """All teams of the installation, by name."""
    return sorted(_read_all([item.sk for item in CoreItem.query(_ALL)]), key=_by_name)


def read_site(site_id: str) -> SiteTeams:
    """The roles of a site's teams, read consistently."""
    try:
        item = CoreItem.get(*people.site_teams_key(site_id), consistent_read=True)
    except CoreItem.DoesNotExist:
        return SiteTeams(site_id, {})
    return SiteTeams(site_id, people.site_team_roles(item), int(item.version))


def add(team: Team, owner_id: str) -> Team:
    """Store a new team with its owner; as stored, or as it is if it was stored before."""
    made = dataclasses.replace(team, members={owner_id: "owner"})
    try:
        with TransactWrite(connection=connection()) as transaction:
            _save(transaction, made)
            transaction.save(CoreItem(_ALL, made.id))
            _point_to(transaction, owner_id, made.id)
    except TransactWriteError as error:
        present = read(made.id) if aws.transaction_refused(error) else None
        if present is None:
            raise
        return present
    return dataclasses.replace(made, version=1)


def rename(before: Team, name: str) -> bool:
    """Change a team's name; False if somebody changed the team since `before` was read."""
    return aws.condition_met(
        lambda: _item(dataclasses.replace(before, name=name)).save(CoreItem.version == before.version)
    )


def write_member(before: Team, person_id: str, role: TeamRole | None) -> bool:
    """Give a person a role in a team, or remove them (None); False if the team was changed since it was read."""
    return transact(saving_member(before, person_id, role))


def saving_member(before: Team, person_id: str, role: TeamRole | None) -> Callable[[TransactWrite], None]:
    """What :func:`write_member` does, for a transaction, which fails if somebody changed the team since."""

    def save(transaction: TransactWrite) -> None:
        _save(transaction, before.with_member(person_id, role))
        _point_to(transaction, person_id, before.id, not_any_more=role is None)

    return save


def write_site(before: Team, site_teams: SiteTeams, role: Role | None) -> bool:
    """Give a team a role in a site, or take the site from it (None).

    False if the team, or the teams of the site, were changed since they were read.
    """
    roles = {one: kept for one, kept in site_teams.roles.items() if one != before.id}

    def change(transaction: TransactWrite) -> None:
        _save(transaction, before.with_site(site_teams.site_id, role))
        after = dataclasses.replace(site_teams, roles=roles | ({before.id: role} if role else {}))
        transaction.save(_site_item(after), _unchanged(site_teams.version))

    return transact(change)


def delete(before: Team) -> bool:
    """Delete a team, at once for all its members; False if somebody changed the team since `before` was read.

    What sites know of it gives no access any more, and is removed afterwards.
    """

    def change(transaction: TransactWrite) -> None:
        transaction.delete(_item(before), CoreItem.version == before.version)
        transaction.delete(CoreItem(_ALL, before.id))
        for person_id in before.members:
            _point_to(transaction, person_id, before.id, not_any_more=True)

    if not transact(change):
        return False
    for site_id in before.sites:
        drop(site_id, (before.id,))
    return True


def drop(site_id: str, team_ids: Iterable[str]) -> None:
    """Remove teams that no longer exist from the teams of a site, unless others keep changing them."""
    for _ in range(_RACES):
        known = read_site(site_id)
        roles = {one: role for one, role in known.roles.items() if one not in team_ids}
        if roles == known.roles:
            return
        item = _site_item(dataclasses.replace(known, roles=roles))
        if aws.condition_met(partial(item.save, CoreItem.version == known.version)):
            return


def take_out_site(team_partition: str, _sk: str, site_id: str) -> None:
    """Remove a site that is being deleted from a team.

    :param team_partition: the team's partition key.
    :raises Conflict: if the team kept being changed at the same time.
    """
    for _ in range(_RACES):
        team = read(team_partition.removeprefix(PREFIX))
        if team is None or site_id not in team.sites:
            return
        item = _item(team.with_site(site_id, None))
        if aws.condition_met(partial(item.save, CoreItem.version == team.version)):
            return
    raise Conflict("This team is being changed; please try again.")


def highest(roles: Iterable[TeamRole | None]) -> TeamRole | None:
    """The highest of some roles; None if there is none."""
    return min((role for role in roles if role is not None), key=TEAM_ROLES.index, default=None)


def partition(team_id: str) -> str:
    """The partition key of everything that belongs to one team."""
    return PREFIX + team_id


def _read_all(team_ids: Iterable[str]) -> list[Team]:
    keys = [(partition(one), SK) for one in team_ids]
    return [_parse(item) for item in CoreItem.batch_get(keys, consistent_read=True)] if keys else []


def _save(transaction: TransactWrite, after: Team) -> None:
    transaction.save(_item(after), _unchanged(after.version))


def _unchanged(version: int) -> Condition:
    return CoreItem.version == version if version else CoreItem.pk.does_not_exist()


def _point_to(transaction: TransactWrite, person_id: str, team_id: str, *, not_any_more: bool = False) -> None:
    item = AccessItem(*people.teams_key(person_id))
    change = AccessItem.teams.delete({team_id}) if not_any_more else AccessItem.teams.add({team_id})
    transaction.update(item, actions=[change])


def _item(team: Team) -> CoreItem:
    """The item of a team as it is stored after `team.version`."""
    body = {
        "name": team.name,
        "members": dict(team.members),
        "sites": dict(team.sites),
        "created_at": team.created_at,
    }
    return CoreItem(partition(team.id), SK, body=json.dumps(body, sort_keys=True), version=team.version + 1)


def _site_item(site_teams: SiteTeams) -> CoreItem:
    body = json.dumps({"roles": dict(site_teams.roles)}, sort_keys=True)
    return CoreItem(*people.site_teams_key(site_teams.site_id), body=body, version=site_teams.version + 1)


def _parse(item: CoreItem) -> Team:
    body = json.loads(item.body or "{}")
    members = {one: cast(TeamRole, role) for one, role in body.get("members", {}).items() if role in TEAM_ROLES}
    sites = {one: cast(Role, role) for one, role in body.get("sites", {}).items() if role in ROLES}
    created_at = int(body.get("created_at", 0))
    return Team(item.pk[len(PREFIX) :], str(body.get("name", "")), members, sites, created_at, int(item.version))


def _by_name(team: Team) -> tuple[str, str]:
    return team.name.lower(), team.id
