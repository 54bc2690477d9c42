"""The pages of a site, of one's account and of the administration: the links to them on each other.

To add a page, add its route to `dashboard.routes` and its row here. Who sees a link follows from the route's right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from chalicelib.accounts.access import auth
from chalicelib.accounts.sign_in.sign_in_ways import sign_in_ways
from chalicelib.dashboard.routes import ROUTES
from chalicelib.routing import SITE_PARAMETER, Right
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.translation import N_
from chalicelib.translation import gettext as _


class Section(NamedTuple):
    """A page.

    :ivar title: not translated; :ivar path: of its route, with a leading slash.
    :ivar of_figures: it shows figures of a period, so links between such pages keep the period and the filters.
    """

    title: str
    path: str
    of_figures: bool = False

    @property
    def right(self) -> Right:
        """The right that the page's route needs."""
        return next(route.right for route in ROUTES if route.method == "GET" and route.path == self.path)


OVERVIEW: Final = "/sites/{site}"
VISITS: Final = "/sites/{site}/visits"
REALTIME: Final = "/sites/{site}/realtime"
SITE: Final = (
    Section(N_("Overview"), OVERVIEW, of_figures=True),
    Section(N_("Visits"), VISITS, of_figures=True),
    Section(N_("Realtime"), REALTIME, of_figures=True),
    Section(N_("Excluded traffic"), "/sites/{site}/ledger", of_figures=True),
    Section(N_("Install"), "/sites/{site}/install"),
    Section(N_("Settings"), "/sites/{site}/settings"),
    Section(N_("People"), "/sites/{site}/people"),
    Section(N_("Sharing"), "/sites/{site}/sharing"),
    Section(N_("Ownership"), "/sites/{site}/ownership"),
    Section(N_("Audit log"), "/sites/{site}/audit-log"),
)
ACCOUNT: Final[tuple[Section, ...]] = (
    Section(N_("Profile"), "/account"),
    Section(N_("Preferences"), "/account/preferences"),
    Section(N_("Password"), "/account/password"),
    Section(N_("Security"), "/account/security"),
    Section(N_("Connected identities"), "/account/identities"),
    Section(N_("API tokens"), "/account/tokens"),
    Section(N_("Teams"), "/teams"),
)
ADMINISTRATION: Final[tuple[Section, ...]] = (
    Section(N_("Status"), "/administration"),
    Section(N_("People"), "/administration/people"),
    Section(N_("Invitations"), "/administration/invitations"),
    Section(N_("Sites"), "/administration/sites"),
    Section(N_("Usage and cost"), "/administration/usage"),
    Section(N_("Excluded traffic"), "/administration/excluded"),
    Section(N_("Audit log"), "/administration/audit-log"),
    Section(N_("Queues"), "/administration/queue"),
    Section(N_("Schedule"), "/administration/schedule"),
    Section(N_("GeoIP databases"), "/administration/geoip"),
    Section(N_("Settings"), "/administration/settings"),
)


class Link(NamedTuple):
    """A link to a page.

    :ivar path: of its route; :ivar href: relative to the deployment's root.
    :ivar current: ``"page"`` if it is the present page, ``"true"`` if that is below it, else ``""``; as `aria-current`.
    """

    path: str
    title: str
    href: str
    current: str


class Sections(NamedTuple):
    """The links of a page to its siblings. `label`: names all of them, for screen readers."""

    label: str
    links: tuple[Link, ...]

    def include(self, path: str) -> bool:
        """Whether the page with this route's path is among them."""
        return any(link.path == path for link in self.links)


def of_site(person: Person, site: Site, current: str = "", query: str = "", *, below: str = "") -> Sections:
    """The pages of a site that `person` may open.

    :param current: the path of the present page's route; :param below: the path of the page that it is below.
    :param query: what links to pages of figures carry over, see `reports.page_query`.
    """
    rights = auth.rights_in(person, site)
    allowed = [section for section in SITE if section.right in rights]
    return Sections(_("Pages of this site"), _links(allowed, current, site.id, query, below))


def of_account(current: str) -> Sections:
    """The pages of one's account, without those that the ways to sign in here leave no use for."""
    ways = sign_in_ways()
    useless = set()
    if not ways.provider:
        useless.add("/account/identities")
    if ways.provider_only:
        useless.add("/account/password")
    shown = [section for section in ACCOUNT if section.path == current or section.path not in useless]
    return Sections(_("Your account"), _links(shown, current))


def of_administration(current: str) -> Sections:
    """The pages of the administration."""
    return Sections(_("Administration"), _links(ADMINISTRATION, current))


def first(sections: Sequence[Section]) -> str:
    """The path of the first page, relative to the deployment's root; ``""`` if there is none."""
    return sections[0].path.removeprefix("/") if sections else ""


def _links(
    sections: Sequence[Section], current: str, site_id: str = "", query: str = "", below: str = ""
) -> tuple[Link, ...]:
    return tuple(
        Link(
            section.path,
            _(section.title),
            section.path.replace(f"{{{SITE_PARAMETER}}}", site_id).removeprefix("/")
            + (query if section.of_figures else ""),
            "page" if section.path == current else "true" if section.path == below else "",
        )
        for section in sections
    )
