"""People and their memberships in sites, in ``core``.

=====================  ==============  ==============================================================================
pk                     sk              holds
=====================  ==============  ==============================================================================
``person#<id>``        ``profile``     a :class:`Person`
``person#<id>``        ``site#<id>``   a membership: the person's role in that site, see `store.site_people`
``person#<id>``        ``teams``       the ids of the person's teams, see `store.teams`
``email#<address>``    ``person``      the id of the person with that address; keeps verified addresses unique
=====================  ==============  ==============================================================================

Tokens and links are in the same partition, see `store.credentials`; sessions, see `store.browser_sessions`; second
factors, see `store.second_factors`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast, get_args

from pynamodb.attributes import UnicodeSetAttribute
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.errors import Conflict
from chalicelib.store import aws, listings, preferences
from chalicelib.store.preferences import Preferences
from chalicelib.store.tables import CoreItem
from chalicelib.store.transactions import connection

# What a person is in a site; `accounts.access.auth` says what each role may do.
Role = Literal["owner", "admin", "editor", "viewer"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

PROFILE: Final = "profile"
_SITE: Final = "site#"
_TEAMS: Final = "teams"


class AccessItem(CoreItem):
    """An item that decides on access to a site: a membership, the teams of a person, or those of a site."""

    teams = UnicodeSetAttribute(null=True)


@dataclass(frozen=True, slots=True)
class Person:
    """A person who can sign in.

    :ivar id: UUID.
    :ivar email: the primary address, as entered; unique, ignoring case. Mail goes to it.
    :ivar other_emails: more addresses that the person has proven to be theirs; unique, too.
    :ivar unverified_emails: addresses that the person has entered and not proven; anybody may have them.
    :ivar language: of mails, a key of `translation.LANGUAGES`; ``""``: not known. The one in `preferences`, or else
        that of their browser.
    :ivar admin: sees and changes everything.
    :ivar password_hash: argon2id, with its parameters; None without a password.
    :ivar epoch: sessions that began under an earlier epoch are invalid.
    :ivar created_at: epoch seconds.
    :ivar version: of the stored item, for optimistic locking.
    :ivar max_sites: how many sites they may own; None: as many as everybody.
    """

    id: str
    email: str
    name: str = ""
    admin: bool = False
    password_hash: str | None = field(default=None, repr=False)
    epoch: int = 1
    created_at: int = 0
    version: int = 0
    other_emails: tuple[str, ...] = ()
    unverified_emails: tuple[str, ...] = ()
    language: str = ""
    preferences: Preferences = field(default_factory=Preferences)
    max_sites: int | None = None

    def as_stored(self, email: str) -> str:
        """The verified address that :func:`find_person` found this person by.

        Mail goes there, and not to what was entered: two addresses may be equal ignoring case and still belong to
        different people, such as those at straße.example and strasse.example.
        """
        return next(one for one in (self.email, *self.other_emails) if one.casefold() == email.casefold())


def partition(person_id: str) -> str:
    """The partition key of everything that belongs to one person."""
    return f"person#{person_id}"


def profile_key(person_id: str) -> tuple[str, str]:
    """The whole key of a person's own item."""
    return partition(person_id), PROFILE


def get_person(person_id: str) -> Person | None:
    """The person with this id, or None."""
    try:
        return parse(CoreItem.get(*profile_key(person_id), consistent_read=True))
    except CoreItem.DoesNotExist:
        return None


def get_people(person_ids: Iterable[str]) -> list[Person]:
    """The people with these ids, in any order; without those who do not exist."""
    return [parse(item) for item in CoreItem.batch_get([profile_key(one) for one in person_ids], consistent_read=True)]


def find_person(email: str) -> Person | None:
    """The person with this verified e-mail address, primary or not, in upper or lower case; or None."""
    person_id = _owner_of(email)
    return get_person(person_id) if person_id is not None else None


def _owner_of(email: str) -> str | None:
    try:
        return str(CoreItem.get(*email_key(email), consistent_read=True).body)
    except CoreItem.DoesNotExist:
        return None


def add_person(person: Person) -> Person:
    """Store a new person; as stored.

    :raises Conflict: if somebody has that e-mail address already.
    """
    stored = dataclasses.replace(person, version=1)
    try:
        with TransactWrite(connection=connection()) as transaction:
            transaction.save(item_of(stored), CoreItem.pk.does_not_exist())
            transaction.save(CoreItem(*email_key(person.email), body=person.id), CoreItem.pk.does_not_exist())
    except TransactWriteError as error:
        if not aws.transaction_canceled(error):
            raise
        raise Conflict("A person with this e-mail address exists already.", field="email") from error
    return stored


def change_person(person: Person) -> Person:
    """Store a changed `person`, whose verified addresses are the same as before; as stored.

    :raises Conflict: if the stored item is no longer of ``person.version``.
    """
    stored = dataclasses.replace(person, version=person.version + 1)
    if not aws.condition_met(lambda: item_of(stored).save(CoreItem.version == person.version)):
        raise _changed_meanwhile()
    return stored


