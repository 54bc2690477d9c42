"""The type of the rows in the tables of routes: `routes.py` in `collect`, `dashboard` and `api`.

Neither this module nor the tables import anything else, because every cold start loads all of them.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

SITE_PARAMETER = "site"
TEAM_PARAMETER = "team"


class Right(Enum):
    """The right that a route requires. `accounts.auth` alone decides who has it."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    SITE_VIEW = "site: view"
    SITE_EDIT = "site: edit"
    SITE_ADMIN = "site: administer"
    SITE_OWN = "site: own"
    TEAM_VIEW = "team: view"
    TEAM_ADMIN = "team: administer"
    TEAM_OWN = "team: own"
    ADMINISTRATOR = "administrator"

    @property
    def of_site(self) -> bool:
        """Whether it is a right in a site, which the path names."""
        return self in (Right.SITE_VIEW, Right.SITE_EDIT, Right.SITE_ADMIN, Right.SITE_OWN)

    @property
    def of_team(self) -> bool:
        """Whether it is a right in a team, which the path names."""
        return self in (Right.TEAM_VIEW, Right.TEAM_ADMIN, Right.TEAM_OWN)

    @property
    def parameter(self) -> str | None:
        """The path parameter that names the site or team of a right; None for other rights."""
        return SITE_PARAMETER if self.of_site else TEAM_PARAMETER if self.of_team else None


class Route(NamedTuple):
    """A route.

    :ivar path: as Chalice has it, e.g. ``/sites/{site}``.
    :ivar handler: ``"package.module:function"`` below `chalicelib`, imported at the first request. Its arguments are
        the request, the person (unless the route is public), the site or team (for a right in one), and the other path
        parameters by name.
    :ivar right: the right that the caller needs.
    """

    method: str
    path: str
    handler: str
    right: Right
