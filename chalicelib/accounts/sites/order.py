"""The order of a person's sites on the home page: favourites first, then the others; both as the person likes.

Sites that were not given a place follow by name, so that a new site needs none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.accounts import input_fields
from chalicelib.config import MAX_ORDERED_SITES
from chalicelib.errors import BadRequest
from chalicelib.store import site_order
from chalicelib.store.people import Person
from chalicelib.store.site_order import SiteOrder
from chalicelib.store.sites import Site
from chalicelib.translation import gettext as _

MOVES: Final = ("up", "down", "favourite", "other")


@dataclass(frozen=True, slots=True)
class OrderedSites:
    """A person's sites in their order."""

    favourites: tuple[Site, ...]
    others: tuple[Site, ...]

    @property
    def every(self) -> tuple[Site, ...]:
        """All of them: favourites first."""
        return (*self.favourites, *self.others)


def arrange(person: Person, sites: Sequence[Site]) -> OrderedSites:
    """Sites, given by name, in the person's order."""
    return _arranged(site_order.read(person.id), sites)


def move(person: Person, sites: Sequence[Site], site_id: str, where: str) -> None:
    """Move a site up or down by one place, or make it a favourite or not.

    :param sites: all that the person sees.
    :param where: one of :data:`MOVES`. The first site cannot go up, nor the last one down: that changes nothing.
    :raises BadRequest: if the site is not among them, `where` is unknown, or the place is too far down.
    :raises Conflict: if the order is being changed at the same time.
    """
    site = next((one for one in sites if one.id == site_id), None)
    if site is None:
        raise BadRequest(_("There is no such site among yours."), field="site")
    if where not in MOVES:
        raise BadRequest(_("move must be one of: %(names)s.", names=", ".join(MOVES)), field="move")
    stored = site_order.read(person.id)
    if where in ("favourite", "other"):
        favourites = stored.favourites - {site_id} | ({site_id} if where == "favourite" else set())
        _store(person, stored, favourites, stored.places, sites)
        return
    shown = _arranged(stored, sites)
    group = list(shown.favourites if site in shown.favourites else shown.others)
    first = group.index(site) - (where == "up")
    if 0 <= first < len(group) - 1:
        group[first : first + 2] = reversed(group[first : first + 2])
        placed = [one.id for one in group[: first + 2]]
        # What had a place below keeps it.
        below = [one.id for one in group[first + 2 :] if one.id in stored.places]
        rest = [one for one in stored.places if one not in {each.id for each in group}]
        _store(person, stored, stored.favourites, (*placed, *below, *rest), sites)


def as_json(order: OrderedSites) -> dict[str, list[str]]:
    """The order as the API shows it: ids of favourites and of the others."""
    return {"favourites": [site.id for site in order.favourites], "others": [site.id for site in order.others]}


def replace_order(person: Person, sites: Sequence[Site], data: Mapping[str, object]) -> OrderedSites:
    """Set favourites and order at once, from lists of ids: `favourites`, and `others` if they are to have places.

    :raises BadRequest: if a field is unknown, or not a list of different ids of sites that the person sees.
    :raises Conflict: if the order is being changed at the same time.
    """
    for name in data:
        if name not in ("favourites", "others"):
            shown = input_fields.printable(name)
            raise BadRequest("There is no such field; this takes favourites and others.", field=shown)
    favourites, others = (_ids(data.get(name, []), name, sites) for name in ("favourites", "others"))
    if set(favourites) & set(others):
        raise BadRequest("others must not contain favourites.", field="others")
    stored = site_order.read(person.id)
    return _arranged(_store(person, stored, frozenset(favourites), (*favourites, *others), sites), sites)


def _ids(given: object, field: str, sites: Sequence[Site]) -> list[str]:
    known = {site.id for site in sites}
    if not isinstance(given, list) or not all(isinstance(one, str) and one in known for one in given):
        raise BadRequest(f"{field} must be a list of ids of sites that you see.", field=field)
    if len(set(given)) < len(given):
        raise BadRequest(f"{field} must not contain a site twice.", field=field)
    return given


def _arranged(order: SiteOrder, sites: Sequence[Site]) -> OrderedSites:
    places = {one: number for number, one in enumerate(order.places)}
    ordered = sorted(sites, key=lambda site: places.get(site.id, len(places)))  # stable: the others stay by name
    return OrderedSites(
        tuple(site for site in ordered if site.id in order.favourites),
        tuple(site for site in ordered if site.id not in order.favourites),
    )


def _store(
    person: Person, stored: SiteOrder, favourites: frozenset[str], places: Sequence[str], sites: Sequence[Site]
) -> SiteOrder:
    """Store an order, without sites that the person does not see any more."""
    known = {site.id for site in sites}
    order = replace(
        stored,
        favourites=frozenset(favourites & known),
        places=tuple(one for one in places if one in known),
    )
    if len(order.places) > MAX_ORDERED_SITES or len(order.favourites) > MAX_ORDERED_SITES:
        raise BadRequest(
            _(
                "Only %(number)s sites can have a place of their own. Make this one a favourite.",
                number=MAX_ORDERED_SITES,
            )
        )
    site_order.write(person.id, order)
    return order
