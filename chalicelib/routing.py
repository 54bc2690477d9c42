"""The type of the rows in the tables of routes: `routes.py` in `collect`, `dashboard` and `api`.

Neither this module nor the tables import anything else, because every cold start loads all of them.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Right(Enum):
    """The right that a route requires. `accounts.auth` alone decides who has it."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    SITE_VIEW = "site: view"
    SITE_EDIT = "site: edit"
    SITE_ADMIN = "site: administer"
    SITE_OWN = "site: own"
    ADMINISTRATOR = "administrator"

    @property
    def of_site(self) -> bool:
        """Whether it is a right in a site, which the path names."""
        return self in (Right.SITE_VIEW, Right.SITE_EDIT, Right.SITE_ADMIN, Right.SITE_OWN)


class Route(NamedTuple):
    """A route.

    :ivar path: as Chalice has it, e.g. ``/sites/{site}``.
    :ivar handler: ``"package.module:function"`` below `chalicelib`, imported at the first request. Its arguments are
        the request, the person (unless the route is public), the site (for a right in a site), and the other path
        parameters by name.
    :ivar right: the right that the caller needs.
    """

    method: str
    path: str
    handler: str
    right: Right


SITE_PARAMETER = "site"
