"""``/api/v1/sites``: sites and their settings."""

from __future__ import annotations

from chalice import Response

from chalicelib import pagination
from chalicelib.accounts import input_fields
from chalicelib.accounts.access import auth
from chalicelib.accounts.sites import new_site, order, settings_copy, site_settings
from chalicelib.errors import BadRequest
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, reply_json

MAX_SETTINGS_BYTES = 64 * 1024
MAX_SITES = 1000
_FIELDS = ("name", "domain", "timezone", "settings_from")


def list_sites(request: Request, person: Person) -> Response:
    """``GET /api/v1/sites?limit=…&cursor=…``: the sites that the caller may see, by name."""
    found = [site for site in auth.sites_of(person) if request.access.reaches(site.id)]
    limit = pagination.read_limit(request.query, MAX_SITES, MAX_SITES)
    first = pagination.read_place(request.query)
    shown, further = pagination.part(found, first, limit, site_settings.as_json)
    return reply_json({"sites": [site_settings.as_json(site) for site in shown], "next": further})


def create(request: Request, person: Person) -> Response:
    """``POST /api/v1/sites`` with name, domain and timezone: 201 and the new site, which is the caller's.

    With ``settings_from``, it has the settings of that site, and its time zone if none is given.
    """
    data = request.json()
    for field in data:
        if field not in _FIELDS:
            raise BadRequest(
                f"There is no such field; a new site has {', '.join(_FIELDS)}.", field=input_fields.printable(field)
            )
    like = {}
    if "settings_from" in data:
        source = settings_copy.source(person, data["settings_from"], "settings_from")
        data = {"timezone": source.timezone, **data}
        like = settings_copy.fields_of(person, source)
    return reply_json(site_settings.as_json(new_site.create_site(person, data, request.creation_id, like)), 201)


def show(_request: Request, _person: Person, site: Site) -> Response:
    """``GET /api/v1/sites/{id}``: a site with all its settings."""
    return reply_json(site_settings.as_json(site))


def change(request: Request, person: Person, site: Site) -> Response:
    """``PATCH /api/v1/sites/{id}`` with the settings to change: the site as it is then."""
    data = request.json(MAX_SETTINGS_BYTES)
    site_settings.check_rights(person, site, data)
    return reply_json(site_settings.as_json(site_settings.change(person, site, data)))


def copy_settings(request: Request, person: Person, site: Site) -> Response:
    """``PUT /api/v1/sites/{id}/settings`` with the site to copy ``from``, and perhaps which ``settings``: the site."""
    data = request.json()
    for field in data:
        if field not in ("from", "settings"):
            raise BadRequest(
                "There is no such field; this takes from and settings.", field=input_fields.printable(field)
            )
    source = settings_copy.source(person, data.get("from"), "from", request.access)
    changed, _names = settings_copy.copy(person, source, site, data.get("settings"))
    return reply_json(site_settings.as_json(changed))


def show_order(_request: Request, person: Person) -> Response:
    """``GET /api/v1/site-order``: the caller's favourites and other sites, in their order."""
    return reply_json(order.as_json(order.arrange(person, auth.sites_of(person))))


def set_order(request: Request, person: Person) -> Response:
    """``PUT /api/v1/site-order``: sets the favourites and the order of the others; as they are then."""
    data = request.json(MAX_SETTINGS_BYTES)
    return reply_json(order.as_json(order.replace_order(person, auth.sites_of(person), data)))
