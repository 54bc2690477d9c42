"""``/counter/{key}.json``: visitors and page views for the site's own pages; and switching them on."""

from __future__ import annotations

from datetime import UTC, datetime

from chalice import Response

from chalicelib import config
from chalicelib.accounts import input_fields
from chalicelib.accounts.sharing import counters, shared_access
from chalicelib.cached_response import cached
from chalicelib.errors import BadRequest
from chalicelib.report import visitor_counter
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.web import Request, json_text, reply_json

SUFFIX = ".json"


def show(request: Request, site: Site) -> Response:
    """``GET /counter/{key}.json?period=…``: readable by pages of all origins.

    :raises BadRequest: if the period is unknown.
    :raises NotFound: if the address does not end in ``.json``.
    """
    if not request.path.endswith(SUFFIX):
        raise shared_access.no_such_address()
    period = request.query.get("period") or visitor_counter.DEFAULT
    count = visitor_counter.count(site, period, datetime.now(UTC))
    body = {
        "period": count.period,
        "from": count.first.isoformat(),
        "to": count.last.isoformat(),
        "visitors": count.visitors,
        "pageviews": count.pageviews,
    }
    return cached(request, json_text(body), "application/json", config.COUNTER_CACHE_S)


def show_address(request: Request, _caller: Person, site: Site) -> Response:
    """``GET …/counter``: whether the counter is switched on, and the addresses of counter and badge."""
    return reply_json(_address(request, counters.key_of(site)))


def switch(request: Request, caller: Person, site: Site) -> Response:
    """``PUT …/counter`` with active: switches counter and badge on or off.

    :raises BadRequest: if the body is anything else.
    """
    data = request.json()
    active = data.get("active")
    if not isinstance(active, bool):
        raise BadRequest("active must be true or false.", field="active")
    if len(data) > 1:
        raise BadRequest("There is no such field; this takes active.", field=_other(data))
    return reply_json(_address(request, counters.switch(site, caller, on=active)))


def _address(request: Request, key: str | None) -> dict[str, object]:
    return {
        "active": key is not None,
        "counter_url": f"{request.address}/counter/{key}{SUFFIX}" if key else None,
        "badge_url": f"{request.address}/badge/{key}.svg" if key else None,
    }


def _other(data: dict[str, object]) -> str:
    return input_fields.printable(next(name for name in data if name != "active"))