def add_address(person: Person, email: str) -> Person:
    """Store a changed `person`, who has the verified address `email` from now on; as stored.

    :raises Conflict: if somebody else has that address, or the stored item is no longer of ``person.version``.
    """
    pointer = CoreItem(*email_key(email), body=person.id)
    free = CoreItem.pk.does_not_exist() | (CoreItem.body == person.id)
    try:
        with TransactWrite(connection=connection()) as transaction:
            stored = _save_changed(transaction, person)
            transaction.save(pointer, free)
    except TransactWriteError as error:
        if not aws.transaction_canceled(error):
            raise
        if _owner_of(email) not in (None, person.id):
            raise Conflict("This address belongs to another account.", field="email") from error
        raise _changed_meanwhile() from error
    return stored


def remove_address(person: Person, email: str) -> Person:
    """Store a changed `person`, who no longer has the verified address `email`; as stored.

    :raises Conflict: if the stored item is no longer of ``person.version``.
    """
    try:
        with TransactWrite(connection=connection()) as transaction:
            stored = _save_changed(transaction, person)
            transaction.delete(CoreItem(*email_key(email)), CoreItem.body == person.id)
    except TransactWriteError as error:
        if not aws.transaction_canceled(error):
            raise
        raise _changed_meanwhile() from error
    return stored


def _save_changed(transaction: TransactWrite, person: Person) -> Person:
    stored = dataclasses.replace(person, version=person.version + 1)
    transaction.save(item_of(stored), CoreItem.version == person.version)
    return stored


def _changed_meanwhile() -> Conflict:
    return Conflict("This was changed by someone else meanwhile; please reload and try again.")


def role_in(person_id: str, site_id: str) -> Role | None:
    """The person's role in the site: the highest of their own role and those of their teams; or None.

    One consistent read of three items, so that people who were removed have no access from then on.
    """
    keys = (_membership_key(person_id, site_id), teams_key(person_id), site_teams_key(site_id))
    found = {(item.pk, item.sk): item for item in AccessItem.batch_get(keys, consistent_read=True)}
    own, of_person, of_site = (found.get(key) for key in keys)
    teams = (of_person.teams or set()) if of_person is not None else set()
    of_teams = [role for team, role in site_team_roles(of_site).items() if team in teams]
    return highest((_role(own) if own is not None else None, *of_teams))


def direct_role_in(person_id: str, site_id: str) -> Role | None:
    """The person's own role in the site, without those of their teams; or None. Read consistently."""
    try:
        return _role(CoreItem.get(*_membership_key(person_id, site_id), consistent_read=True))
    except CoreItem.DoesNotExist:
        return None


def highest(roles: Iterable[Role | None]) -> Role | None:
    """The highest of some roles; None if there is none."""
    return min((role for role in roles if role is not None), key=ROLES.index, default=None)


def _role(item: CoreItem) -> Role | None:
    role = json.loads(item.body or "{}").get("role")
    return cast(Role, role) if role in ROLES else None


def site_team_roles(item: CoreItem | None) -> dict[str, Role]:
    """The roles in the item of a site's teams, by team id; roles that are unknown are left out."""
    stored = json.loads(item.body or "{}").get("roles", {}) if item is not None else {}
    return {team_id: cast(Role, role) for team_id, role in stored.items() if role in ROLES}


def roles_of(person_id: str) -> dict[str, Role]:
    """The person's own roles, by the ids of the sites."""
    items = CoreItem.query(partition(person_id), CoreItem.sk.startswith(_SITE))
    return {item.sk[len(_SITE) :]: role for item in items if (role := _role(item)) is not None}


def site_ids_of(person_id: str, role: Role | None = None) -> list[str]:
    """The ids of the sites in which the person has a role of their own: any, or this one."""
    return [one for one, has in roles_of(person_id).items() if role in (None, has)]


def parse(item: CoreItem) -> Person:
    """The person in a profile item."""
    known = {entry.name for entry in dataclasses.fields(Person)}
    stored = {name: value for name, value in json.loads(item.body or "{}").items() if name in known}
    body: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    body["preferences"] = preferences.parse(stored.get("preferences", {}))
    return Person(**{**body, "version": int(item.version)})


def item_of(person: Person) -> CoreItem:
    """The item that holds `person`, for writing it together with others."""
    body = {name: value for name, value in dataclasses.asdict(person).items() if name != "version"}
    return CoreItem(
        *profile_key(person.id),
        body=json.dumps(body, sort_keys=True),
        version=person.version,
        listed_in=listings.PEOPLE,
        listed_by=listings.of_person(person.email, person.name),
    )


def membership(person_id: str, site_id: str, role: Role) -> CoreItem:
    """The item that gives a person a role in a site."""
    return CoreItem(*_membership_key(person_id, site_id), body=json.dumps({"role": role}))


def teams_key(person_id: str) -> tuple[str, str]:
    """The whole key of the item with the ids of a person's teams."""
    return partition(person_id), _TEAMS


def site_teams_key(site_id: str) -> tuple[str, str]:
    """The whole key of the item with the roles of a site's teams."""
    return f"site#{site_id}", _TEAMS


def _membership_key(person_id: str, site_id: str) -> tuple[str, str]:
    return partition(person_id), _SITE + site_id


def email_key(email: str) -> tuple[str, str]:
    """The whole key of the item that says whose address it is."""
    return f"email#{email.casefold()}", "person"
