"""The people of a site: adding and removing them, and changing their roles.

Admins and owners manage the people of a site. Only owners decide who its owners are, and a site keeps at least one.
Nobody becomes an owner without agreeing (`accounts.site_transfers`), except by an administrator of the installation.
Everybody may leave. Each change is decided on the roles as they are when it is stored, not as they were when the
request came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.accounts import auth
from chalicelib.accounts.people import email_address
from chalicelib.config import MAX_SITE_PEOPLE
from chalicelib.errors import BadRequest, Conflict, Forbidden, NotFound
from chalicelib.routing import Right
from chalicelib.store import people, site_people
from chalicelib.store.people import ROLES, Person, Role
from chalicelib.store.site_people import SitePeople
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

_RACES: Final = 10


@dataclass(frozen=True, slots=True)
class Member:
    """A person and their role in a site."""

    person: Person
    role: Role


def people_of(site: Site, caller: Person) -> list[Member]:
    """The people of a site, by e-mail address."""
    return [Member(person, role) for person, role in site_people.profiles(site_people.read(site, caller.id))]


def add(site: Site, caller: Person, data: Mapping[str, object]) -> Member:
    """Give the person with the `email` in `data` the `role` in `data`.

    Until there are invitations, the person needs an account. Callers learn whether an address has one, so the route
    must be open only to those who manage the people of a site.

    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    :raises Forbidden: if the caller may not do this.
    :raises NotFound: if nobody has this address.
    :raises Conflict: if the person is in the site already, the site has too many people, or it is being changed.
    """
    _check_fields(data, ("email", "role"))
    address, role = _email(data.get("email")), _role(data.get("role"))
    person = people.find_person(address)
    if person is None:
        raise NotFound("Nobody has an account with this e-mail address. Ask an administrator for one.", field="email")
    _store(site, caller, person.id, role, new=True)
    return Member(person, role)


def change_role(site: Site, caller: Person, person_id: str, data: Mapping[str, object]) -> Member:
    """Give a person of the site the `role` in `data`.

    :raises BadRequest: if a field is missing, unknown or invalid, naming it.
    :raises Forbidden: if the caller may not do this.
    :raises NotFound: if the person is not in the site.
    :raises Conflict: if this is the last owner, or the site is being changed.
    """
    _check_fields(data, ("role",))
    role = _role(data.get("role"))
    _store(site, caller, person_id, role)
    person = people.get_person(person_id)
    if person is None:
        raise _not_in_site()
    return Member(person, role)


def remove(site: Site, caller: Person, person_id: str) -> None:
    """Remove a person from the site: another one, or the caller, who leaves it.

    :raises Forbidden: if the caller may not do this.
    :raises NotFound: if the person is not in the site.
    :raises Conflict: if this is the last owner, or the site is being changed.
    """
    _store(site, caller, person_id, None)


def check(before: SitePeople, caller: Person, person_id: str, role: Role | None, *, new: bool = False) -> None:
    """Check that `caller` may give a person a role, or remove them (None).

    :param new: the person is to be added, and not in the site yet.
    """
    own = "owner" if caller.admin else before.roles.get(caller.id)
    leaves = role is None and person_id == caller.id
    auth.require(own, Right.SITE_VIEW if leaves else Right.SITE_ADMIN)
    current = before.roles.get(person_id)
    if current == role and not new:
        if role is None:
            raise _not_in_site()
        return
    if role == "owner":
        auth.require(own, Right.SITE_OWN, "role")
    if current == "owner":
        auth.require(own, Right.SITE_OWN)
    if new and current is not None:
        raise Conflict(f"This person is in the site already, as {current}. Change their role instead.", field="email")
    if not new and current is None:
        raise _not_in_site()
    if role == "owner" and not caller.admin:
        raise Forbidden(_("People become owners by accepting the site: offer it to them instead."), field="role")
    if current == "owner" and list(before.roles.values()).count("owner") == 1:
        raise Conflict(_("A site needs an owner. Offer the site to another person first."))
    if new and len(before.roles) >= MAX_SITE_PEOPLE:
        raise Conflict(f"A site can have at most {MAX_SITE_PEOPLE:,} people. Remove somebody first.")


def _store(site: Site, caller: Person, person_id: str, role: Role | None, *, new: bool = False) -> None:
    for _attempt in range(_RACES):
        before = site_people.read(site, caller.id, person_id)
        check(before, caller, person_id, role, new=new)
        if before.roles.get(person_id) == role or site_people.write(before, person_id, role):
            return
    raise Conflict("The people of this site are being changed by someone else; please try again.")


def _check_fields(data: Mapping[str, object], fields: tuple[str, ...]) -> None:
    for name in data:
        if name not in fields:
            shown = name[:64].encode("utf-8", "replace").decode()
            raise BadRequest(f"There is no such field; this takes {' and '.join(fields)}.", field=shown)


def _email(given: object) -> str:
    if not isinstance(given, str):
        raise BadRequest("email must be an e-mail address, such as ada@example.com.", field="email")
    return email_address(given)


def _role(given: object) -> Role:
    if given not in ROLES:
        raise BadRequest(f"role must be one of {', '.join(ROLES)}.", field="role")
    return given


def _not_in_site() -> NotFound:
    return NotFound("This person has no role in this site.")
