"""The type of the rows in the tables of routes: `routes.py` in `collect`, `dashboard` and `api`.

Neither this module nor the tables import anything else, because every cold start loads all of them.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Right(Enum):
    """The right that a route requires. `accounts.auth` and `accounts.shared_access` alone decide who has it."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    SITE_VIEW = "site: view"
    SITE_EDIT = "site: edit"
    SITE_ADMIN = "site: administer"
    SITE_OWN = "site: own"
    ADMINISTRATOR = "administrator"
    SHARED_LINK = "shared link"
    PUBLIC_PAGE = "public page"
    COUNTER_KEY = "counter key"

    @property
    def of_site(self) -> bool:
        """Whether it is a right in a site, which the path names."""
        return self in (Right.SITE_VIEW, Right.SITE_EDIT, Right.SITE_ADMIN, Right.SITE_OWN)

    @property
    def of_address(self) -> bool:
        """Whether the address itself gives the right, to anybody who has it: `accounts.shared_access` decides."""
        return self in ADDRESS_PARAMETERS


class Route(NamedTuple):
    """A route.

    :ivar path: as Chalice has it, e.g. ``/sites/{site}``.
    :ivar handler: ``"package.module:function"`` below `chalicelib`, imported at the first request. Its arguments are
        the request, the person (unless the route is public), the site (for a right in a site), and the other path
        parameters by name. For a right of an address: the request, the site, the shared link (if it is one).
    :ivar right: the right that the caller needs.
    """

    method: str
    path: str
    handler: str
    right: Right


SITE_PARAMETER = "site"
# The parameter of the path that gives a right of an address.
ADDRESS_PARAMETERS: Final = {Right.SHARED_LINK: "link", Right.PUBLIC_PAGE: SITE_PARAMETER, Right.COUNTER_KEY: "file"}
