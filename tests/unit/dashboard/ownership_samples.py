"""The pages on which sites change hands, are deleted and put in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from unittest.mock import patch
from urllib.parse import urlencode

from chalice import Response

from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import deletion as site_deletion
from chalicelib.accounts.sites import transfers
from chalicelib.accounts.sites.transfers import Offer
from chalicelib.dashboard.reports import arrange as arrange_page
from chalicelib.dashboard.sites import deletion as site_deletion_page
from chalicelib.dashboard.sites import ownership as ownership_page
from chalicelib.dashboard.sites import transfer as site_transfer_page
from chalicelib.store import people, site_order
from chalicelib.store.deletions import Deletion, State
from chalicelib.store.site_order import SiteOrder
from chalicelib.store.site_transfers import Transfer
from chalicelib.store.sites import Site
from tests.unit.dashboard import samples
from tests.unit.dashboard.samples import LONG_SITE, OTHER_SITE, PERSON, SITE, request


def transfer(site: Site = SITE) -> Transfer:
    """An offer of a site, which expires on 1 December."""
    return Transfer(site.id, f"{'w' * 64}@next.example", PERSON.id, PERSON.id, 1_796_000_000, 1_796_100_000)


def offer(site: Site = SITE) -> Offer:
    """The same, as the next owner sees it."""
    return Offer(site, transfer(site), PERSON)


def deletion(state: State, site: Site = SITE) -> Deletion:
    """A site that is being deleted, or is."""
    number = {"removing": 1234, "waiting": 12_345, "checking": 123_456, "done": 1_234_567}[state]
    removed = dict.fromkeys(site_deletion_page.KINDS, number)
    percent, finished = {"removing": 42, "waiting": 85, "checking": 93, "done": 100}[state], 1_796_000_600
    began = 1_796_000_000
    ended = finished if state == "done" else 0
    known = (site.id, site.name, site.domain, PERSON.id, (PERSON.id,))
    return Deletion(*known, began, state, ended, percent, removed)


def ownership(site: Site = SITE, *, offered: bool = False, form: dict[str, str] | None = None) -> Response:
    """The page on which a site is transferred or deleted; after a form with a mistake, if one is given."""
    path = f"/sites/{site.id}/ownership"
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(people, "role_in", return_value="owner"),
        patch.object(transfers, "offered", return_value=transfer(site) if offered else None),
    ):
        if form is None:
            return ownership_page.show(request(path, {"done": "not-mailed"} if offered else {}), PERSON, site)
        return ownership_page.change(request(path, method="POST", body=urlencode(form).encode()), PERSON, site)


def deleted(state: State, site: Site = SITE) -> Response:
    """The page of a deletion."""
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(site_deletion, "find", return_value=deletion(state, site)),
        patch.object(people, "get_person", return_value=PERSON),
        patch("time.time", return_value=1_796_000_100),
    ):
        return site_deletion_page.show(request(f"/deletions/{site.id}"), PERSON, site.id)


def offered(site: Site = SITE) -> Response:
    """The page on which a site is accepted."""
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(transfers, "find", return_value=offer(site)),
    ):
        return site_transfer_page.show(request(f"/transfers/{site.id}"), PERSON, site.id)


def arrange(favourites: Sequence[Site], others: Sequence[Site], moved: str = "") -> Response:
    """The page on which sites are put in order."""
    order = SiteOrder(frozenset(site.id for site in favourites), tuple(site.id for site in (*favourites, *others)))
    with (
        patch.object(auth, "csrf_token", return_value="token"),
        patch.object(auth, "sites_of", return_value=[*favourites, *others]),
        patch.object(site_order, "read", return_value=order),
    ):
        return arrange_page.show(request("/arrange", {"moved": moved}), PERSON)


def home_with_news() -> Response:
    """The page of all sites, of a person who is offered one, and has deleted two."""
    deletions = [deletion("removing", LONG_SITE), deletion("done")]
    return samples.home(samples.full(LONG_SITE), samples.empty(), offers=[offer(LONG_SITE)], deletions=deletions)


# By path.
PAGES: Final[Mapping[str, Callable[[], Response]]] = {
    "/sites/news": home_with_news,
    "/sites/none": lambda: samples.home(may_create=False),
    "/sites/x/ownership": lambda: ownership(LONG_SITE),
    "/sites/offered/ownership": lambda: ownership(LONG_SITE, offered=True),
    "/sites/wrong/ownership": lambda: ownership(form={"action": "delete", "name": "W" * 200}),
    "/deletions/removing": lambda: deleted("removing", LONG_SITE),
    "/deletions/waiting": lambda: deleted("waiting"),
    "/deletions/checking": lambda: deleted("checking"),
    "/deletions/done": lambda: deleted("done", LONG_SITE),
    "/transfers/x": offered,
    "/transfers/long": lambda: offered(LONG_SITE),
    "/arrange": lambda: arrange([LONG_SITE], [OTHER_SITE], OTHER_SITE.id),
    "/arrange/others": lambda: arrange([], [OTHER_SITE, LONG_SITE]),
}
