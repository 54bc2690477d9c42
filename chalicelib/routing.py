"""The type of the rows in the tables of routes: `routes.py` in `collect`, `dashboard` and `api`.

Neither this module nor the tables import anything of the program, because every cold start loads all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple

SITE_PARAMETER = "site"
TEAM_PARAMETER = "team"


class Right(Enum):
    """The right that a route requires: `accounts.access.auth` and `accounts.sharing.shared_access` say who has it."""

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
    SHARED_LINK = "shared link"
    PUBLIC_PAGE = "public page"
    COUNTER_KEY = "counter key"

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

    @property
    def of_address(self) -> bool:
        """Whether the address itself gives the right to whoever has it: `accounts.sharing.shared_access` decides."""
        return self in ADDRESS_PARAMETERS


class Scope(Enum):
    """What an API token may be used for, as `accounts.access.api_tokens` says. Every route of the API needs one."""

    STATS_READ = "stats:read"
    SITES_READ = "sites:read"
    SITES_WRITE = "sites:write"
    SITES_OWN = "sites:own"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    SHARES_READ = "shares:read"
    SHARES_WRITE = "shares:write"
    HITS_WRITE = "hits:write"
    ANNOTATIONS_WRITE = "annotations:write"
    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    ACCOUNT_DELETE = "account:delete"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    INSTALLATION_READ = "installation:read"
    INSTALLATION_WRITE = "installation:write"


class Access(NamedTuple):
    """What an API token allows, of what its person may do.

    :ivar scopes: None: all, also those that are added later.
    :ivar sites: ids of the sites it is limited to; None: all of the person's.
    :ivar expires_at: epoch seconds at which it expires; None: never.
    """

    scopes: frozenset[Scope] | None = None
    sites: frozenset[str] | None = None
    expires_at: int | None = None

    def has(self, scope: Scope) -> bool:
        """Whether it includes `scope`."""
        return self.scopes is None or scope in self.scopes

    def reaches(self, site_id: str) -> bool:
        """Whether it includes the site."""
        return self.sites is None or site_id in self.sites

    def has_expired(self, now: float) -> bool:
        """Whether it has expired at `now`, epoch seconds."""
        return self.expires_at is not None and self.expires_at <= now

    def covers_sites_of(self, other: Access) -> bool:
        """Whether it includes all sites that `other` includes."""
        return self.sites is None or (other.sites is not None and other.sites <= self.sites)

    def exceeds(self, other: Access) -> str:
        """The first field in which this allows more than `other`; ``""`` if it does not."""
        if other.scopes is not None and (self.scopes is None or not self.scopes <= other.scopes):
            return "scopes"
        if not other.covers_sites_of(self):
            return "sites"
        if other.expires_at is not None and (self.expires_at is None or self.expires_at > other.expires_at):
            return "expires_at"
        return ""


# Without a token, and with one that is not limited.
FULL_ACCESS = Access()


class Route(NamedTuple):
    """A route.

    :ivar path: as Chalice has it, e.g. ``/sites/{site}``.
    :ivar handler: ``"package.module:function"`` below `chalicelib`, imported at the first request. Its arguments are
        the request, the person (unless the route is public), the site or team (for a right in one), and the other path
        parameters by name. For a right of an address: the request, the site, the shared link (if it is one).
    :ivar right: the right that the caller needs.
    :ivar scope: the scope that an API token needs, for routes below ``/api/v1`` that are not public.
    :ivar filters_sites: tokens that are limited to some sites may use it although its path names no site, because the
        handler keeps to ``request.access``. Otherwise they are refused.
    :ivar creates: it creates something, so clients may send an ``Idempotency-Key`` to repeat it safely.
    :ivar like_shynet: clients of Shynet call it: it takes ``Authorization: Token …`` and a slash at the end of the
        path, and errors have the shape that they have there, see `api.shynet_dashboard`.
    :ivar head: of a row for GET that changes something: the handler for HEAD, which does not. Else HEAD is answered as
        GET, without the body.
    """

    method: str
    path: str
    handler: str
    right: Right
    scope: Scope | None = None
    filters_sites: bool = False
    creates: bool = False
    like_shynet: bool = False
    head: str = ""


def with_head(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The rows, and after each for GET one for HEAD: API Gateway answers 403 to methods that a path does not have."""
    given = tuple(routes)
    own = {route.path for route in given if route.method == "HEAD"}
    both = (
        (route, route._replace(method="HEAD", handler=route.head or route.handler))
        if route.method == "GET" and route.path not in own
        else (route,)
        for route in given
    )
    return tuple(row for rows in both for row in rows)


def path_pattern(path: str) -> str:
    """A regular expression for the paths of a route, as in ``/ingress/{site}/script.js``; the parameters are groups."""
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))


# The parameter of the path that gives a right of an address.
ADDRESS_PARAMETERS: Final = {Right.SHARED_LINK: "link", Right.PUBLIC_PAGE: SITE_PARAMETER, Right.COUNTER_KEY: "file"}
