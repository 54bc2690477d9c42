"""``/api/v1/administration/geoip``: the GeoIP databases and where newer ones come from."""

from __future__ import annotations

from typing import Any

from chalice import Response

from chalicelib.accounts.input_fields import check_names
from chalicelib.api import administration_schedule
from chalicelib.api.times import iso
from chalicelib.errors import BadRequest
from chalicelib.operations import geoip
from chalicelib.operations.geoip import Database, Source
from chalicelib.store.people import Person
from chalicelib.web import Request, reply_json


def show(_request: Request, _person: Person) -> Response:
    """``GET /api/v1/administration/geoip``."""
    return reply_json(
        {
            "databases": [_database(one) for one in geoip.databases()],
            "source": _source(geoip.source()),
            "last_update": administration_schedule.as_json(geoip.last_update()),
        }
    )


def choose_source(request: Request, person: Person) -> Response:
    """``PUT /api/v1/administration/geoip/source`` with publisher, and account and key for MaxMind."""
    data = request.json()
    check_names(data, ("publisher", "account", "key"))
    publisher = data.get("publisher", "")
    if publisher is not None and (not isinstance(publisher, str) or not publisher):
        choices = ", ".join(geoip.PUBLISHER_NAMES)
        raise BadRequest(f"publisher must be one of: {choices}; or null, for no updates.", field="publisher")
    given = {name: data.get(name, "") for name in ("account", "key")}
    for name, value in given.items():
        if not isinstance(value, str):
            raise BadRequest(f"{name} must be text.", field=name)
    return reply_json(_source(geoip.choose(person, publisher or "", **given)))


def update(_request: Request, person: Person) -> Response:
    """``POST /api/v1/administration/geoip/update``: starts the update; 202."""
    geoip.update_now(person)
    return reply_json({"started": True}, 202)


def _database(database: Database) -> dict[str, Any]:
    return {
        "name": database.name,
        "source": database.source or None,
        "release": database.release or None,
        "installed_at": iso(database.installed_at),
        "attribution": database.attribution.text if database.attribution else None,
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "publisher": source.publisher or None,
        "account": source.account or None,
        "has_key": source.has_key,
        "mirror": source.mirror or None,
    }
