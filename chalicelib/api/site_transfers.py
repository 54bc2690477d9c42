"""``/api/v1/sites/{site}/transfer`` for those who offer a site, ``/api/v1/transfers`` for those who are offered one."""

from __future__ import annotations

from chalice import Response

from chalicelib.accounts.sites import site_settings, transfers
from chalicelib.accounts.sites.transfers import Offer
from chalicelib.errors import NotFound
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply, reply_json


def show_own(_request: Request, _person: Person, site: Site) -> Response:
    """``GET …/transfer``: to whom the site is offered."""
    found = transfers.offered(site)
    if found is None:
        raise NotFound("This site is not offered to anybody.")
    return reply_json(transfers.as_json(found))


def offer(request: Request, person: Person, site: Site) -> Response:
    """``PUT …/transfer`` with an email: offers the site to this person, instead of anybody before; the offer."""
    link = f"{request.address}/transfers/{site.id}"
    made, delivery = transfers.offer(site, person, request.json(), link)
    return reply_json({**transfers.as_json(made), "url": link, "mailed": bool(delivery)})


def cancel(_request: Request, person: Person, site: Site) -> Response:
    """``DELETE …/transfer``: takes the offer back; 204."""
    transfers.cancel(site, person)
    return _nothing()


def list_offers(_request: Request, person: Person) -> Response:
    """``GET /api/v1/transfers``: the sites that are offered to the caller."""
    return reply_json({"transfers": [_shown(one) for one in transfers.offers_to(person)]})


def accept(_request: Request, person: Person, transfer: str) -> Response:
    """``PUT /api/v1/transfers/{transfer}``: accepts the site, whose id that is; the site."""
    return reply_json(site_settings.as_json(transfers.accept(person, transfer)))


def decline(_request: Request, person: Person, transfer: str) -> Response:
    """``DELETE /api/v1/transfers/{transfer}``: declines the site; 204."""
    transfers.decline(person, transfer)
    return _nothing()


def _shown(offered: Offer) -> dict[str, object]:
    giver = offered.giver
    return {
        "site": offered.site.id,
        "name": offered.site.name,
        "domain": offered.site.domain,
        "owner": {"email": giver.email, "name": giver.name} if giver else None,
        **transfers.as_json(offered.transfer),
    }


def _nothing() -> Response:
    return reply(b"", "text/plain", 204, {"Cache-Control": "no-store"})
