"""What a row of the tables of routes says. The tables are `routes.py` of `collect`, `dashboard` and `api`.

It imports next to nothing, and neither do the tables: a cold page view waits for all of them.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Right(Enum):
    """What the caller of a route needs; checked in one place, `accounts.auth.authorize`."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    SITE_VIEW = "site: view"
    SITE_EDIT = "site: edit"
    SITE_OWN = "site: own"
    ADMINISTRATOR = "administrator"

    @property
    def of_site(self) -> bool:
        """Whether it is a right in the site that the path names."""
        return self in (Right.SITE_VIEW, Right.SITE_EDIT, Right.SITE_OWN)


class Route(NamedTuple):
    """A route.

    :ivar path: as Chalice has it, e.g. ``/sites/{site}``.
    :ivar handler: ``"package.module:function"`` below `chalicelib`, imported when the route is first asked for. Its
        arguments are the request; the person, unless the route is public; the site, for a right of a site; and the
        other parameters of the path by name.
    :ivar right: what the caller needs.
    """

    method: str
    path: str
    handler: str
    right: Right


SITE_PARAMETER = "site"
