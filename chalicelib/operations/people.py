"""The people of the installation, as administrators see and manage them.

Administrators see nothing of a person's password, tokens and second factors but that there are some.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import audit_log, input_fields
from chalicelib.accounts.access import browser_sessions
from chalicelib.accounts.people import deletion
from chalicelib.accounts.people.deletion import Plan
from chalicelib.accounts.sign_in import second_factor
from chalicelib.accounts.sites import new_site
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.operations.lists import Rows, rows_of
from chalicelib.store import administrators, listings, people, teams
from chalicelib.store import browser_sessions as stored_sessions
from chalicelib.store import sites as stored_sites
from chalicelib.store.people import Person, Role
from chalicelib.store.sites import Site
from chalicelib.store.teams import Team
from chalicelib.translation import gettext as _

FIELDS: Final = ("administrator", "max_sites")
MAX_SITES: Final = 100_000
_RACES: Final = 5


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What a person has as a second factor.

    :ivar passkeys, recovery_codes: how many; codes that were used do not count.
    """

    authenticator: bool
    passkeys: int
    recovery_codes: int


@dataclass(frozen=True, slots=True)
class Details:
    """A person, as an administrator sees them.

    :ivar roles: sites and their own role in them, by name; :ivar teams: which also hold sites, by name.
    :ivar sessions: in how many browsers they are signed in.
    :ivar max_sites: how many sites they may own.
    """

    person: Person
    roles: tuple[tuple[Site, Role], ...]
    teams: tuple[Team, ...]
    sessions: int
    second_factor: SecondFactor
    max_sites: int


def find(search: str, place: str, limit: int) -> Rows[Person]:
    """Up to `limit` people by e-mail address, whose address or name contains a text.

    :param search: ``""``: everybody.
    :param place: `next` of the part before; ``""``: the beginning.
    :raises BadRequest: if there is no such place.
    """
    return rows_of(listings.PEOPLE, search, place, limit, _read)


def person_with(person_id: str) -> Person:
    """The person with this id.

    :raises NotFound: if there is none.
    """
    person = people.get_person(person_id)
    if person is None:
        raise NotFound(_("There is no such person."))
    return person


def details_of(person: Person) -> Details:
    """Everything about a person that administrators see."""
    roles = people.roles_of(person.id)
    factors = second_factor.factors_of(person)
    return Details(
        person,
        tuple((site, roles[site.id]) for site in stored_sites.get_sites(list(roles))),
        tuple(teams.of_person(person.id)),
        len(stored_sessions.sessions_of(person.id)),
        SecondFactor(factors.totp is not None, len(factors.passkeys), len(factors.recovery_digests)),
        new_site.limit_of(person),
    )


def change(actor: Person, person_id: str, data: Mapping[str, object]) -> Person:
    """Make a person an administrator or not, and set how many sites they may own; the person as stored.

    :param data: `administrator`, a flag, and `max_sites`, a number or None for that of the installation.
    :raises BadRequest: if a field is unknown or invalid, naming it; nothing is changed then.
    :raises NotFound: if there is no such person.
    :raises Conflict: if it is the last administrator, or others kept changing the person.
    """
    input_fields.check_names(data, FIELDS)
    administrator, most = data.get("administrator"), data.get("max_sites")
    if "administrator" in data and not isinstance(administrator, bool):
        raise BadRequest(_("%(name)s must be true or false.", name="administrator"), field="administrator")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or not 0 <= most <= MAX_SITES):
        message = _("max_sites must be a whole number from 0 to %(most)s, or null.", most=MAX_SITES)
        raise BadRequest(message, field="max_sites")
    if isinstance(administrator, bool):
        person = _make_administrator(actor, person_id) if administrator else _unmake_administrator(actor, person_id)
    if "max_sites" in data:
        return _change_limit(actor, person_id, most if isinstance(most, int) else None)
    return person if "administrator" in data else person_with(person_id)


def _make_administrator(actor: Person, person_id: str) -> Person:
    person, changed = _change(person_id, lambda one: dataclasses.replace(one, admin=True))
    if changed:
        audit_log.record(actor, "person.make_administrator", subject=person_id)
    return person


def _unmake_administrator(actor: Person, person_id: str) -> Person:
    """Of two administrators who take this from each other at the same time, one stays: see `administrators.dismiss`."""
    for _attempt in range(_RACES):
        person = person_with(person_id)
        if not person.admin:
            return person
        other = deletion.another_administrator(person, actor)
        if other is None:
            message = _("The last administrator must stay one. Make somebody else an administrator first.")
            raise Conflict(message, field="administrator")
        dismissed = administrators.dismiss(person, other)
        if dismissed is not None:
            audit_log.record(actor, "person.unmake_administrator", subject=person_id)
            return dismissed
    raise _changing()


def _change_limit(actor: Person, person_id: str, most: int | None) -> Person:
    person, changed = _change(person_id, lambda one: dataclasses.replace(one, max_sites=most))
    if changed:
        number = "default" if most is None else str(most)
        audit_log.record(actor, "person.change_site_limit", subject=person_id, max_sites=number)
    return person


def _change(person_id: str, changed: Callable[[Person], Person]) -> tuple[Person, bool]:
    """Change a person; gives the person as stored, and whether there was anything to change."""
    for _attempt in range(_RACES):
        before = person_with(person_id)
        after = changed(before)
        if after == before:
            return before, False
        try:
            return people.change_person(after), True
        except Conflict:
            continue
    raise _changing()


def end_sessions(actor: Person, person_id: str) -> None:
    """Sign a person out everywhere.

    :raises NotFound: if there is no such person.
    :raises Conflict: if the person was changed at the same time.
    """
    browser_sessions.end_all_of(person_with(person_id), actor)


def reset_second_factor(actor: Person, person_id: str) -> None:
    """Remove the second factors of a person who has lost them; they are told by mail.

    :raises NotFound: if there is no such person.
    """
    second_factor.reset(person_with(person_id), actor)


def deletion_plan(actor: Person, person_id: str) -> tuple[Person, Plan]:
    """A person, and what deleting them means for sites.

    :raises NotFound: if there is no such person.
    """
    person = person_with(person_id)
    return person, deletion.plan_of(person, actor)


def delete(actor: Person, person_id: str, entered: object, *, with_sites: bool) -> None:
    """Delete the account of a person; see `person_deletion.delete`."""
    deletion.delete(person_with(person_id), actor, entered, with_sites=with_sites)


def _read(rows: list[listings.Listed]) -> list[Person]:
    ids = [row.pk.removeprefix(people.partition("")) for row in rows]
    known = {person.id: person for person in people.get_people(ids)}
    return [known[one] for one in ids if one in known]


def _changing() -> Conflict:
    return Conflict(_("This person is being changed by someone else; please try again."))
