"""What pages call the roles of people in sites and teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from chalicelib.translation import N_
from chalicelib.translation import gettext as _

_NAMES: Final[Mapping[str, str]] = {
    "owner": N_("Owner"),
    "admin": N_("Admin"),
    "editor": N_("Editor"),
    "viewer": N_("Viewer"),
    "member": N_("Member"),
}


class RoleChoice(NamedTuple):
    """A role in a list to choose from."""

    role: str
    name: str


def name_of(role: str) -> str:
    """The name of a role; ``""`` for none."""
    return _(_NAMES[role]) if role else ""


def choices(roles: Iterable[str]) -> list[RoleChoice]:
    """Roles to choose from, the lowest first, which gives the least."""
    return [RoleChoice(role, name_of(role)) for role in reversed(list(roles))]
